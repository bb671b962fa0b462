"""Old items: which are due to be shortened or deleted by the user's rules, and the two changes themselves.

What the user wrote, brought, kept or marked as private (its words are looked for in what leaves), and what an open goal, a
follow-up or a drafted answer rests on, is never due; what is cited anywhere is shortened, and not deleted. `assistant.retention` decides when, and writes the summaries.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, func, select

from memory.models import (
    IMPORT,
    NOTES,
    Chunk,
    Draft,
    Entry,
    EntryItem,
    Feedback,
    FollowUp,
    Goal,
    GoalItem,
    GoalStatus,
    Item,
    Reply,
    Source,
    Stage,
    Turn,
    Verb,
    Version,
)
from memory.store import items, private, stories

LONG = 600
"""Characters of a text; a shorter one is its own summary."""


@dataclass(frozen=True, slots=True)
class Old:
    """What there is of a kind: all, those shortened already, and the earliest that is still to be shortened, or to go."""

    kind: str
    items: int
    shortened: int
    first_whole: datetime | None
    """When the oldest long text that is still whole was read."""
    first: datetime | None
    """When the oldest was read."""


def kinds(session: Session) -> list[str]:
    """The kinds that may be subject to the rules, in order."""
    return sorted(session.exec(select(Item.kind).where(*_rests(session)).distinct()))


def by_kind(session: Session) -> list[Old]:
    """What may be subject to the rules, by kind."""
    found: list[Old] = []
    rows = session.exec(
        select(Item.kind, func.count(col(Item.id)), func.min(Item.first_seen_at))
        .where(*_rests(session))
        .group_by(col(Item.kind))
    ).all()
    for kind, count, first in rows:
        of_kind = select(func.count(col(Item.id)), func.min(Item.first_seen_at)).join(Version, items.current())
        of_kind = of_kind.where(Item.kind == kind, *_rests(session))
        shortened = session.exec(of_kind.where(col(Version.shortened_at).is_not(None))).one()[0]
        first_whole = session.exec(of_kind.where(*_is_whole())).one()[1]
        found.append(Old(kind, count, shortened, first_whole, first))
    return sorted(found, key=lambda one: one.kind)


def to_shorten(session: Session, kind: str, before: datetime, limit: int) -> list[tuple[Item, Version]]:
    """The items of a kind that were read before an instant and are long and whole still, the oldest first."""
    chosen = (
        select(Item, Version).join(Version, items.current()).where(Item.kind == kind, *_rests(session), *_is_whole())
    )
    old = chosen.where(col(Item.first_seen_at) < before).order_by(col(Item.first_seen_at), col(Item.id)).limit(limit)
    return list(session.exec(old))


def to_delete(session: Session, kind: str, before: datetime, limit: int) -> list[int]:
    """The items of a kind that were read before an instant and that nothing cites, the oldest first."""
    entries = select(EntryItem.item_id)
    chosen = select(Item.id).where(Item.kind == kind, col(Item.first_seen_at) < before, *_rests(session))
    chosen = chosen.where(col(Item.id).not_in(entries)).order_by(col(Item.first_seen_at), col(Item.id))
    cited = _cited(session)
    found = (item_id for item_id in session.exec(chosen) if item_id is not None and item_id not in cited)
    return [item_id for item_id, _ in zip(found, range(limit), strict=False)]


def shorten(session: Session, version: Version, summary: str, now: datetime) -> None:
    """A summary takes the place of the text, and of the texts the item had before. Title, links and all that describes it
    stay; the text goes through the indexes again, and what its source still serves is known as what it was."""
    session.exec(delete(Chunk).where(col(Chunk.version_id) == version.id))
    session.exec(delete(Version).where(col(Version.item_id) == version.item_id, col(Version.id) != version.id))
    version.text, version.html, version.shortened_at, version.stage = summary, "", now, Stage.STORED
    session.add(version)
    session.flush()


def remove(session: Session, item_ids: Collection[int]) -> int:
    """Delete items whose time is over, with their indexes, and stories that are left empty. How many."""
    gone = items.remove(session, item_ids)
    stories.remove_empty(session)
    return gone


def _is_whole() -> list[ColumnElement[bool]]:
    is_long = func.length(Version.text) > LONG
    return [col(Version.shortened_at).is_(None), is_long, Version.stage == Stage.INDEXED]  # type: ignore[list-item]


def _rests(session: Session) -> list[ColumnElement[bool]]:
    """Of an `Item`: nobody needs it whole."""
    own = select(Source.id).where(col(Source.kind).in_((NOTES, IMPORT)))
    for_goals = select(GoalItem.item_id).join(Goal, col(Goal.id) == col(GoalItem.goal_id))
    kept = (
        select(EntryItem.item_id)
        .join(Entry, col(Entry.id) == col(EntryItem.entry_id))
        .join(Feedback, col(Feedback.entry_id) == col(Entry.id))
        .where(Feedback.verb == Verb.KEEP)
    )
    needed: list[Any] = [
        for_goals.where(Goal.status == GoalStatus.OPEN),
        kept,
        select(FollowUp.item_id).where(col(FollowUp.closed_at).is_(None)),
        select(Reply.item_id).where(col(Reply.closed_at).is_(None)),
    ]
    item_id = col(Item.id)
    marked = item_id.in_(private.marked(session).items)
    return [~col(Item.by_me), col(Item.source_id).not_in(own), ~marked, *(item_id.not_in(one) for one in needed)]


def _cited(session: Session) -> set[int]:
    """The items that drafts were written from and that answers cite."""
    cited = {item_id for ids in session.exec(select(Draft.item_ids)) for item_id in ids}
    for citations, context in session.exec(select(Turn.citations, Turn.context)):
        cited |= {one["id"] for one in citations if one.get("kind") == "item"}
        cited |= set(context.get("item_ids", []))
    return cited
