"""Puts items into stories: items about the same event, across sources and within 72 hours, told once.

A new item joins the story of the item it is most closely related to, or starts its own. What repeats a text joins
without moving the story; what tells more of the event moves it, a new version of a known text too, so that a digest
can say what is new. It works without vectors, by words alone. Who belongs to whom is decided between the transactions, so that
others can write meanwhile. `assistant.ingest.indexing` calls `place` after each round.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

from sqlmodel import Session

from assistant.failpoints import failpoint
from assistant.progress import Progress, unheard
from assistant.stories.deciding import next_groups, ripe
from assistant.stories.grouping import Group
from assistant.stories.revision import added
from memory.models import Stage
from memory.store import items, stories
from memory.store.connection import Database

Decide = Callable[[str | None], list[Group]]
"""`assistant.stories.deciding.next_groups` of a database, in this process or in one of its own."""


def place(
    database: Database,
    decide: Decide | None = None,
    *,
    embedder_slug: str | None,
    now: datetime,
    progress: Progress = unheard,
) -> int:
    """Put every item that has no story into one, the oldest first; returns how many were placed.

    With an embedder, items wait until their vectors are there; with `None`, words decide. A new version of an item that
    has its story moves it where it says more. Each batch is a transaction; `progress` may raise to end the work between two.

    Raises: what `decide` raises; without one, this process decides.
    """
    decide = decide or partial(next_groups, database)
    _move_revised(database, (Stage.STORED, Stage.CHUNKED) if embedder_slug is None else (Stage.EMBEDDED,))
    placed = 0
    groups = decide(embedder_slug) if _is_one_waiting(database, embedder_slug) else []
    while groups:
        with database.write() as session:
            placed += _join(session, groups, now)
        failpoint("index.after_batch")
        progress(placed, None, "put into stories")
        groups = decide(embedder_slug)
    return placed


def _is_one_waiting(database: Database, embedder_slug: str | None) -> bool:
    with database.read() as session:
        return bool(stories.unplaced(session, limit=1, stages=ripe(embedder_slug)))


def _move_revised(database: Database, rewritten: Collection[Stage]) -> None:
    """Move the stories of rewritten texts. The instant is that of their arrival, so that twice is once."""
    with database.read() as session:
        revised = stories.revisions(session, rewritten)
    moved = [one for one in revised if added(one.before, one.after)]
    if moved:
        with database.write() as session:
            for revision in moved:
                stories.move(session, revision.story_id, revision.seen_at)


def _join(session: Session, groups: Sequence[Group], now: datetime) -> int:
    """Write down who belongs together, and that nothing waits to be done with their texts; how many items.

    What went away meanwhile is left out. Where a story went, those who would have joined it begin one, so that each call
    gets on.
    """
    waiting = stories.unplaced_of(session, [item_id for group in groups for item_id in group.item_ids])
    there = stories.by_ids(session, [group.story_id for group in groups if group.story_id is not None])
    joined = 0
    for group in groups:
        item_ids = [item_id for item_id in group.item_ids if item_id in waiting]
        if not item_ids:
            continue
        story_id = group.story_id if group.story_id in there else None
        story_id = story_id or _begin(session, waiting[item_ids[0]])
        stories.join(session, story_id, item_ids, moved_at=None if group.news.isdisjoint(item_ids) else now)
        items.advance_of(session, item_ids, Stage.INDEXED, only_from=Stage.EMBEDDED)
        joined += len(item_ids)
    return joined


def _begin(session: Session, told: stories.Told) -> int:
    story = stories.create(session, told.title or told.text[:80], told.published)
    assert story.id is not None
    return story.id
