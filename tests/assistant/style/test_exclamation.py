"""Exclamation marks are taken out, or given to what is glad."""

from __future__ import annotations

import pytest

from assistant.style.exclamation import EXCLAMATION, calm
from tests.assistant.style.wordings import ENGLISH, body, edited, value_of, written

CALM = {
    "one": ("Great!", "Great."),
    "several": ("Great!!!", "Great."),
    "with a question": ("Really?!", "Really?"),
    "in brackets": ("It works (at last!) and lasts!", "It works (at last!) and lasts."),
    "a name": ("Yahoo! has it.", "Yahoo! has it."),
    "quoted": ('He said "Go!"', 'He said "Go!"'),
    "before an emoji": ("Great! 🙂", "Great. 🙂"),
    "two in a line": ("Great! See you!", "Great. See you."),
}


@pytest.mark.parametrize(("loud", "quiet"), CALM.values(), ids=CALM.keys())
def test_marks_are_taken_out(loud: str, quiet: str) -> None:
    assert calm(loud) == quiet


def test_what_is_glad_gets_one_first() -> None:
    assert written(EXCLAMATION, "Thank you for coming.\nThe room is free.", "yes") == (
        "Thank you for coming!\nThe room is free."
    )
    assert written(EXCLAMATION, "The room is free.\nBring a key.", "yes") == "The room is free.\nBring a key!"


def test_a_question_gets_none() -> None:
    assert written(EXCLAMATION, "Is it free?", "yes") == "Is it free?"


def test_taking_one_out_says_more_than_having_none() -> None:
    [difference] = edited(EXCLAMATION, "Great!", "Great.")
    assert (difference.before, difference.after.value, difference.after.strength) == ("yes", "no", 1.0)
    assert EXCLAMATION.read(body("Great."), ENGLISH)["exclamation"].strength < 0.5


def test_every_language_has_them() -> None:
    assert value_of(EXCLAMATION, "Danke!") == "yes"
