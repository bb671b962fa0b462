"""What the user wrote in a mail they sent: without what they quote, and with the line ends that they meant."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.mailbox.sent_text import own_words_of, unwrapped

DRAFT = "Hello Ann,\n\nThe night ferry leaves at nine from the old quay behind the fish market.\n\nBest regards,\nAda"
LONG = "The night ferry leaves at ten o'clock from the old quay that lies behind the big fish market of the town."
MEANT = f"Hi Ann,\n\n{LONG}\n\n- bring the tickets\n- bring a coat\n\nCheers,\nAda"


def sent(body: str, kind: str = "text/plain; charset=utf-8") -> str:
    raw = f"From: ada@example.org\r\nContent-Type: {kind}\r\n\r\n{body}".encode()
    return own_words_of(message_from_bytes(raw, policy=policy.default), DRAFT)


BROKEN = {
    "hard": MEANT.replace("the old quay", "the\nold quay").replace(" of the town", "\nof the town"),
    "with what is answered": MEANT + "\n\nOn Monday, 16 November 2026, Ann Lee wrote:\n> Dear Ada,\n> when?\n",
    "with what is answered, unmarked": MEANT
    + "\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\nSubject: a\n\nDear Ada,",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_lines_that_a_program_broke_are_whole_again_and_quotations_gone(body: str) -> None:
    assert sent(body) == MEANT


def test_flowed_lines_are_joined() -> None:
    flowed = MEANT.replace("at ten o'clock", "at ten \no'clock").replace("the big", "the \nbig")
    assert sent(flowed, "text/plain; charset=utf-8; format=flowed") == MEANT


def test_of_html_it_is_what_is_seen_without_what_is_quoted() -> None:
    html = f"<p>Hi Ann,</p><p>{LONG}</p><p>Cheers,<br>Ada</p><blockquote type='cite'><p>Dear Ada,</p></blockquote>"
    assert sent(html, "text/html; charset=utf-8") == f"Hi Ann,\n\n{LONG}\n\nCheers,\nAda"


@given(st.text(max_size=400))
def test_no_word_is_lost_or_made_up(text: str) -> None:
    assert unwrapped(text, DRAFT).split() == text.split()
