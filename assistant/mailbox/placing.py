"""Drafts of answers in the user's Drafts folder: put there once, in the right thread, and kept in step with Telos.

    drafted -> placing   committed before the server hears APPEND
    placing -> placed    it lies there; after a crash the folder is asked, never guessed
    placed  -> placing   the draft changed in Telos and nobody touched it there: the old one goes, the new one comes
            -> left      rejected: it is taken away, unless the user has made it theirs
            -> sent      by Telos, on the user's word: it is taken away, too

A message in a folder never changes: who edits one puts another in its place. As long as ours lies there, nobody touched it.
It knows no text; `assistant.mailbox.checking` calls it with an open mailbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assistant.config.schema import Settings
from assistant.delivery import draft_letter
from assistant.delivery.carriers import Refused
from assistant.failpoints import failpoint
from assistant.mailbox.account import Account
from assistant.service import Service
from assistant.withheld import withheld
from memory.models import DeliveryState, Draft, DraftState, DraftVersion, Reply, ReplyState
from memory.store import drafts, outbox, replies
from memory.store.replies import Lying

if TYPE_CHECKING:
    from connectors.mail.mailbox import Mailbox, Message

DRAFTS = "drafts"
KEPT = timedelta(days=30)
"""Whoever has not sent an answer by then does not mean to; what lies in the folder stays there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with its draft, the last version of it, and the one that Telos wrote last. `is_sent` says that Telos itself
    sent it, on the user's word."""

    row: Reply
    draft: Draft
    version: DraftVersion
    drafted: DraftVersion
    is_sent: bool = False


def answers(service: Service, account: Account) -> list[Answer]:
    """The answers to mails of this mailbox that the user has not sent, the oldest first."""
    with service.database.read() as session:
        rows = replies.waiting(session, account.source_id)
        ids = [row.draft_id for row in rows if row.draft_id is not None]
        known, last = drafts.by_ids(session, ids), drafts.current(session, ids)
        drafted = drafts.current(session, ids, by=drafts.TELOS)
        sent = {one for one, delivery in outbox.of_drafts(session, ids).items() if delivery.state is DeliveryState.SENT}
    return [
        Answer(row, known[row.draft_id], last[row.draft_id], drafted[row.draft_id], row.draft_id in sent)
        for row in rows
        if row.draft_id is not None and row.draft_id in known
    ]


def keep_in_step(service: Service, account: Account, mailbox: Mailbox) -> int:
    """Place what is new, replace what changed, take away what was rejected; how many messages were put there."""
    placed = 0
    for answer in answers(service, account):
        if answer.is_sent or answer.draft.state is DraftState.REJECTED:
            take_away(service, mailbox, answer)
            _close(service, answer, ReplyState.SENT if answer.is_sent else ReplyState.LEFT)
        elif service.clock.now() - answer.row.at > KEPT:
            _close(service, answer, ReplyState.LEFT)
        elif service.settings.mail.place_drafts:
            placed += _place(service, account, mailbox, answer)
    return placed


def ours(service: Service, mailbox: Mailbox, answer: Answer) -> Message | None:
    """The message that we placed, if it lies there as we placed it."""
    row = answer.row
    if row.state is ReplyState.DRAFTED or mailbox.folder(DRAFTS) is None:
        return None
    if row.uid is not None and mailbox.open(DRAFTS) == row.validity:
        return next((one for one in mailbox.fetch(DRAFTS, [row.uid]) if not one.is_deleted), None)
    found = marked(service, mailbox, answer)
    return found if found is not None and _version_in(service, found, answer) == row.version else None


def marked(service: Service, mailbox: Mailbox, answer: Answer) -> Message | None:
    """A message in the Drafts folder that was ours once, whoever changed it since."""
    if mailbox.folder(DRAFTS) is None:
        return None
    mark = draft_letter.placed_mark_of(answer.draft, service.home.key)
    return mailbox.find(DRAFTS, header=(draft_letter.MARK, mark))


