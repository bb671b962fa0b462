"""Drafts and their versions: what Telos wrote and what the user made of it.

A version is added only upon the one that its writer saw, so that of two edits at once the second is told and nothing is
lost. `assistant.drafts` calls these verbs; how a draft is sent stands in `memory.store.outbox`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from memory.errors import ErasedMeanwhile
from memory.models import Draft, DraftKind, DraftState, DraftVersion, Item

TELOS = "telos"
USER = "user"


@dataclass(frozen=True, slots=True)
class Written:
    """A text of the user's own: the last version of a draft that they approved or edited."""

    draft: Draft
    version: DraftVersion


@dataclass(frozen=True, slots=True)
class Decided:
    """A draft that the user decided on, with Telos's last version and the final one, which may be the same."""

    draft: Draft
    drafted: DraftVersion
    final: DraftVersion


def add(session: Session, draft: Draft, first: DraftVersion) -> Draft:
    """Keep a draft with its first version; its id and `number` 1 are given here.

    Raises: ErasedMeanwhile, where an item that it was written from is there no more.
    """
    there = session.exec(select(Item.id).where(col(Item.id).in_(draft.item_ids))).all() if draft.item_ids else []
    if len(there) < len(set(draft.item_ids)):
        raise ErasedMeanwhile(
            "What the draft was written from was erased while it was written.", "Write it anew from what is left."
        )
    session.add(draft)
    session.flush()
    assert draft.id is not None
    first.draft_id, first.number = draft.id, 1
    session.add(first)
    session.flush()
    return draft


def add_version(session: Session, version: DraftVersion, *, upon: int) -> DraftVersion | None:
    """Keep `version` as the next one of its draft; `None` where its last is not number `upon`, and then nothing is kept.

    Within the write lock, so that nobody comes between the look and the row.
    """
    if latest_number(session, version.draft_id) != upon:
        return None
    draft = session.get_one(Draft, version.draft_id)
    version.number = upon + 1
    draft.changed_at = version.at
    session.add(draft)
    session.add(version)
    session.flush()
    return version


def by_id(session: Session, draft_id: int) -> Draft | None:
    return session.get(Draft, draft_id)


def by_ids(session: Session, draft_ids: Collection[int]) -> dict[int, Draft]:
    found = session.exec(select(Draft).where(col(Draft.id).in_(draft_ids)))
    return {draft.id: draft for draft in found if draft.id is not None}


def of_origin(session: Session, *, entry_id: int | None = None, turn_id: int | None = None) -> Draft | None:
    """The draft that an entry of a digest, or a reply in a conversation, became before, and not what was made from it as
    something else; the latest, and none for neither."""
    if entry_id is None and turn_id is None:
        return None
    origin = Draft.entry_id == entry_id if entry_id is not None else Draft.turn_id == turn_id
    own_kind = col(Draft.kind).in_([DraftKind.DIGEST, DraftKind.CHAT])
    return session.exec(select(Draft).where(origin, own_kind).order_by(col(Draft.id).desc())).first()


def of_turns(session: Session, turn_ids: Collection[int]) -> dict[int, Draft]:
    """What was drafted from replies in conversations, by the turn; the latest of each."""
    chosen = select(Draft).where(col(Draft.turn_id).in_(turn_ids)).order_by(col(Draft.id))
    return {draft.turn_id: draft for draft in session.exec(chosen) if draft.turn_id is not None}


def of_incoming(session: Session, message_id: str) -> Draft | None:
    """The reply that was drafted to the mail of this Message-ID, whatever became of it; the latest."""
    answered = col(Draft.incoming)["message_id"].as_string() == message_id
    return session.exec(select(Draft).where(answered).order_by(col(Draft.id).desc())).first()


def set_state(session: Session, draft_id: int, state: DraftState, now: datetime) -> Draft:
    """The user's word on a draft; `open` takes the word back."""
    draft = session.get_one(Draft, draft_id)
    draft.state, draft.changed_at = state, now
    draft.decided_at = None if state is DraftState.OPEN else now
    session.add(draft)
    session.flush()
    return draft


def latest(
    session: Session, limit: int, *, state: DraftState | None = None, kind: DraftKind | None = None
) -> list[Draft]:
    """The drafts that were changed last, the newest first."""
    chosen = select(Draft)
    if state is not None:
        chosen = chosen.where(Draft.state == state)
    if kind is not None:
        chosen = chosen.where(Draft.kind == kind)
    return list(session.exec(chosen.order_by(col(Draft.changed_at).desc(), col(Draft.id).desc()).limit(limit)))


