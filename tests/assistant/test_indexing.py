"""Indexing: every version comes to its end once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.ingest import indexing, reindexing
from assistant.ingest.indexing import Indexing, index_pending
from assistant.stories import placing
from memory.models import Stage
from memory.recall import Recall
from memory.store import items, lookup, sources, stories
from memory.store.items import NewItem
from memory.vectors import Vectors
from tests.databases import open_empty
from tests.fakes import MoodyEmbedder, WordEmbedder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
PAGE = 40


class Broken(Exception):
    """Stands for a kill at a failpoint: nothing after it runs."""


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Indexing]:
    """An empty memory whose work is done in small pages, so that a hundred texts take several."""
    monkeypatch.setattr(indexing, "PAGE", PAGE)
    embedder = MoodyEmbedder()
    database = open_empty(tmp_path / "telos.db")
    vectors = Vectors(tmp_path / "index", embedder)
    yield Indexing(database, embedder, vectors, FakeClock(NOW))
    vectors.close()
    database.close()


def store(parts: Indexing, count: int = 100, text: str = "number {} of the solar sails") -> None:
    with parts.database.write() as session:
        source_id = sources.ensure(session, "news", "feeds", NOW).id or 0
        wanted = [
            NewItem(external_id=str(n), text=text.format(n), published=NOW - timedelta(days=5 * n))
            for n in range(count)
        ]
        items.save(session, source_id, wanted, NOW)


def stages(parts: Indexing) -> dict[Stage, int]:
    with parts.database.read() as session:
        return {Stage(stage): count for stage, count in items.waiting(session).items() if count}


def assert_in_step(parts: Indexing, count: int) -> None:
    """Rows, Chroma and the matrix hold the same vectors, and every version has come to its end."""
    assert set(stages(parts)) == {Stage.INDEXED}
    assert len(parts.vectors.index) == len(parts.vectors.matrix) == count
    with parts.database.read() as session:
        assert len(lookup.embedded_chunks(session, parts.embedder.slug)) == count
        assert parts.vectors.reconcile(session) == 0


def test_everything_that_waits_comes_to_its_end_and_a_second_run_does_nothing(parts: Indexing) -> None:
    store(parts)
    heard: list[tuple[int, int | None, str]] = []
    done = index_pending(parts, lambda *report: heard.append(report))
    assert (done.versions, done.placed, done.waiting) == (100, 100, 0)
    assert heard[-2:] == [(100, 100, "embedding"), (100, None, "put into stories")]
    assert_in_step(parts, 100)
    assert index_pending(parts).versions == 0


@pytest.mark.parametrize(
    ("place", "time"),
    [
        *(
            (place, time)
            for place in ("index.after_chunks", "index.after_vectors", "index.after_chroma")
            for time in (1, 2)
        ),
        ("index.after_batch", 1),
        ("index.after_stories", 1),
    ],
)
def test_a_crash_at_any_edge_loses_nothing_and_repeats_nothing(
    parts: Indexing, place: str, time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(parts)
    with monkeypatch.context() as patched:
        breaking = _breaking_at(place, time)
        patched.setattr(indexing, "failpoint", breaking)
        patched.setattr(placing, "failpoint", breaking)
        with pytest.raises(Broken):
            index_pending(parts)
    index_pending(parts)
    assert_in_step(parts, 100)
    with parts.database.read() as session:
        assert all(item.story_id is not None for item in items.list_items(session))


def _breaking_at(place: str, time: int) -> Callable[[str], None]:
    passed = 0

    def failpoint(name: str) -> None:
        nonlocal passed
        passed += name == place
        if name == place and passed == time:
            raise Broken

    return failpoint


def test_without_an_embedder_words_are_found_and_vectors_follow_when_it_is_back(parts: Indexing) -> None:
    assert isinstance(parts.embedder, MoodyEmbedder)
    store(parts, 30)
    parts.embedder.is_away = True
    done = index_pending(parts)
    assert (done.placed, done.waiting, done.why) == (30, 30, "The embedder is away.")
    recall = Recall(parts.database, parts.embedder, parts.vectors)
    assert len(recall.search("solar sails", limit=30).hits) == 30

    parts.embedder.is_away = False
    index_pending(parts)
    assert_in_step(parts, 30)


def test_a_rewritten_text_takes_the_vectors_of_the_old_one_out(parts: Indexing) -> None:
    store(parts, 20)
    index_pending(parts)
    store(parts, 20, text="rewritten {}")
    index_pending(parts)
    assert_in_step(parts, 20)


@pytest.mark.parametrize("is_away", [False, True], ids=["with vectors", "by words alone"])
def test_a_rewritten_text_that_says_more_moves_its_story_once(parts: Indexing, is_away: bool) -> None:
    assert isinstance(parts.embedder, MoodyEmbedder)
    store(parts, 1)
    index_pending(parts)
    later = NOW + timedelta(hours=2)
    with parts.database.write() as session:
        source_id = sources.ensure(session, "news", "feeds", NOW).id or 0
        more = "number 0 of the solar sails. Its mast broke in the wind of a comet."
        items.save(session, source_id, [NewItem(external_id="0", text=more, published=NOW)], later)
    parts.embedder.is_away = is_away
    index_pending(parts)
    parts.embedder.is_away = False
    index_pending(parts)
    with parts.database.read() as session:
        (item,) = items.list_items(session)
        assert stories.by_ids(session, [item.story_id or 0])[item.story_id or 0].moved_at == later


def test_the_work_ends_between_pages_when_its_listener_says_so(parts: Indexing) -> None:
    store(parts)

    def stop(done: int, total: int | None, what: str) -> None:
        raise Broken

    with pytest.raises(Broken):
        index_pending(parts, stop)
    assert stages(parts)[Stage.EMBEDDED] == PAGE
    index_pending(parts)
    assert_in_step(parts, 100)


def test_another_embedder_fills_its_own_indexes_beside_those_that_serve(parts: Indexing, tmp_path: Path) -> None:
    store(parts, 40)
    index_pending(parts)
    other = WordEmbedder(32)
    other.slug = "other-32"
    beside = Indexing(parts.database, other, Vectors(tmp_path / "index", other), parts.clock)
    assert reindexing.embed_missing(beside, lambda done, total, what: None) == 40
    reindexing.complete(beside)
    assert len(beside.vectors.index) == 40
    assert_in_step(parts, 40)
    parts.vectors.discard()
    assert len(beside.vectors.matrix) == 40
    beside.vectors.close()
