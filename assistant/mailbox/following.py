"""Unanswered mail and promises with dates, followed up: opened when a mail says so, closed when a later one settles it.

A follow-up is told by one digest once it is due (`assistant.digest.notes`), and again only when the user says `later`. What
is opened here stands on rows of mails alone; `done` and `later` come from the user. The job `mailbox` calls this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from assistant.answers.mailbox import FollowUpLine
from assistant.clock import local_day
from assistant.errors import NotFound
from assistant.mailbox import conversation
from assistant.mailbox.awaiting import awaits_me, awaits_them, is_from_a_person
from assistant.mailbox.mail import Mail
from assistant.mailbox.promises import promises
from assistant.service import Service
from memory.models import FollowUp, FollowUpKind
from memory.store import follow_ups

MY_TURN = timedelta(days=2)
"""A mail to the user that nobody answered for so long is told."""
THEIR_TURN = timedelta(days=4)
"""The user's own mail, the same."""
LATER = timedelta(days=3)
"""What `later` means where the user names no days."""
MOST_DAYS = 365
QUOTE_CHARACTERS = 240

_KEPT = re.compile(
    r"\b(?:attached|enclosed|here (?:is|are|you go|it is|they are)|as (?:promised|discussed)|(?:i|we)(?:'ve| have)? (?:just )?(?:sent|done|finished|"
    r"completed|paid|signed|booked|mailed|forwarded)|(?:is|are|it's|now) (?:done|sent|finished|ready|complete)|anbei|im anhang|wie versprochen|"
    r"erledigt|ci-joint|comme promis|voici|c'est fait|adjunto|como prometí|aquí (?:está|tienes?)|hecho)\b",
    re.IGNORECASE,
)


def follow_up(service: Service, threads: Sequence[Sequence[Mail]], own: frozenset[str]) -> int:
    """Open what the mails of these conversations give to be followed up; how many were new."""
    now, zone = service.clock.now(), service.settings.user.zone
    opened = 0
    for thread in threads:
        wanted = [
            one
            for one in (*_unanswered(thread, own, service), *_promised(thread, own, service))
            if now - one.opened_at <= conversation.OLDEST or one.due >= local_day(now, zone)
        ]
        with service.database.write() as session:
            for one in wanted:
                one.opened_at = now
                opened += follow_ups.open_one(session, one)
    return opened


def settle(service: Service, own: frozenset[str]) -> int:
    """Close what later mails, or flags, settled; how many."""
    now = service.clock.now()
    closed = 0
    with service.database.write() as session:
        standing = follow_ups.standing(session)
        mails = {one.item_id: one for one in conversation.by_ids(session, [row.item_id for row in standing])}
        threads = conversation.threads_of(session, mails.values(), now)
        thread_of = {mail.item_id: thread for thread in threads for mail in thread}
        for row in standing:
            mail = mails.get(row.item_id)
            if mail is None:  # hidden, or gone upstream
                follow_ups.close(session, row, now, "gone")
            elif how := _settled(row, mail, thread_of.get(row.item_id, [mail]), own):
                follow_ups.close(session, row, now, how)
            else:
                continue
            closed += 1
    return closed


# What the user says of them


def standing(service: Service) -> list[FollowUpLine]:
    """All that are open, the first due first."""
    with service.database.read() as session:
        return [_line(row) for row in follow_ups.standing(session)]


def done(service: Service, follow_up_id: int) -> FollowUpLine:
    """It needs no more; no digest tells it again. Raises: NotFound."""
    with service.database.write() as session:
        return _line(close(session, follow_up_id, service.clock.now()))


def later(service: Service, follow_up_id: int, days: int | None = None) -> FollowUpLine:
    """Tell it again in so many days. Raises: NotFound."""
    today = local_day(service.clock.now(), service.settings.user.zone)
    with service.database.write() as session:
        return _line(put_off(session, follow_up_id, today, days))


