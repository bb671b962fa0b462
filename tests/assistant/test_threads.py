"""Messages of a channel become conversations, whatever the channel: by time, speakers, names, words and meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.stories.threads import Said, grouped

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TIDE = (1.0, 0.0, 0.0)
LUNCH = (0.0, 1.0, 0.0)


def said(minute: float, speaker: str, text: str, *mentions: str, meaning: tuple[float, ...] | None = None) -> Said:
    vector = None if meaning is None else np.array(meaning, dtype=np.float32)
    return Said(START + timedelta(minutes=minute), speaker, text, frozenset(mentions), vector)


def test_what_follows_at_once_is_one_conversation() -> None:
    talk = [
        said(0, "Ada", "Does anybody know when the tide gauge is read?"),
        said(1, "Ben", "At six, and at noon."),
        said(2, "Ada", "Thanks!"),
    ]
    assert grouped(talk) == [0, 0, 0]


def test_after_a_long_silence_others_speak_of_something_else() -> None:
    talk = [
        said(0, "Ada", "Does anybody know when the tide gauge is read?"),
        said(1, "Ben", "At six, and at noon."),
        said(600, "Cleo", "Hello, where may visitors park their bicycles?"),
    ]
    assert grouped(talk) == [0, 0, 1]


def test_an_answer_that_names_who_asked_belongs_to_the_question_although_others_spoke_between() -> None:
    talk = [
        said(0, "Ada", "Does anybody know when the tide gauge at the harbour is read?"),
        said(60, "Cleo", "Hello, where may visitors park their bicycles?"),
        said(61, "Dora", "@Cleo behind the shed", "Cleo"),
        said(90, "Ben", "@Ada the tide gauge at the harbour is read at six", "Ada"),
        said(91, "Ada", "@Ben thanks, so the gauge is read twice", "Ben"),
    ]
    numbers = grouped(talk)
    assert numbers[3] == numbers[4] == numbers[0]
    assert numbers[1] == numbers[2] != numbers[0]


def test_meaning_joins_what_words_do_not() -> None:
    first = "Is the sea higher than the tables say?"
    later = "Water levels were wrong for me too."
    apart = [said(0, "Ada", first, meaning=TIDE), said(45, "Ben", later, meaning=LUNCH)]
    alike = [said(0, "Ada", first, meaning=TIDE), said(45, "Ben", later, meaning=TIDE)]
    assert grouped(apart) == [0, 1]
    assert grouped(alike) == [0, 0]


@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.sampled_from(["Ada", "Ben", "Cleo", ""]), st.text(max_size=30)), max_size=25
    )
)
def test_every_message_is_in_one_conversation_and_they_are_numbered_as_they_begin(
    drawn: list[tuple[int, str, str]],
) -> None:
    talk = [said(minute, speaker, text) for minute, speaker, text in sorted(drawn)]
    numbers = grouped(talk)
    assert len(numbers) == len(talk)
    assert list(dict.fromkeys(numbers)) == list(range(len(set(numbers))))
    assert grouped(talk) == numbers
