"""What a mail to Telos says: commands in their lines, whatever else is in it, and never what it quotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.mailbox.commands import Command, Said, said
from assistant.mailbox.mail import own_text

READ = {
    "one": ("more 2", "more 2"),
    "all of them": (
        "more 2\nless 5\nkeep 1\ndrop 3\nmute 4\nwhy 3\nsave 4",
        "more 2, less 5, keep 1, drop 3, mute 4, why 3, save 4",
    ),
    "several on a line": ("More 2 and 4, less 5.", "more 2, more 4, less 5"),
    "as a list": ("- more 2\n- less #5", "more 2, less 5"),
    "follow-ups": ("done f3, f4\nlater f5 7 days", "done f3, done f4, later f5"),
    "without the letter": ("done 3", "done f3"),
    "twice": ("more 2\nmore 2", "more 2"),
    "German": ("mehr 2 und 3", "more 2, more 3"),
    "with greeting and name": ("Hello Telos,\n\nless 5\n\nBest,\nAda", "less 5"),
    "a link's": ("telos-verb: keep\ntelos-entry: 7\ntelos-digest: digest-2026-11-20-0\ntelos-secret: x\n", "keep 7"),
    "a follow-up's link": ("telos-verb: done\ntelos-follow-up: 12\n", "done f12"),
}
NO_COMMAND = (
    "I want more 2 day trips.",
    "keep 1 eye on it",
    "There were 3 more 2 days ago.",
    "why 3 times?",
    "more",
    "drop f3",
)


@pytest.mark.parametrize(("text", "commands"), READ.values(), ids=READ)
def test_a_command_is_a_line_of_its_own(text: str, commands: str) -> None:
    found = said(text, name="Ada Byron")
    assert ", ".join(map(str, found.commands)) == commands
    assert found.text == ""


@pytest.mark.parametrize("text", NO_COMMAND)
def test_a_sentence_with_a_number_is_none(text: str) -> None:
    assert said(text).commands == ()


def test_later_has_its_days() -> None:
    assert said("later f5 7 days\nlater f6").commands == (Command("later", 5, 7), Command("later", 6))


def test_what_is_no_command_is_the_question_without_greeting_and_thanks() -> None:
    text = "Hi,\n\nmore 2\n\nWhat did the council decide about the ferry?\n\nThanks,\nAda"
    assert said(text, name="Ada Byron") == Said(
        commands=(Command("more", 2),), text="What did the council decide about the ferry?"
    )
    assert said("Thank you!") == Said()
    assert said("Sent from my iPhone") == Said()


def test_quoted_text_is_never_read_as_commands() -> None:
    for text in (
        "keep 1\n\n> less 5\n> drop 3\n",
        "keep 1\n\nOn Friday, 20 November 2026, Telos wrote:\nless 5\n",
        "keep 1\n\n-----Original Message-----\nFrom: Telos\nSent: Friday\nSubject: 20 November\n\nless 5",
    ):
        assert said(own_text(text)).commands == (Command("keep", 1),)


def test_a_line_of_the_digest_is_a_quotation_whatever_a_program_made_of_it() -> None:
    digest = ["1. Less 5", "Less 5", "Drop 3 and 4"]
    assert said("keep 1\n\u00a0Less  5\ndrop 3 and 4\n", digest) == Said(commands=(Command("keep", 1),))


@given(
    st.lists(st.sampled_from(("more", "later", "1", "f2", ",", "and", "days", "x", ":", ".")), max_size=90).map(
        " ".join
    )
)
def test_any_text_is_read_in_no_time(text: str) -> None:
    said(text)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    found = said(text)
    assert all(0 <= one.number < 10**7 for one in found.commands)
