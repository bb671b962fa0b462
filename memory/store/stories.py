"""Stories and their members. What makes two items one story is decided in `assistant.stories.grouping`; `placing` calls this.

Texts that the user brought are in no story: a story is what the sources tell, and its title and its moves are news.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import Select

from memory.models import NO_NEWS, Item, Source, Stage, Story, Version
from memory.store.items import current

COMPARED_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Told:
    """An item with what its story is decided by. `text` is the beginning of its current text."""

    item_id: int
    story_id: int | None
    kind: str
    published: datetime
    url: str
    """The canonical one."""
    title: str
    text: str
    links: list[str]


def unplaced(session: Session, *, limit: int, stages: Collection[Stage] | None = None) -> list[Told]:
    """Items in no story yet, the oldest first; with `stages`, those whose current version stands in one of them."""
    chosen = _told().where(col(Item.story_id).is_(None))
    if stages is not None:
        chosen = chosen.where(col(Version.stage).in_(stages))
    return _read(session, chosen.order_by(col(Item.published_at), col(Item.id)).limit(limit))


def unplaced_of(session: Session, item_ids: Collection[int]) -> dict[int, Told]:
    """Those of them that are there and in no story."""
    chosen = _told().where(col(Item.id).in_(item_ids), col(Item.story_id).is_(None))
    return {one.item_id: one for one in _read(session, chosen)}


def placed(session: Session, *, since: datetime, until: datetime, limit: int) -> list[Told]:
    """Items in a story, published between two instants, the newest first."""
    chosen = _told().where(
        col(Item.story_id).is_not(None), col(Item.published_at) >= since, col(Item.published_at) <= until
    )
    return _read(session, chosen.order_by(col(Item.published_at).desc(), col(Item.id).desc()).limit(limit))


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that took the place of another since its item joined a story."""

    item_id: int
    story_id: int
    before: str
    after: str
    seen_at: datetime


def revisions(session: Session, stages: Collection[Stage]) -> list[Revision]:
    """The newest revision of each item in a story whose current version stands in one of these stages."""
    earlier = aliased(Version)
    columns = (Item.id, Item.story_id, earlier.text, Version.text, Version.seen_at)
    chosen: Select[Any] = (
        select(*columns)  # type: ignore[call-overload]  # sqlmodel types up to four columns
        .select_from(Item)
        .join(Version, current())
        .join(earlier, (col(earlier.item_id) == col(Item.id)) & (col(earlier.ord) == col(Version.ord) - 1))
        .where(col(Item.story_id).is_not(None), col(Version.stage).in_(stages))
        .where(col(Item.hidden_at).is_(None), col(Item.deleted_at).is_(None))
    )
    rows: Iterable[Any] = session.exec(chosen)
    return [Revision(*row) for row in rows]


def move(session: Session, story_id: int, at: datetime) -> None:
    """Note that a story said something new at `at`, unless it has moved since."""
    behind = update(Story).where(col(Story.id) == story_id, col(Story.moved_at) < at)
    session.exec(behind.values(moved_at=at))


def _told() -> Select[Any]:
    beginning = func.substr(col(Version.text), 1, COMPARED_CHARACTERS)
    columns = (
        Item.id, Item.story_id, Item.kind, Item.published_at, Item.canonical_url, Version.title, beginning,
        Version.links,
    )  # fmt: skip
    chosen: Select[Any] = (
        select(*columns)  # type: ignore[call-overload]  # sqlmodel types up to four columns
        .join(Version, current())
        .where(col(Item.source_id).not_in(select(Source.id).where(col(Source.kind).in_(NO_NEWS))))
        .where(col(Item.hidden_at).is_(None), col(Item.deleted_at).is_(None))
    )
    return chosen


def _read(session: Session, chosen: Select[Any]) -> list[Told]:
    rows: Iterable[Any] = session.exec(chosen)
    return [Told(*row) for row in rows]


def get(session: Session, story_id: int) -> Story | None:
    return session.get(Story, story_id)


def by_ids(session: Session, story_ids: Collection[int]) -> dict[int, Story]:
    chosen = session.exec(select(Story).where(col(Story.id).in_(story_ids)))
    return {story.id: story for story in chosen if story.id is not None}


def open_stories(session: Session, since: datetime) -> list[Story]:
    """The stories that moved at `since` or later, the latest first."""
    return list(session.exec(select(Story).where(Story.moved_at >= since).order_by(col(Story.moved_at).desc())))


def create(session: Session, title: str, at: datetime) -> Story:
    """A story without members that begins at `at`."""
    story = Story(title=title, started_at=at, moved_at=at)
    session.add(story)
    session.flush()
    return story


def join(session: Session, story_id: int, item_ids: Collection[int], moved_at: datetime | None = None) -> None:
    """Make items members of a story. `moved_at` is given when they say something new."""
    session.exec(update(Item).where(col(Item.id).in_(item_ids)).values(story_id=story_id))
    if moved_at is not None:
        session.exec(update(Story).where(col(Story.id) == story_id).values(moved_at=moved_at))


def members(session: Session, story_ids: Collection[int]) -> dict[int, list[Item]]:
    """The items of each story that has some, the oldest first, without hidden ones and those gone upstream."""
    chosen = (
        select(Item)
        .where(col(Item.story_id).in_(story_ids), col(Item.hidden_at).is_(None), col(Item.deleted_at).is_(None))
        .order_by(col(Item.published_at), col(Item.id))
    )
    found: dict[int, list[Item]] = {}
    for item in session.exec(chosen):
        if item.story_id is not None:
            found.setdefault(item.story_id, []).append(item)
    return found


def remove_empty(session: Session) -> int:
    """Delete the stories that have lost all their items. How many there were."""
    inhabited = select(Item.story_id).where(col(Item.story_id) == col(Story.id)).exists()
    return session.exec(delete(Story).where(~inhabited)).rowcount
