"""Invented mails as memory would keep them: what the tests of the mailbox begin with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from assistant.drafting.recipients import Recipient
from assistant.mailbox.mail import Mail

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
"""A Wednesday."""
ADA = "ada@example.org"
ANN = Recipient("Ann Lee", "ann@example.net")
BOB = Recipient("Bob", "bob@example.com")
ME = Recipient("Ada Byron", ADA)
OWN = frozenset({ADA})

_count = iter(range(1, 1_000_000))


def mail(text: str, **fields: Any) -> Mail:
    """From Ann to Ada, each a minute after the one before, unless `fields` say otherwise."""
    number = next(_count)
    values: dict[str, Any] = {
        "item_id": number,
        "source_id": 1,
        "at": NOW + timedelta(minutes=number),
        "subject": "The ferry",
        "text": text,
        "sender": ANN,
        "to": (ME,),
        "message_id": f"<{number}@mail.example>",
        "to_me": True,
    }
    return Mail(**values | fields)


def from_me(text: str, answering: Mail | None = None, **fields: Any) -> Mail:
    """From Ada, an answer to `answering` if there is one."""
    before = (*answering.ids_before, answering.message_id) if answering else ()
    values: dict[str, Any] = {"sender": ME, "to": (ANN,), "by_me": True, "to_me": False, "references": before}
    return mail(text, **values | fields)
