"""What may be posted: a digest, a version of a draft, the answer to a mail. Here alone they are told apart.

Each gives its letter, which may be refused when the time has come, and says what follows for its rows once it was sent.
`assistant.delivery.dispatch` hands over the letter and knows no more of it than this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session

from assistant.config.schema import Settings
from assistant.delivery import answer_letter, draft_letter, mail
from assistant.delivery.carriers import Letter, Refused, Wording
from assistant.digest import record
from assistant.digest.view import DigestView, without_items
from assistant.withheld import NOTHING, Withheld, withheld
from memory.models import Delivery, Draft, DraftState, DraftVersion, Request
from memory.store import drafts, follow_ups, outbox, requests


class Post(Protocol):
    def letter(self, settings: Settings, key: bytes) -> Letter:
        """The letter as it goes out now. `key` is the home's.

        Raises: Refused if it must not, or cannot.
        """
        ...

    def sent(self, session: Session, now: datetime) -> dict[str, Any]:
        """What follows for the rows; the audit keeps what is returned."""
        ...


@dataclass(frozen=True, slots=True)
class DigestPost:
    view: DigestView
    withheld: Withheld = NOTHING

    def letter(self, settings: Settings, key: bytes) -> Letter:
        told = without_items(self.view, self.withheld.marked.items)
        return mail.compose(told, settings, key, self.withheld)

    def sent(self, session: Session, now: datetime) -> dict[str, Any]:
        """The lost deliveries that were known when it was built have been named by it, and what it follows up."""
        lost = [one for one in outbox.unreported(session) if one.done_at and one.done_at <= self.view.built_at]
        outbox.mark_reported(session, [one.id for one in lost if one.id is not None], now)
        told = [int(note.facts["follow_up"]) for note in self.view.notes if "follow_up" in note.facts]
        follow_ups.told(session, told, now)
        return {"entries": len(self.view.entries)}


@dataclass(frozen=True, slots=True)
class DraftPost:
    """`version` is the one that the user sent, `newest` the number of the last there is; `at` is when they said so."""

    draft: Draft
    version: DraftVersion
    newest: int
    at: datetime
    withheld: Withheld = NOTHING

    def letter(self, settings: Settings, key: bytes) -> Letter:
        if self.draft.state is not DraftState.APPROVED or self.newest != self.version.number:
            raise Refused(
                f"Draft {self.draft.id} was changed after it was sent off, so that it was not sent.",
                f"Approve it as it is to be, then run `telos drafts send {self.draft.id}`.",
            )
        return draft_letter.compose(self.draft, self.version, self.at, settings, key, self.withheld)

    def sent(self, session: Session, now: datetime) -> dict[str, Any]:
        return {"version": self.version.number}


@dataclass(frozen=True, slots=True)
class AnswerPost:
    request: Request
    withheld: Withheld = NOTHING

    def letter(self, settings: Settings, key: bytes) -> Letter:
        return answer_letter.compose(self.request, settings, key, self.withheld)

    def sent(self, session: Session, now: datetime) -> dict[str, Any]:
        """What it says is in the user's mailbox now, and need not be kept here as well."""
        requests.forget_words(session, self.request.id or 0)
        return {}


def post_of(session: Session, delivery: Delivery) -> Post:
    held = withheld(session)
    if delivery.digest_id is not None:
        return DigestPost(record.load(session, delivery.digest_id), held)
    if delivery.request_id is not None:
        return AnswerPost(requests.get(session, delivery.request_id), held)
    assert delivery.draft_id is not None
    assert delivery.draft_version is not None
    draft = drafts.by_id(session, delivery.draft_id)
    version = drafts.version(session, delivery.draft_id, delivery.draft_version)
    assert draft is not None
    assert version is not None
    return DraftPost(draft, version, drafts.latest_number(session, delivery.draft_id), delivery.queued_at, held)


def wording_of(delivery: Delivery) -> Wording:
    """How sentences about it name it."""
    if delivery.draft_id is not None:
        return draft_letter.wording_of(delivery.draft_id)
    if delivery.request_id is not None:
        return answer_letter.wording_of(delivery.request_id)
    return mail.wording_of(delivery.digest_id)
