"""What no lesson is made of without a word: no text at all, and edits that leave nothing of the draft."""

from __future__ import annotations

import unicodedata

import pytest

from assistant.errors import BadRequest
from assistant.learning.refusing import LONGEST, question, require_text

DRAFT = (
    "Dear Ann,\n\nThe ferry to the northern islands leaves at nine on Friday. We meet at the dock near the old church. "
    "Please bring the tickets that I sent last week.\n\nBest regards,\nAda"
)


@pytest.mark.parametrize(
    "text",
    [
        "\x7fELF\x02\x01\x01" + "\0" * 9,
        "\x01\x02\x03\x04 some words between",
        "word " * 100 + "\0",
        "x" * (LONGEST + 1),
    ],
    ids=["a program", "mostly control characters", "one NUL", "too long"],
)
def test_what_is_no_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        require_text(text)
    assert refused.value.remedy


def test_whatever_unicode_calls_a_control_is_none_of_a_text_but_for_white_space() -> None:
    for char in map(chr, (*range(0x250), *range(0xD7F0, 0xE010))):
        is_control = unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t\f\v"
        try:
            require_text(f"One word {char}{char}")
        except BadRequest:
            assert is_control, hex(ord(char))
        else:
            assert not is_control, hex(ord(char))


@pytest.mark.parametrize("text", ["", "Grüße an Łukasz 👋🏽", "שלום עולם\u200f", "a\tb\r\nc\f", "船は九時に出る"])
def test_texts_of_any_script_are_texts(text: str) -> None:
    require_text(text)


@pytest.mark.parametrize("after", ["", "  \n\t", "…"])
def test_it_is_asked_before_an_emptied_draft_is_kept(after: str) -> None:
    assert question(DRAFT, after).endswith("?")


def test_it_is_asked_whether_quite_another_text_is_the_users() -> None:
    other = "Quarterly revenue rose by eleven percent while operating costs fell, the board announced to shareholders."
    assert "own writing" in question(DRAFT, other)


@pytest.mark.parametrize(
    "after",
    [
        DRAFT.replace("Dear", "Hi"),
        "We meet at the dock near the old church.",
        "The ferry leaves Friday at nine, bring tickets.",
    ],
    ids=["a word", "one sentence of it", "the same shorter"],
)
def test_a_plain_edit_is_not_questioned_however_much_it_cuts(after: str) -> None:
    assert question(DRAFT, after) == ""


def test_a_draft_of_a_few_words_may_become_anything() -> None:
    assert question("Thanks, will do.", "Sure thing!") == ""
