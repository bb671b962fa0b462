"""Whole conversations out of memory: the mails that belong together, and which of them came since they were last looked at.

It reads rows and changes none but the marker. `replying` and `following` ask it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from assistant.mailbox.mail import Mail, of_item
from memory.store import mails, settings
from memory.store.mails import Kept

READ_TO = "mailbox.read_to"
"""The setting that names the last mail whose conversation was looked at."""
OLDEST = timedelta(days=14)
"""A mail that nobody answered for so long is history when Telos first sees it."""
WHOLE = timedelta(days=120)
"""So far back a conversation is read."""
AT_ONCE = 500


def waits(session: Session) -> bool:
    """Whether mails came that were not looked at."""
    return mails.newest(session) > int(settings.get(session, READ_TO, 0))


def arrived(session: Session) -> tuple[list[Mail], int]:
    """The next mails that came, and the id up to which they are looked at then."""
    page = mails.after(session, settings.get(session, READ_TO, 0), AT_ONCE)
    newest = mails.newest(session) if len(page) < AT_ONCE else page[-1][0].id or 0
    return [of_item(*one) for one in page], newest


def looked_at(session: Session, item_id: int) -> None:
    settings.put(session, READ_TO, item_id)


def threads_of(session: Session, around: Iterable[Mail], now: datetime) -> list[list[Mail]]:
    """The whole conversations of these mails, each once, without what is older than is read."""
    names = {mail.thread for mail in around if mail.thread}
    found: dict[str, list[Mail]] = {}
    for one in _read(mails.of_threads(session, names, now - WHOLE)):
        found.setdefault(one.thread, []).append(one)
    alone = [[mail] for mail in around if not mail.thread]
    return [*found.values(), *alone]


def by_ids(session: Session, item_ids: Collection[int]) -> list[Mail]:
    return _read(mails.by_ids(session, item_ids))


def _read(kept: Iterable[Kept]) -> list[Mail]:
    return [of_item(item, version) for item, version in kept]
