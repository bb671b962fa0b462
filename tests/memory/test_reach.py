"""A filter that lets many through finds what one that names each chunk finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memory import lexical, reach
from memory.chunks import split
from memory.models import Stage
from memory.reach import Reach
from memory.store import chunks, items, sources
from memory.store.connection import Database
from memory.store.items import ItemFilter, NewItem

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HALF = ItemFilter(since=NOW - timedelta(hours=49))
FEW = ItemFilter(since=NOW - timedelta(hours=3))


@pytest.fixture
def kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A hundred texts, an hour apart, where twenty count as many."""
    monkeypatch.setattr(reach, "MANY", 20)
    with database.write() as session:
        source_id = sources.ensure(session, "news", "feeds", NOW).id or 0
        batch = [
            NewItem(external_id=str(n), title="T", text=f"harbour {n}", published=NOW - timedelta(hours=n))
            for n in range(100)
        ]
        items.save(session, source_id, batch, NOW)
        versions = items.in_stage(session, Stage.STORED, 100)
        chunks.put(session, [(version.id or 0, split(version.title, version.text)) for version in versions])
        lexical.put(session, [version.id or 0 for version in versions])
    return database


def test_without_a_filter_all_may_answer(kept: Database) -> None:
    with kept.read() as session:
        all_of_it = Reach.of(session, ItemFilter())
        assert (all_of_it.allowed, all_of_it.wanted(10)) == (None, 10)
        assert all_of_it.passing(session, [3, 1, 2], 2) == [3, 1]


def test_few_are_named(kept: Database) -> None:
    with kept.read() as session:
        few = Reach.of(session, FEW)
    assert few.allowed is not None
    assert sorted(few.allowed.tolist()) == [1, 2, 3, 4]


def test_many_are_looked_at_afterwards_and_more_is_brought_for_that(kept: Database) -> None:
    with kept.read() as session:
        half = Reach.of(session, HALF)
        assert half.allowed is None
        assert half.wanted(10) == pytest.approx(30, abs=1)
        found = half.passing(session, range(100, 0, -1), 10)
        assert found == list(range(50, 40, -1))
        named = Reach.named(session, HALF)
    assert named.allowed is not None
    assert sorted(named.allowed.tolist()) == list(range(1, 51))


def test_a_filter_that_nothing_passes_names_nothing(kept: Database) -> None:
    with kept.read() as session:
        none = Reach.of(session, ItemFilter(source="nobody"))
    assert none.allowed is not None
    assert none.allowed.tolist() == []


def test_a_sample_is_not_deceived_by_items_that_come_in_turn(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "MANY", 20)
    monkeypatch.setattr(reach, "SAMPLE", 20)
    with database.write() as session:
        ids = [sources.ensure(session, name, "feeds", NOW).id or 0 for name in ("odd", "even")]
        for n in range(200):
            new = NewItem(external_id=str(n), title="T", text=f"harbour {n}", published=NOW)
            items.save(session, ids[n % 2], [new], NOW)
        versions = items.in_stage(session, Stage.STORED, 200)
        chunks.put(session, [(version.id or 0, split(version.title, version.text)) for version in versions])
    with database.read() as session:
        for name in ("odd", "even"):
            half = Reach.of(session, ItemFilter(source=name))
            assert half.allowed is None
            assert half.wanted(10) == pytest.approx(30, abs=10)
