"""Emoji are taken out without a trace, and the usual one is set where the user sets it."""

from __future__ import annotations

import pytest

from assistant.style.emoji import EMOJI, plain
from assistant.style.trait import Setting
from tests.assistant.style.wordings import ENGLISH, body, edited, in_form, text_of, value_of, written

TAKEN_OUT = {
    "after a stop": ("See you. 🙂", "See you."),
    "for a stop": ("See you 🙂", "See you."),
    "inside": ("Great 🎉 news.", "Great news."),
    "at the beginning": ("🎉 We did it.", "We did it."),
    "in a row": ("Yes! 🎉🎉 👍🏽", "Yes!"),
    "joined": ("My 👩‍💻 helps.", "My helps."),
    "a flag": ("Greetings from 🇫🇷.", "Greetings from."),
    "a smiley": ("Thanks! :)", "Thanks!"),
    "no smiley": ("The list (see below:) is long; it has 3:30.", "The list (see below:) is long; it has 3:30."),
    "a sign": ("Done ✓ and © 2026.", "Done ✓ and © 2026."),
}


@pytest.mark.parametrize(("text", "bare"), TAKEN_OUT.values(), ids=TAKEN_OUT.keys())
def test_they_are_taken_out(text: str, bare: str) -> None:
    assert plain(text) == bare


def test_a_sentence_that_is_nothing_else_goes() -> None:
    assert written(EMOJI, "See you.\n🙂", "no") == "See you."


USUAL = {
    "end": ("It is done.\nSee you! 🙂", "🙂 end"),
    "start": ("Hooray 🎉\nIt is done.", "🎉 start"),
    "inside": ("It 🙂 is done.", None),
}


@pytest.mark.parametrize(("text", "usual"), USUAL.values(), ids=USUAL.keys())
def test_the_usual_one_is_read_with_its_place(text: str, usual: str | None) -> None:
    assert value_of(EMOJI, text, dimension="emoji/usual") == usual


@pytest.mark.parametrize("usual", ["🙂 end", "🎉 start", ":) end"])
def test_the_usual_one_is_set(usual: str) -> None:
    form = {"emoji": Setting("yes"), "emoji/usual": Setting(usual)}
    made = in_form(EMOJI, "It is done.\nSee you.", form)
    assert value_of(EMOJI, made, dimension="emoji/usual") == usual
    assert text_of(EMOJI.write(body(made), {"emoji": Setting("no")}, ENGLISH)) == "It is done.\nSee you."


def test_without_a_usual_one_none_is_made_up() -> None:
    assert written(EMOJI, "It is done.", "yes") == "It is done."


def test_taking_one_out_says_more_than_having_none() -> None:
    [difference] = edited(EMOJI, "Great. 🙂", "Great.")
    assert (difference.dimension, difference.after.value, difference.after.strength) == ("emoji", "no", 1.0)
    assert EMOJI.read(body("Great."), ENGLISH)["emoji"].strength < 0.5
