"""Small counts are written in digits or in words; what is no count stays."""

from __future__ import annotations

import pytest

from assistant.style.names import People
from assistant.style.numbers import NUMBERS
from tests.assistant.style.wordings import value_of, written

BOTH_WAYS = {
    "a count": ("We sent 3 reports.", "We sent three reports."),
    "with an adjective": ("We sent 3 new reports.", "We sent three new reports."),
    "either": ("It takes 2 or 3 weeks.", "It takes two or three weeks."),
    "people": ("There were 10 people.", "There were ten people."),
}


@pytest.mark.parametrize(("digits", "words"), BOTH_WAYS.values(), ids=BOTH_WAYS.keys())
def test_counts_are_written_both_ways(digits: str, words: str) -> None:
    assert written(NUMBERS, digits, "words") == words
    assert written(NUMBERS, words, "digits") == digits
    assert value_of(NUMBERS, digits) == "digits"
    assert value_of(NUMBERS, words) == "words"


LEFT = {
    "money": "It costs $3 and 5 dollars.",
    "a page": "See page 3 and version 2 features.",
    "a time": "Come at 5 pm.",
    "a date": "Come on 5 May 2026.",
    "a span": "Take 2-3 tablets.",
    "a decimal": "It is 2.5 points.",
    "larger": "We have 11 guests.",
    "a pronoun": "One of them is late.",
    "measures": "Run 5 miles.",
    "quoted": 'He said "3 reports".',
    "a title": "They played Halo 2 games at the Six Nations matches.",
    "a verb after": "The five was right.",
}


@pytest.mark.parametrize("value", ["digits", "words"])
@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT.keys())
def test_what_counts_nothing_stays(text: str, value: str) -> None:
    assert written(NUMBERS, text, value) == text


def test_a_sentence_begins_with_a_word() -> None:
    assert written(NUMBERS, "3 reports are late.", "words") == "Three reports are late."
    assert written(NUMBERS, "Three reports are late.", "digits") == "Three reports are late."


def test_other_languages_are_left() -> None:
    text = "Wir haben 3 Berichts geschickt."
    assert written(NUMBERS, text, "words", People(language="de")) == text
