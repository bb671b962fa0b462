"""Whose word a mail is: the user's own, to Telos, with the digest's secret; and what a quotation of a digest may look like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.digest.render import render
from assistant.digest.view import ConversationView, MissedView, Quote
from assistant.drafting.recipients import Recipient
from assistant.mailbox.commands import Command, Said, said
from assistant.mailbox.obeying import lines_of
from assistant.mailbox.trust import refusal
from tests.assistant.digest_rows import NOW, digest_view
from tests.assistant.mailbox.mails import ADA, ANN, ME, OWN, from_me

TELOS = frozenset({*OWN, "telos@example.org"})


def test_a_digest_that_is_passed_on_tells_telos_nothing() -> None:
    assert refusal(from_me("What do you make of the third?", to=(ANN,)), OWN, TELOS) == "it goes to somebody else"
    assert refusal(from_me("more 2", to=()), OWN, TELOS)


@pytest.mark.parametrize("address", [ADA, "telos@example.org", "Ada+Telos@Example.org"])
def test_an_answer_to_any_address_of_telos_counts(address: str) -> None:
    assert refusal(from_me("more 2", to=(Recipient("", address),)), OWN, TELOS) == ""
    assert refusal(from_me("more 2", to=(ANN,), cc=(Recipient("", address),)), OWN, TELOS) == ""


def test_several_senders_are_nobody_and_a_failed_check_is_none_of_the_users() -> None:
    assert refusal(from_me("more 2", to=(ME,), sender=None), OWN, TELOS)
    assert refusal(from_me("more 2", to=(ME,), authentication={"dkim": "none", "dmarc": "fail"}), OWN, TELOS)


def test_what_a_digest_quotes_of_a_conversation_is_no_command_however_a_program_brings_it() -> None:
    said_there = f"{'sea ' * 15}more 2"
    quotes = [Quote(item_id=1, author="Ben", text=text, url="", published=NOW) for text in ("drop 3", said_there)]
    talk = ConversationView(
        source="chat",
        place="#general",
        is_direct=False,
        is_to_me=False,
        people=("Ben",),
        about=(),
        quotes=tuple(quotes),
        item_ids=(1,),
        url="",
        began=NOW,
        ended=NOW,
    )
    view = replace(
        digest_view(), missed=MissedView(conversations=(talk,), left_out=0, left_out_messages=0, seen=0, muted=0)
    )
    lines = render(view).text.splitlines()
    assert "    more 2" in lines, "a line that would be a command"
    quoted = "\n".join(["Ben", "drop 3", *lines])
    assert said(f"keep 1\n{quoted}", lines_of(view)) == Said(commands=(Command("keep", 1),))
