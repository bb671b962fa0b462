"""A round of the mailbox: what came is followed up and drafted, then each mailbox is looked into; and when that is due.

The jobs `mailbox` and `answers` call this; what each step does stands in its own module.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from assistant.mailbox import answering, checking, conversation, following, replying
from assistant.mailbox.account import own_addresses
from assistant.progress import Progress
from assistant.service import Service
from memory.store import follow_ups, replies

LOOK_EVERY = timedelta(minutes=5)
"""While an answer waits to be sent, its mailbox is looked into so often."""


def round_at(session: Session, service: Service, next_at: datetime | None) -> datetime | None:
    """When the next round is due: at once for mail that came, else `next_at` while an answer or a follow-up waits."""
    if not service.settings.mailboxes:
        return None
    now = service.clock.now()
    if conversation.waits(session):
        return now
    return (next_at or now) if replies.waiting(session) or follow_ups.standing(session) else None


def answers_at(session: Session, service: Service) -> datetime | None:
    """At once where a mail came that may answer a digest, or a question waits."""
    return service.clock.now() if service.settings.mailboxes and answering.waits(session) else None


def go_round(service: Service, progress: Progress) -> str:
    """One round; what it did, in a sentence.

    Raises: Unavailable where a mailbox does not answer; everything else is done then.
    """
    own = own_addresses(service.settings)
    opened = drafted = 0
    while True:
        with service.database.read() as session:
            came, up_to = conversation.arrived(session)
            threads = conversation.threads_of(session, came, service.clock.now())
            is_all = not conversation.waits(session)
        if is_all:
            break
        opened += following.follow_up(service, threads, own)
        drafted += replying.draft_answers(service, replying.to_draft(service, threads, own), progress)
        with service.database.write() as session:
            conversation.looked_at(session, up_to)
    closed = following.settle(service, own)
    placed, settled = checking.check_mailboxes(service, progress)
    return f"{drafted} answers drafted, {placed} placed, {settled} found sent; {opened} things to follow up, {closed} settled."


def answer(service: Service, progress: Progress) -> str:
    """Take the mails that answer a digest, and answer them."""
    done = answering.take(service)
    asked = answering.answer_questions(service, progress)
    return f"{done.taken} mails taken, {asked} questions answered, {done.ignored} ignored."
