"""The mail that the user sent in the place of a draft: found, compared with what Telos wrote, and learned from.

Found by its own mark, then by what it answers, then by its text, because programs rewrite Message-IDs and drop what they do
not know. What the user changed is an edit like any other, kept and taught by the verbs of drafts; sent as it was, it is
accepted. An answer that was not made from the draft teaches nothing, and the draft goes. Only what is new in the folder is looked at, its headers first.
`checking` calls this.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from assistant import drafts as verbs
from assistant.answers.drafts import DraftEdit
from assistant.delivery import draft_letter
from assistant.errors import Conflict
from assistant.failpoints import failpoint
from assistant.mailbox.account import Account
from assistant.mailbox.mail import Mail, identification
from assistant.mailbox.placing import Answer, ours, take_away
from assistant.mailbox.sent_text import own_words_of
from assistant.service import Service
from memory.models import DeliveryState, DraftState, ReplyState
from memory.store import audit, drafts, outbox, replies, settings

if TYPE_CHECKING:
    from connectors.mail.headers import Headers
    from connectors.mail.mailbox import Mailbox, Message

SENT = "sent"
LIKE = 0.5
"""A text that shares so much with a draft, in words and their order, was made from it."""
EARLIER = timedelta(minutes=10)
"""Clocks of servers differ."""
SEEN_TO = "mailbox.sent_to"
"""The setting, one a source, that holds up to where its sent mail was looked at: UIDVALIDITY, the next number, and the newest
draft that was looked for."""
BY_HAND = "sent by your own hand, and found in your mailbox"
MOST_WORDS = 3000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Match:
    """A sent message, and whether it was made from the draft: an answer may have been written without it."""

    message: Message
    is_from_draft: bool
    by: str
    """`mark`, `references` or `text`."""


def settle(
    service: Service, account: Account, mailbox: Mailbox, answers: Sequence[Answer], mails: dict[int, Mail]
) -> int:
    """See which of these were sent or answered otherwise, learn from those, and close them; how many were closed.
    `mails` are the mails that they answer, by their item."""
    if not answers or mailbox.folder(SENT) is None:
        return 0
    there = mailbox.look(SENT)
    newest = max(answer.draft.id or 0 for answer in answers)
    seen = f"{SEEN_TO}.{account.source_id}"
    with service.database.read() as session:
        validity, first, drafted = settings.get(session, seen, (0, 0, 0))
    if validity != there.validity or newest > drafted:
        first = 1  # what is new may have been sent while its draft was made
    if first and first == there.next:
        return 0
    matches = _matches(service, mailbox, answers, mails, first)
    closed = sum(_close(service, mailbox, answer, match) for answer, match in matches)
    if closed == len(matches):
        with service.database.write() as session:
            settings.put(session, seen, (there.validity, there.next, newest))
    return closed


def _matches(
    service: Service, mailbox: Mailbox, answers: Sequence[Answer], mails: dict[int, Mail], first: int
) -> list[tuple[Answer, Match]]:
    """Which of the answers were sent, by the sent messages from the number `first` on."""
    marks = {draft_letter.placed_mark_of(answer.draft, service.home.key) for answer in answers}
    people = frozenset[str]().union(*map(_people, answers))

    def may_be_one(headers: Headers) -> bool:
        return _line(headers, draft_letter.MARK) in marks or _goes_to(headers, people)

    since = min(answer.row.at for answer in answers) - EARLIER
    written = list(mailbox.search(SENT, since, first=max(first, 1), wanted=may_be_one))
    found = ((answer, find(service, mailbox, answer, mails.get(answer.row.item_id), written)) for answer in answers)
    return [(answer, match) for answer, match in found if match is not None]


def find(
    service: Service, mailbox: Mailbox, answer: Answer, mail: Mail | None, written: Sequence[Message]
) -> Match | None:
    """The message that the draft became, or that was sent in its place. `written` are those that may be."""
    mark = draft_letter.placed_mark_of(answer.draft, service.home.key)
    found = next((one for one in written if _line(one.headers, draft_letter.MARK) == mark), None)
    if found is None:
        found = mailbox.find(SENT, header=(draft_letter.MARK, mark))
    if found is not None:
        return Match(found, is_from_draft=True, by="mark")
    to_them = [
        one for one in written if _goes_to(one.headers, _people(answer)) and one.received >= answer.row.at - EARLIER
    ]
    answered = identification(answer.draft.incoming.get("message_id")) or (mail.message_id if mail else "")
    for one in reversed(to_them):
        if answered and answered in _ids(one):
            is_from_draft = _is_like(one, answer) or _was_taken_up(service, mailbox, answer)
            return Match(one, is_from_draft=is_from_draft, by="references")
    alike = next((one for one in reversed(to_them) if _is_like(one, answer)), None)
    return Match(alike, is_from_draft=True, by="text") if alike is not None else None


def _close(service: Service, mailbox: Mailbox, answer: Answer, match: Match) -> int:
    try:
        if match.is_from_draft:
            learn(service, answer, match.message)
        elif answer.draft.state is not DraftState.REJECTED:
            verbs.reject(service, answer.draft.id or 0)
    except Conflict as err:  # it changed under us: the next look sees it as it is then
        log.info("Draft %s is looked at again: %s", answer.draft.id, err.sentence)
        return 0
    take_away(service, mailbox, answer)
    state = ReplyState.SENT if match.is_from_draft else ReplyState.ANSWERED
    with service.database.write() as session:
        replies.close(session, answer.row.item_id, state, service.clock.now())
    log.info("Draft %s was %s (found by its %s)", answer.draft.id, state.value, match.by)
    return 1


def learn(service: Service, answer: Answer, message: Message) -> None:
    """Take what was sent for the draft's last version, the user's; learn from it; mark the draft as sent by their hand.

    Each step is kept by itself and finds the one before it done: after a crash it goes on.

    Raises: Conflict where the draft changed meanwhile, or is on its way from Telos itself.
    """
    draft_id = answer.draft.id or 0
    with service.database.read() as session:
        last = drafts.versions(session, draft_id)[-1]
        delivery = outbox.of_draft(session, draft_id)
    if delivery is not None and delivery.state is DeliveryState.SENT:
        return
    text = own_words_of(message.parsed, answer.drafted.text)
    subject = _line(message.headers, "Subject") or last.subject
    if text.strip() and text.split() != last.text.split():
        verbs.edit(service, draft_id, DraftEdit(version=last.number, text=text, subject=subject, is_sure=True))
    failpoint("mailbox.after_edit")
    verbs.approve(service, draft_id)
    failpoint("mailbox.after_approve")
    _mark_sent(service, draft_id)


def _mark_sent(service: Service, draft_id: int) -> None:
    now = service.clock.now()
    with service.database.write() as session:
        delivery = outbox.of_draft(session, draft_id)
        number = drafts.latest_number(session, draft_id)
        if delivery is None:
            delivery = outbox.queue_draft(session, draft_id, number, now=now, give_up_at=now)
        elif delivery.state is DeliveryState.SENDING:
            raise Conflict(f"Draft {draft_id} is being sent just now.", "Look again in a moment.")
        outbox.finish(session, delivery.id or 0, DeliveryState.SENT, now, answer=BY_HAND)
        audit.record(session, "sent", f"draft {draft_id}", at=now, version=number, by="user")


def _was_taken_up(service: Service, mailbox: Mailbox, answer: Answer) -> bool:
    """Whether our message has gone from the Drafts folder, as it does when it is edited or sent there."""
    return answer.row.state is ReplyState.PLACED and ours(service, mailbox, answer) is None


def _people(answer: Answer) -> frozenset[str]:
    """Those that the draft is addressed to."""
    return frozenset(str(one.get("address", "")).casefold() for one in answer.draft.recipients)


def _goes_to(headers: Headers, people: frozenset[str]) -> bool:
    """Whether it went to one of these."""
    return any(person.address.casefold() in people for person in headers.people("To", "Cc", "Bcc"))


def _is_like(message: Message, answer: Answer) -> bool:
    said = [word.casefold() for word in own_words_of(message.parsed, answer.drafted.text).split()][:MOST_WORDS]
    texts = (answer.version.text, answer.drafted.text)
    return any(
        SequenceMatcher(None, [word.casefold() for word in text.split()], said, autojunk=False).ratio() >= LIKE
        for text in texts
    )


def _ids(message: Message) -> set[str]:
    told = f"{_line(message.headers, 'In-Reply-To')} {_line(message.headers, 'References')}"
    return {identification(one) for one in told.split()}


def _line(headers: Headers, name: str) -> str:
    return " ".join(headers.text(name).split())
