"""Stories and their members. What makes two items one story is decided in `assistant.stories`, which calls this."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from memory.models import Item, Stage, Story, Version
from memory.store.items import current


def unplaced_items(session: Session, *, limit: int, stages: Collection[Stage] | None = None) -> list[Item]:
    """Items in no story yet, the oldest first; with `stages`, those whose current version stands in one of them."""
    chosen = select(Item).where(
        col(Item.story_id).is_(None), col(Item.hidden_at).is_(None), col(Item.deleted_at).is_(None)
    )
    if stages is not None:
        chosen = chosen.join(Version, current()).where(col(Version.stage).in_(stages))
    return list(session.exec(chosen.order_by(col(Item.published_at), col(Item.id)).limit(limit)))


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
