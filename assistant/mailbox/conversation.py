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
MOST_STEPS = 30
"""In so many the parts of a conversation are looked for, one nearer to its ends with each."""
ASKED_AT_ONCE = 2000
"""Names in one question to the database."""


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
    around = list(around)
    found: dict[str, list[Mail]] = {}
    whole = _whole(session, {mail.thread for mail in around if mail.thread}, now - WHOLE)
    name_of = _names(whole)
    for one in whole:
        found.setdefault(name_of[one.thread], []).append(one)
    alone = [[mail] for mail in around if not mail.thread]
    return [*found.values(), *alone]


def _whole(session: Session, names: set[str], since: datetime) -> list[Mail]:
    """The mails of these conversations, in the order of their dates. A program that names nothing but the mail it answers
    makes that one look like the beginning of another conversation: such parts are found, too."""
    whole: list[Mail] = []
    known: set[str] = set()
    ids: set[str] = set()
    for _ in range(MOST_STEPS):
        for some in _in_parts(names):
            whole += _read(mails.of_threads(session, some, since))
        known |= names
        ids |= {mail.message_id for mail in whole if mail.message_id}
        above = {name for some in _in_parts(names - ids) for name in mails.conversations_of(session, some, since)}
        names = (ids | above) - known
        if not names:
            break
    return sorted(whole, key=lambda mail: (mail.at, mail.item_id))


def _in_parts(names: Collection[str]) -> list[list[str]]:
    ordered = sorted(names)
    return [ordered[start : start + ASKED_AT_ONCE] for start in range(0, len(ordered), ASKED_AT_ONCE)]


def _names(whole: Iterable[Mail]) -> dict[str, str]:
    """One name for all parts of a conversation, by the name of each."""
    part_of: dict[str, str] = {}

    def top(name: str) -> str:
        while (above := part_of.setdefault(name, name)) != name:
            name = above
        return name

    for mail in whole:
        part_of[top(mail.message_id or mail.thread)] = top(mail.thread)
    return {name: top(name) for name in part_of}


def by_ids(session: Session, item_ids: Collection[int]) -> list[Mail]:
    return _read(mails.by_ids(session, item_ids))


def _read(kept: Iterable[Kept]) -> list[Mail]:
    return [of_item(item, version) for item, version in kept]