def close(session: Session, follow_up_id: int, now: datetime) -> FollowUp:
    """What `done` does, in a transaction that is under way. Raises: NotFound."""
    row = _row(session, follow_up_id)
    if row.closed_at is None:
        follow_ups.close(session, row, now, "done")
    return row


def put_off(session: Session, follow_up_id: int, today: date, days: int | None) -> FollowUp:
    """What `later` does, in a transaction that is under way. Raises: NotFound."""
    row = _row(session, follow_up_id)
    ahead = LATER if days is None else timedelta(days=min(max(days, 1), MOST_DAYS))
    follow_ups.put_off(session, row, today + ahead)
    return row


def _row(session: Session, follow_up_id: int) -> FollowUp:
    row = follow_ups.get(session, follow_up_id)
    if row is None:
        raise NotFound(f"There is no follow-up f{follow_up_id}.", "`telos waiting` lists those there are.")
    return row


def _line(row: FollowUp) -> FollowUpLine:
    return FollowUpLine(
        id=row.id or 0,
        kind=row.kind.value,
        person=row.person,
        quote=row.quote,
        due=row.due,
        item=row.item_id,
        is_open=row.closed_at is None,
    )


# What mails give to be followed up


def _unanswered(thread: Sequence[Mail], own: frozenset[str], service: Service) -> Iterator[FollowUp]:
    if (mail := awaits_me(thread, own)) is not None:
        yield _opened(mail, FollowUpKind.AWAITS_ME, mail.subject, _day(mail, service) + MY_TURN, own)
    if (mail := awaits_them(thread, own)) is not None:
        yield _opened(mail, FollowUpKind.AWAITS_THEM, mail.subject, _day(mail, service) + THEIR_TURN, own)


def _promised(thread: Sequence[Mail], own: frozenset[str], service: Service) -> Iterator[FollowUp]:
    for mail in thread:
        is_mine = mail.is_by(own)
        if not (is_mine or (mail.to_me and is_from_a_person(mail))):
            continue
        kind = FollowUpKind.PROMISED_BY_ME if is_mine else FollowUpKind.PROMISED_TO_ME
        for promise in promises(mail.sentences, _day(mail, service)):
            due = promise.due if is_mine else promise.due + timedelta(days=1)
            row = _opened(mail, kind, promise.text, due, own)
            if not _settled(row, mail, thread, own):
                yield row


def _opened(mail: Mail, kind: FollowUpKind, quote: str, due: date, own: frozenset[str]) -> FollowUp:
    return FollowUp(
        item_id=mail.item_id,
        kind=kind,
        person=_person(mail, own),
        quote=quote[:QUOTE_CHARACTERS],
        due=due,
        opened_at=mail.at,
    )


def _settled(row: FollowUp, mail: Mail, thread: Sequence[Mail], own: frozenset[str]) -> str:
    """How later mails settled it; empty where it stands."""
    match row.kind:
        case FollowUpKind.AWAITS_ME:
            return "" if awaits_me(thread, own) is not None else "answered"
        case FollowUpKind.AWAITS_THEM:
            return "" if awaits_them(thread, own) is not None else "answered"
        case FollowUpKind.PROMISED_BY_ME | FollowUpKind.PROMISED_TO_ME:
            after = (one for one in thread if one.at > mail.at and one.is_by(own) == mail.is_by(own))
            return "kept" if any(_KEPT.search(one.own) for one in after) else ""


def _person(mail: Mail, own: frozenset[str]) -> str:
    """Who else it concerns: its sender, or the first that the user wrote to."""
    if not mail.is_by(own) and mail.sender is not None:
        return mail.sender.name or mail.sender.address
    other = next((one for one in mail.everybody if one.address.casefold() not in own), None)
    return (other.name or other.address) if other is not None else ""


def _day(mail: Mail, service: Service) -> date:
    at: datetime = mail.at
    return local_day(at, service.settings.user.zone)
