"""Mails as rows, as ingest would leave them: what the tests of the mailbox without a server begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from assistant.clock import FakeClock
from assistant.config.schema import SourceSettings, UserSettings
from assistant.service import Service
from connectors.mail.options import MailOptions
from memory.identity import NewItem
from memory.store import items, sources
from tests.assistant.talking import talking

ADA = {"name": "Ada Byron", "address": "ada@example.org"}
ANN = {"name": "Ann Lee", "address": "ann@example.net"}
WEDNESDAY = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
BOX = SourceSettings(
    name="letters",
    kind="mail",
    options=MailOptions(host="imap.example.org", username="ada@example.org", password="unused"),
)

_number = count(1)


@contextmanager
def home_with_mail(folder: Path) -> Iterator[Service]:
    """A service that reads a mailbox nobody connects to, on a Wednesday."""
    with talking(folder) as service:
        user = UserSettings(name="Ada Byron", email="ada@example.org", timezone="UTC")
        service.settings = service.settings.model_copy(update={"user": user, "sources": (BOX,)})
        clock_of(service).set(WEDNESDAY)
        yield service


def clock_of(service: Service) -> FakeClock:
    assert isinstance(service.clock, FakeClock)
    return service.clock


def keep(service: Service, text: str, *, by_me: bool = False, answers: str = "", **details: Any) -> tuple[int, str]:
    """A mail that came just now: its item and its Message-ID. `answers` is the Message-ID of another."""
    clock_of(service).advance(timedelta(minutes=1))
    now = service.clock.now()
    message_id = f"<{next(_number)}@mail.example>"
    facts = {
        "message_id": message_id,
        "in_reply_to": answers,
        "references": [answers] if answers else [],
        "from": [ADA if by_me else ANN],
        "to": [ANN if by_me else ADA],
    }
    arrived = NewItem(
        external_id=message_id,
        kind="mail",
        title=details.pop("subject", "The ferry"),
        text=text,
        thread_id=answers or message_id,
        published=now,
        language="en",
        private=True,
        to_me=not by_me,
        by_me=by_me,
        details=facts | details,
    )
    with service.database.write() as session:
        source = sources.ensure(session, "letters", "mail", now)
        return items.save(session, source.id or 0, [arrived], now).new_ids[0], message_id
