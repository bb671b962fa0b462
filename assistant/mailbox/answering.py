"""Mails with which the user answers a digest: each taken once, its commands done with it, its question asked, one answer sent.

    a mail comes -> its row, its commands and the marker, in one transaction -> asked, where it has a question
    asked -> answered   what was found is the answer, put into the outbox in the same transaction

Only the user's own words count, and only from a mail that `trust` lets pass; all others are left alone, and those that
claimed to answer a digest are logged without a word of theirs. The job `answers` calls this.
"""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from assistant import conversations
from assistant.answers.chat import Done, Saved, Say, Start
from assistant.delivery.answer_letter import is_own_answer
from assistant.delivery.mail import secret_of
from assistant.digest import record
from assistant.errors import TelosError
from assistant.failpoints import failpoint
from assistant.mailbox.account import answered_at, own_addresses
from assistant.mailbox.commands import said
from assistant.mailbox.mail import Mail, of_item
from assistant.mailbox.obeying import lines_of, obey
from assistant.mailbox.trust import Claim, claims, digest_id_of, proven, refusal
from assistant.progress import Progress
from assistant.service import Service
from memory.models import Request, RequestState
from memory.store import audit, digests, items, mails, outbox, requests, settings

TAKEN_TO = "mailbox.answers_to"
"""The setting that names the last mail that was looked at for an answer to a digest."""
AT_ONCE = 200
GIVE_UP = timedelta(hours=24)
MOST_A_DAY = 100
"""More answers than this within a day are no human's: a loop ends here."""
MOST_TRIES = 3
LONGEST = 4000
"""Characters of a question."""
QUOTED = 300
"""Of it, in the answer."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many mails were taken as answers, and how many that claimed to be one were not."""

    taken: int = 0
    ignored: int = 0


def waits(session: Session) -> bool:
    """Whether mails came that were not looked at, or a question waits."""
    return mails.newest(session) > int(settings.get(session, TAKEN_TO, 0)) or bool(requests.asked(session))


def take(service: Service) -> Taken:
    """Look through the mails that came since the last time."""
    taken = ignored = 0
    while True:
        with service.database.read() as session:
            page, newest = mails.after(session, int(settings.get(session, TAKEN_TO, 0)), AT_ONCE), mails.newest(session)
        for kept in page:
            mail = of_item(*kept)
            with service.database.write() as session:
                request = _take(session, service, mail)
                settings.put(session, TAKEN_TO, mail.item_id)
            failpoint("mailbox.after_request")
            taken += request is True
            ignored += request is False
        if len(page) < AT_ONCE:
            with service.database.write() as session:  # what is hidden, or gone upstream, was not among them
                settings.put(session, TAKEN_TO, newest)
            return Taken(taken, ignored)


def answer_questions(service: Service, progress: Progress) -> int:
    """Answer what was asked, one by one, as `telos ask` does; how many."""
    with service.database.read() as session:
        waiting = [row.id or 0 for row in requests.asked(session)]
    for number, request_id in enumerate(waiting):
        progress(number, len(waiting), "answering your mail")
        reply = _reply(service, request_id)
        failpoint("mailbox.after_reply")
        with service.database.write() as session:
            _finish(session, service, requests.get(session, request_id), reply)
    return len(waiting)