def versions(session: Session, draft_id: int) -> list[DraftVersion]:
    """Every version of a draft, the first one first."""
    chosen = select(DraftVersion).where(DraftVersion.draft_id == draft_id)
    return list(session.exec(chosen.order_by(col(DraftVersion.number))))


def version(session: Session, draft_id: int, number: int) -> DraftVersion | None:
    chosen = select(DraftVersion).where(DraftVersion.draft_id == draft_id, DraftVersion.number == number)
    return session.exec(chosen).one_or_none()


def latest_number(session: Session, draft_id: int) -> int:
    """The number of a draft's last version; 0 where there is no such draft."""
    return session.exec(select(func.max(DraftVersion.number)).where(DraftVersion.draft_id == draft_id)).one() or 0


def current(session: Session, draft_ids: Collection[int], *, by: str | None = None) -> dict[int, DraftVersion]:
    """The last version of each of these drafts; with `by`, the last one that `telos` or the `user` wrote."""
    numbers = select(col(DraftVersion.draft_id), func.max(DraftVersion.number).label("number")).where(
        col(DraftVersion.draft_id).in_(draft_ids)
    )
    if by is not None:
        numbers = numbers.where(DraftVersion.by == by)
    last = numbers.group_by(col(DraftVersion.draft_id)).subquery()
    chosen = select(DraftVersion).join(
        last, (col(DraftVersion.draft_id) == last.c.draft_id) & (col(DraftVersion.number) == last.c.number)
    )
    return {found.draft_id: found for found in session.exec(chosen)}


def counts(session: Session, draft_ids: Collection[int]) -> dict[int, int]:
    """How many versions each of these drafts has."""
    chosen = (
        select(col(DraftVersion.draft_id), func.count())
        .where(col(DraftVersion.draft_id).in_(draft_ids))
        .group_by(col(DraftVersion.draft_id))
    )
    return dict(session.exec(chosen).all())


def own_texts(
    session: Session, limit: int, *, kind: DraftKind | None = None, recipient: str = "", but: int | None = None
) -> list[Written]:
    """The user's own past texts of a kind or to a recipient, the newest first, for examples.

    `recipient` is an address or a name, as `memory.profile.context.Context.recipient` has it. Rejected drafts are none of
    the user's texts, nor is the draft `but`.
    """
    chosen = select(Draft).where(col(Draft.state) != DraftState.REJECTED)
    if kind is not None:
        chosen = chosen.where(Draft.kind == kind)
    if but is not None:
        chosen = chosen.where(col(Draft.id) != but)
    if recipient:
        chosen = chosen.where(col(Draft.context)["recipient"].as_string() == recipient.casefold())
    is_edited = (
        select(DraftVersion.id)
        .where(col(DraftVersion.draft_id) == col(Draft.id), DraftVersion.by == USER)
        .correlate(Draft)
        .exists()
    )
    chosen = chosen.where((col(Draft.state) == DraftState.APPROVED) | is_edited)
    found = session.exec(chosen.order_by(col(Draft.changed_at).desc(), col(Draft.id).desc()).limit(limit)).all()
    last = current(session, [draft.id for draft in found if draft.id is not None])
    return [Written(draft, last[draft.id]) for draft in found if draft.id in last]


def decided(
    session: Session, *, since: datetime | None = None, kind: DraftKind | None = None, recipient: str = ""
) -> list[Decided]:
    """The drafts that the user approved, in the order of their decisions: what editing cost over time."""
    chosen = select(Draft).where(Draft.state == DraftState.APPROVED)
    if since is not None:
        chosen = chosen.where(col(Draft.decided_at) >= since)
    if kind is not None:
        chosen = chosen.where(Draft.kind == kind)
    if recipient:
        chosen = chosen.where(col(Draft.context)["recipient"].as_string() == recipient.casefold())
    found = session.exec(chosen.order_by(col(Draft.decided_at), col(Draft.id))).all()
    ids = [draft.id for draft in found if draft.id is not None]
    drafted, final = current(session, ids, by=TELOS), current(session, ids)
    return [
        Decided(draft, drafted[draft.id], final[draft.id])
        for draft in found
        if draft.id in drafted and draft.id in final
    ]
