"""What of a model's output is said, however it comes in pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.utterance import Spoken


def said(text: str, places: list[int], stops: list[str]) -> str:
    ends = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    spoken = Spoken(stops)
    return "".join([*(spoken.push(text[start:end]) for start, end in pairwise(ends)), spoken.flush()])


@given(st.text("ab<"), st.lists(st.integers(0)), st.lists(st.text("ab", max_size=3), max_size=3))
def test_a_reply_ends_before_its_first_stop_string_however_it_is_cut(
    text: str, places: list[int], stops: list[str]
) -> None:
    found = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop and stop in text]
    assert said(text, places, stops) == (text[: min(found)[1]] if found else text)


def test_of_two_stop_strings_the_one_that_is_whole_first_ends_the_reply() -> None:
    assert said("baa", [2], ["a", "baa"]) == said("baa", [], ["a", "baa"]) == "b"


@given(st.lists(st.integers(0)))
def test_thinking_at_the_beginning_is_not_said(places: list[int]) -> None:
    assert said("\n<think>a stop\n</think>\n\nAt eight.", places, ["stop"]) == "At eight."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At eight <think>no</think>.", "At eight <think>no</think>."),
        ("<thin", "<thin"),
        ("<think>without an end", ""),
        ("<think></think>", ""),
        ("<thinking>no</thinking>Yes.", "Yes."),
        ("[THINK]no[/THINK] Yes.", "Yes."),
        ("[THIS] is said.", "[THIS] is said."),
        ("", ""),
    ],
)
def test_only_a_thought_that_begins_a_reply_is_one(text: str, expected: str) -> None:
    assert said(text, list(range(len(text))), []) == expected


def test_nothing_is_held_back_that_cannot_begin_a_stop_string() -> None:
    spoken = Spoken(["STOP"])
    assert [spoken.push(text) for text in ("At ei", "ght. S", "o be", " it ST", "OP and more")] == [
        "At ei",
        "ght. ",
        "So be",
        " it ",
        "",
    ]
    assert spoken.stopped