def _take(session: Session, service: Service, mail: Mail) -> bool | None:
    """Do what the mail says, with a row of it. `None` where it is no answer to a digest, False where it is ignored."""
    key = service.home.key
    if digest_id_of(mail.message_id) is not None or is_own_answer(mail.message_id, key):
        items.hide(session, mail.item_id, service.clock.now())  # our own mail, back in the mailbox
        return None
    if next(claims(mail), None) is None:
        return None
    claim = proven(mail, lambda one: _secret(session, one, key))
    own, telos = own_addresses(service.settings), answered_at(service.settings)
    why = refusal(mail, own, telos) or ("" if claim else "it does not bring the digest's secret")
    now = service.clock.now()
    if not why and requests.count_since(session, now - timedelta(days=1)) >= MOST_A_DAY:
        why = f"there were {MOST_A_DAY} within a day"
    if why or claim is None:
        return _ignore(session, service, mail, why)
    hashed = hmac.digest(key, f"request {mail.message_id or mail.item_id}".encode(), "sha256").hex()
    digest_id = _digest(session, claim)
    if requests.taken(session, hashed) or digest_id is None:
        items.hide(session, mail.item_id, now)
        return None
    view = record.load(session, digest_id)
    told = said(mail.own, lines_of(view), name=service.settings.user.name)
    items.hide(session, mail.item_id, now)  # it holds a digest's secret, and is no memory
    if not told.commands and not told.text:
        return _ignore(session, service, mail, "it says nothing beside what it quotes")
    row = Request(
        key=hashed,
        item_id=mail.item_id,
        digest_id=digest_id,
        at=now,
        message_id=mail.message_id,
        references=list(mail.ids_before),
        subject=mail.subject,
        lines=obey(session, service, view, told.commands),
        question=told.text[:LONGEST],
    )
    requests.add(session, row)
    audit.record(session, "answered", f"digest {digest_id}", at=now, commands=len(told.commands))
    if not row.question:
        _finish(session, service, row, "")
    return True


def _ignore(session: Session, service: Service, mail: Mail, why: str) -> bool:
    """Said in the log, without a word of the mail's."""
    log.warning("A mail that answers a digest was ignored (item %d): %s", mail.item_id, why)
    audit.record(session, "ignored", f"item {mail.item_id}", at=service.clock.now(), why=why)
    return False


def _reply(service: Service, request_id: int) -> str:
    """What the conversation that its question begins says; after a crash it goes on where it was."""
    with service.database.write() as session:
        requests.try_once(session, request_id)
        row = requests.get(session, request_id)
        question, conversation, tries = row.question, row.conversation_id, row.tries
    if tries > MOST_TRIES:
        return "Your question could not be answered: Telos was stopped each time it tried. Ask it with `telos ask`."
    if conversation is not None and (reply := _kept_reply(service, conversation)):
        return reply
    wish = (
        Say(text="", conversation=conversation)
        if conversation is not None
        else Say(text=question, start=Start(origin="mail"))
    )
    reply = ""
    try:
        for event in conversations.say(service, wish):
            if isinstance(event, Saved) and conversation is None:
                with service.database.write() as session:
                    requests.try_once(session, request_id, event.conversation)
            elif isinstance(event, Done):
                reply = _with_sources(event)
    except TelosError as err:
        log.warning("A question that came by mail was not answered: %s", err)
        return f"Your question could not be answered: {err}"
    return reply or "Nothing was found to answer your question with."


def _with_sources(event: Done) -> str:
    """The reply, and under it what its numbers point to and what was noted."""
    told = event.turn
    cited = [f"[{one.number}] {one.title}{f' {one.url}' if one.url else ''}" for one in told.citations]
    noted = [*(f"Noted: {line}" for line in (*event.changes, *event.learned)), *event.notices]
    return "\n\n".join(part for part in (told.reply.strip(), "\n".join(cited), "\n".join(noted)) if part)


def _kept_reply(service: Service, conversation: int) -> str:
    """The reply that a try before this one came to, before it was stopped."""
    last = conversations.show(service, conversation).turns[-1:]
    return last[0].reply.strip() if last and last[0].state == "done" else ""


def _finish(session: Session, service: Service, row: Request, reply: str) -> None:
    """The answer as it goes out, and its place in the outbox: once, however often this is come to."""
    parts = [*row.lines]
    if row.question:
        parts.append(f"You asked: {' '.join(row.question.split())[:QUOTED]}\n\n{reply}")
    row.state, row.answer = RequestState.ANSWERED, "\n\n".join(parts)
    session.add(row)
    now = service.clock.now()
    if outbox.of_request(session, row.id or 0) is None:
        outbox.queue_request(session, row.id or 0, now=now, give_up_at=now + GIVE_UP)


def _secret(session: Session, claim: Claim, key: bytes) -> str | None:
    digest_id = _digest(session, claim)
    return None if digest_id is None else secret_of(record.load(session, digest_id), key)


def _digest(session: Session, claim: Claim) -> int | None:
    return next((one.id for one in digests.by_date(session, claim.day) if one.run == claim.run), None)