def take_away(service: Service, mailbox: Mailbox, answer: Answer) -> bool:
    """Remove ours from the Drafts folder; whether it lay there. What the user has made of it stays."""
    lies = ours(service, mailbox, answer)
    return lies is not None and mailbox.remove(lies.uid) > 0


def _place(service: Service, account: Account, mailbox: Mailbox, answer: Answer) -> int:
    row, version = answer.row, answer.version
    lies: Message | None = None
    if row.state is ReplyState.PLACED:
        if row.version == version.number:
            return 0
        lies = ours(service, mailbox, answer)
        if lies is None:
            _troubled(service, answer, "It was changed in your mailbox as well, and is left there as it is.")
            return 0
    elif row.state is ReplyState.PLACING and (lies := marked(service, mailbox, answer)) is not None:
        number = _version_in(service, lies, answer)
        if number is None or number == version.number:  # the user's by now, or just what was to be placed
            _placed(service, answer, number or row.version or version.number, lies)
            return 0
    with service.database.read() as session:
        held = withheld(session)
    try:
        message = draft_letter.place(
            answer.draft,
            version,
            service.clock.now(),
            _as_the_user(service.settings, account, answer.draft),
            service.home.key,
            held,
        )
    except Refused as err:
        _troubled(service, answer, err.sentence)
        return 0
    with service.database.write() as session:
        replies.begin_placing(session, row.item_id, version.number)
    if lies is not None:
        mailbox.remove(lies.uid)
    failpoint("mailbox.before_append")
    uid = mailbox.append(DRAFTS, message.as_bytes(), ("\\Draft", "\\Seen"))
    failpoint("mailbox.after_append")
    lying = Lying(version.number) if uid is None else Lying(version.number, uid.folder, uid.validity, uid.number)
    with service.database.write() as session:
        replies.placed(session, row.item_id, lying)
    failpoint("mailbox.after_placed")
    return 1


def _placed(service: Service, answer: Answer, version: int, lies: Message) -> None:
    uid = lies.uid
    with service.database.write() as session:
        replies.placed(session, answer.row.item_id, Lying(version, uid.folder, uid.validity, uid.number))


def _troubled(service: Service, answer: Answer, problem: str) -> None:
    if answer.row.problem != problem:
        with service.database.write() as session:
            replies.troubled(session, answer.row.item_id, problem)


def _close(service: Service, answer: Answer, state: ReplyState) -> None:
    with service.database.write() as session:
        replies.close(session, answer.row.item_id, state, service.clock.now())


def _version_in(service: Service, message: Message, answer: Answer) -> int | None:
    """The number of the version that a message is, word for word; programs keep a Message-ID while they change the text."""
    told = "".join(str(message.parsed["Message-ID"] or "").split())
    domain = told.rpartition("@")[2].rstrip(">")
    says = _says(message)
    with service.database.read() as session:
        versions = drafts.versions(session, answer.draft.id or 0)
    for one in versions:
        is_its = told == draft_letter.message_id_of(answer.draft, one.number, domain, service.home.key)
        if is_its and says == " ".join(one.text.split()):
            return one.number
    return None


def _says(message: Message) -> str:
    body = message.parsed.get_body(("plain",))
    return " ".join(str(body.get_content()).split()) if body is not None else ""


def _as_the_user(settings: Settings, account: Account, draft: Draft) -> Settings:
    """The settings by which the letter comes from the user's address in this mailbox: the one that was written to, for
    nobody who knows one of them need know another."""
    own, address = account.options.own, settings.user.email
    written_to = (str(one.get("address", "")).casefold() for one in draft.incoming.get("recipients", ()))
    if (named := next((one for one in written_to if one in own), "")) or (own and address.casefold() not in own):
        address = named or min(own)
    user = settings.user.model_copy(update={"email": address})
    return settings.model_copy(update={"user": user, "mail": settings.mail.model_copy(update={"sender": ""})})
