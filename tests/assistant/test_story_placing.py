"""Placing in batches: others write meanwhile, what goes away in between is let go, and a process of its own decides alike."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from assistant.errors import Unavailable
from assistant.ingest.indexing import index_pending
from assistant.progress import Cancelled
from assistant.status import status
from assistant.stories import deciding
from assistant.stories.deciding import next_groups
from assistant.stories.grouping import Group
from assistant.stories.placing import place
from assistant.stories.worker import StoryWorker
from memory.errors import OtherVersion
from memory.models import Item, Story
from memory.store import items, sources, stories
from tests.assistant.newsroom import Newsroom
from tests.assistant.talking import talking

QUAKE = (
    "A strong earthquake shook the coast of Freeland on Monday and damaged hundreds of houses in Port Alba. Mayor Ines "
    "Calder said that rescue teams from Norden are on their way and that schools will stay closed."
)
BREAD = (
    "Bakers in Norden have begun to sell bread made from old rye, after a mill near Lake Orm found a way to grind it "
    "without losing its taste. Prices are a little higher than those of wheat bread."
)


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    """Three items in two stories, all taken out of them again."""
    newsroom = Newsroom(tmp_path, embedder=None)
    newsroom.publish("town", newsroom.item("Quake", QUAKE, hours_ago=3), newsroom.item("Old rye", BREAD, hours_ago=2))
    newsroom.publish("village", newsroom.item("Quake!", QUAKE, hours_ago=1))
    with newsroom.database.write() as session:
        session.exec(update(Item).values(story_id=None))
        stories.remove_empty(session)
    return newsroom


@pytest.fixture
def worker(newsroom: Newsroom) -> Iterator[StoryWorker]:
    worker = StoryWorker(newsroom.database.path)
    yield worker
    worker.close()


def told(newsroom: Newsroom) -> list[tuple[str, int]]:
    """The title of each story, and how many items are in it."""
    with newsroom.database.read() as session:
        rows = session.exec(select(Story).order_by(col(Story.started_at))).all()
        return [(row.title, len(stories.members(session, [row.id or 0]).get(row.id or 0, []))) for row in rows]


def test_a_batch_beside_another_finds_what_was_placed_in_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "BATCH", 1)
    reports: list[int] = []
    placed = place(
        newsroom.database,
        embedder_slug=None,
        now=newsroom.now,
        progress=lambda done, total, what: reports.append(done),
    )
    assert (placed, reports) == (3, [1, 2, 3])
    assert told(newsroom) == [("Quake", 2), ("Old rye", 1)]


def test_others_can_write_while_it_is_decided(newsroom: Newsroom) -> None:
    def decide(slug: str | None) -> list[Group]:
        with newsroom.database.write() as session:  # would wait for ever for a transaction of this thread
            stories.create(session, "Written meanwhile", newsroom.now)
        return next_groups(newsroom.database, slug)

    assert place(newsroom.database, decide, embedder_slug=None, now=newsroom.now) == 3


def test_work_that_is_cancelled_between_two_batches_keeps_the_first(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancel(done: int, total: int | None, what: str) -> None:
        raise Cancelled

    monkeypatch.setattr(deciding, "BATCH", 1)
    with pytest.raises(Cancelled):
        place(newsroom.database, embedder_slug=None, now=newsroom.now, progress=cancel)
    assert told(newsroom) == [("Quake", 1)]
    assert place(newsroom.database, embedder_slug=None, now=newsroom.now) == 2
    assert told(newsroom) == [("Quake", 2), ("Old rye", 1)]


def test_an_item_that_is_hidden_while_it_is_decided_begins_no_story(newsroom: Newsroom) -> None:
    def decide(slug: str | None) -> list[Group]:
        groups = next_groups(newsroom.database, slug)
        with newsroom.database.write() as session:
            items.hide(session, item_id(session, "Quake"), newsroom.now)
        return groups

    assert place(newsroom.database, decide, embedder_slug=None, now=newsroom.now) == 2
    assert told(newsroom) == [("Old rye", 1), ("Quake!", 1)]


def test_what_would_have_joined_a_story_that_went_meanwhile_begins_one(newsroom: Newsroom) -> None:
    place(newsroom.database, embedder_slug=None, now=newsroom.now)
    with newsroom.database.write() as session:
        source = sources.ensure(session, "town", "feeds", newsroom.now)
        items.save(session, source.id or 0, [newsroom.item("Quake once more", QUAKE, hours_ago=0.5)], newsroom.now)

    def decide(slug: str | None) -> list[Group]:
        if groups := next_groups(newsroom.database, slug):
            assert groups[0].story_id is not None
            with newsroom.database.write() as session:
                items.remove(session, [item_id(session, name) for name in ("Quake", "Quake!")])
                stories.remove_empty(session)
        return groups

    assert place(newsroom.database, decide, embedder_slug=None, now=newsroom.now) == 1
    assert told(newsroom) == [("Old rye", 1), ("Quake once more", 1)]


def test_a_story_moves_only_by_what_is_still_there(newsroom: Newsroom) -> None:
    place(newsroom.database, embedder_slug=None, now=newsroom.now)
    with newsroom.database.read() as session:
        ids = [item_id(session, name) for name in ("Quake", "Quake!")]
        story_id = newsroom.story_of(ids[0])
    assert story_id is not None
    began = newsroom.now - timedelta(hours=3)
    with newsroom.database.write() as session:
        session.exec(update(Item).where(col(Item.id).in_(ids)).values(story_id=None))
    newsroom.wait(hours=1)
    with newsroom.database.write() as session:
        items.hide(session, ids[0], newsroom.now)

    def decide(slug: str | None) -> list[Group]:
        return [Group(story_id, list(ids), news={ids[0]})] if newsroom.story_of(ids[1]) is None else []

    assert place(newsroom.database, decide, embedder_slug=None, now=newsroom.now) == 1
    with newsroom.database.read() as session:
        story = stories.get(session, story_id)
        assert story is not None
        assert story.moved_at == began


@pytest.mark.integration
def test_a_process_of_its_own_decides_alike(newsroom: Newsroom, worker: StoryWorker) -> None:
    expected = next_groups(newsroom.database, None)
    assert worker.next_groups(None) == expected
    assert [len(group.item_ids) for group in expected] == [2, 1]
    assert place(newsroom.database, worker.next_groups, embedder_slug=None, now=newsroom.now) == 3
    assert told(newsroom) == [("Quake", 2), ("Old rye", 1)]


@pytest.mark.integration
def test_a_killed_process_is_started_again(newsroom: Newsroom, worker: StoryWorker) -> None:
    worker.next_groups(None)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert place(newsroom.database, worker.next_groups, embedder_slug=None, now=newsroom.now) == 3


@pytest.mark.integration
def test_a_process_neither_makes_nor_migrates_a_database(newsroom: Newsroom, tmp_path: Path) -> None:
    old, missing = tmp_path / "old.db", tmp_path / "missing.db"
    newsroom.database.backup(old)
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    before = old.read_bytes()
    for path in (old, missing):
        worker = StoryWorker(path)
        try:
            with pytest.raises(OtherVersion, match="Start the service anew"):
                worker.next_groups(None)
        finally:
            worker.close()
    assert old.read_bytes() == before


@pytest.mark.integration
def test_a_service_has_a_process_decide(tmp_path: Path) -> None:
    with talking(tmp_path, decides_apart=True) as service:
        with service.database.write() as session:
            source = sources.ensure(session, "town", "feeds", service.clock.now())
            items.save(session, source.id or 0, [Newsroom(tmp_path).item("Quake", QUAKE)], service.clock.now())
        assert status(service).memory.stories_rss_mb == 0
        assert index_pending(service.indexing()).placed == 1
        assert status(service).memory.stories_rss_mb > 10


@pytest.mark.integration
def test_a_process_that_fails_twice_leaves_the_items_for_another_time(newsroom: Newsroom, worker: StoryWorker) -> None:
    worker.close()
    with pytest.raises(Unavailable, match="could not be put into stories"):
        place(newsroom.database, worker.next_groups, embedder_slug=None, now=newsroom.now)
    assert told(newsroom) == []
    assert place(newsroom.database, embedder_slug=None, now=newsroom.now) == 3


def item_id(session: Session, external_id: str) -> int:
    (found,) = session.exec(select(Item.id).where(Item.external_id == external_id)).all()
    assert found is not None
    return found
