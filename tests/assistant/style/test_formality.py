"""The tone of a text is read from its lines and its words; written, only words with a plain counterpart change."""

from __future__ import annotations

import pytest

from assistant.style.formality import FORMALITY
from assistant.style.names import People
from assistant.style.piece import parse
from assistant.style.terms import TERMS
from tests.assistant.style.wordings import edited, written

FORMAL = "Dear Dr. Lee,\n\nWe would be grateful for your assistance prior to the meeting.\n\nYours sincerely,\nAda"
INFORMAL = "Hey Ann,\n\nThanks for the info, that's awesome! I'll ping you.\n\nCheers,\nAda"
NEUTRAL = "Hello Ann,\n\n" + "The report stands on the desk and the room is free for the whole week. " * 3
READ = {"formal": FORMAL, "informal": INFORMAL, "neutral": NEUTRAL}


@pytest.mark.parametrize(("value", "text"), READ.items(), ids=READ.keys())
def test_the_tone_is_read(value: str, text: str) -> None:
    people = People(writer="Ada", reader="Ann Lee", language="en")
    assert FORMALITY.read(parse(text, people), people)["formality"].value == value


def test_of_a_few_plain_words_nothing_is_read() -> None:
    people = People(language="en")
    assert FORMALITY.read(parse("The room is free.", people), people) == {}


@pytest.mark.parametrize(
    ("text", "value", "made"),
    [
        ("Thanks for the info.", "formal", "Thank you for the information."),
        ("Prior to that, we need assistance.", "informal", "Before that, we need help."),
        ("We need it ASAP.", "formal", "We need it as soon as possible."),
        ('He said "thx".', "formal", 'He said "thx".'),
        ("The room is free.", "formal", "The room is free."),
    ],
    ids=["raised", "relaxed", "capitals", "quoted", "plain"],
)
def test_only_words_with_a_counterpart_change(text: str, value: str, made: str) -> None:
    assert written(FORMALITY, text, value) == made


def test_several_words_are_a_tone_and_no_terms() -> None:
    before = "Thanks for the info, we need it asap.\nPls send it."
    after = (
        "Thank you for the information, we need it as soon as possible.\nPlease send it prior to that, kindly hereby."
    )
    assert [one.after.value for one in edited(FORMALITY, before, after)] == ["formal"]
    assert [one.dimension for one in edited(TERMS, before, after)] == []


def test_one_word_is_a_term_and_no_tone() -> None:
    before, after = "We need assistance with the room.", "We need help with the room."
    assert edited(FORMALITY, before, after) == []
    assert [one.dimension for one in edited(TERMS, before, after)] == ["term/assistance"]
