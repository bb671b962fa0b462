"""Frequent words are counted exactly, whichever way they are looked up, and what is broken is not asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from memory import frequent, lexical
from memory.chunks import split
from memory.frequent import FrequentWords
from memory.models import Stage
from memory.store import chunks, items, sources
from memory.store.connection import Database
from memory.store.items import NewItem

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
QUERIES = (
    "harbour",
    "harbours and ferry",
    "ferry bridge zebra",
    "bridges",
    "zebra",
    "zebra quagga",
    "Müller harbour",
    "机器 harbour",
    "nothing of this",
    "ferry-bridge harbour-zebra",
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequent, "LEAST", 8)
    monkeypatch.setattr(frequent, "LEAST_CHUNKS", 10)


def keep(database: Database, texts: list[str], first: int = 0) -> None:
    with database.write() as session:
        source_id = sources.ensure(session, "news", "feeds", NOW).id or 0
        batch = [
            NewItem(external_id=str(first + number), title=text.partition("|")[0], text=text.partition("|")[2])
            for number, text in enumerate(texts)
        ]
        items.save(session, source_id, batch, NOW)
        versions = items.in_stage(session, Stage.STORED, len(texts))
        ids = [version.id or 0 for version in versions]
        chunks.put(session, [(version.id or 0, split(version.title, version.text)) for version in versions])
        lexical.put(session, ids)
        items.advance(session, ids, Stage.CHUNKED)


@pytest.fixture
def words(database: Database, tmp_path: Path) -> FrequentWords:
    """Sixty texts of drawn words, three of which stand in many, counted."""
    generator = np.random.default_rng(7)
    vocabulary = ["harbour", "ferries", "bridge", "zebra", "quagga", "Müller", "机器学习", "and", "kiosk", "oven"]
    shares = np.array([30, 20, 10, 1, 1, 2, 2, 30, 3, 3]) / 102
    drawn = [generator.choice(vocabulary, generator.integers(3, 30), p=shares) for _ in range(60)]
    keep(database, [f"{row[0]}|{' '.join(row)}" for row in drawn])
    words = FrequentWords(tmp_path / "index")
    words.build(database.path, lambda done: None)
    return words


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("allowed", [None, range(5, 40)], ids=["all", "some"])
def test_scores_are_those_of_full_text(
    database: Database, words: FrequentWords, query: str, allowed: range | None
) -> None:
    with database.read() as session:
        exact = dict(lexical.best(session, lexical.terms(query), 60, allowed))
        found = dict(words.best(session, query, 60, allowed))
    assert found.keys() == exact.keys()
    assert list(found.values()) == pytest.approx([exact[chunk_id] for chunk_id in found], rel=1e-3, abs=1e-5)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_no_more_come_than_are_asked_for_and_the_best_come(database: Database, words: FrequentWords) -> None:
    with database.read() as session:
        some, more = words.best(session, "harbour ferry", 7), words.best(session, "harbour ferry", 60)
    assert len(some) == 7
    assert [score for _, score in some] == [score for _, score in more[:7]]


def test_each_word_has_its_score_alone(database: Database, words: FrequentWords) -> None:
    terms = lexical.terms("harbour zebra")
    with database.read() as session:
        exact, found = lexical.scores(session, terms, range(1, 30)), words.scores(session, terms, range(1, 30))
    assert found.keys() == exact.keys()
    for term, scores in exact.items():
        assert found[term] == pytest.approx(scores, rel=1e-3, abs=1e-5)


def test_a_text_that_came_since_is_found_by_its_rare_words(database: Database, words: FrequentWords) -> None:
    keep(database, ["A okapi|An okapi at the harbour"], first=100)
    with database.read() as session:
        assert [chunk_id for chunk_id, _ in words.best(session, "okapi harbour", 1)] == [61]


def test_a_frequent_word_is_looked_up_in_the_files_and_not_in_full_text(
    database: Database, words: FrequentWords
) -> None:
    keep(database, ["Harbour|harbour harbour harbour"], first=100)
    with database.read() as session:
        assert 61 in dict(lexical.search(session, "harbour", 100))
        assert 61 not in dict(words.best(session, "harbour", 100))
    words.build(database.path, lambda done: None)
    with database.read() as session:
        assert 61 in dict(words.best(session, "harbour", 100))


def test_they_are_made_anew_when_enough_came(database: Database, words: FrequentWords, tmp_path: Path) -> None:
    assert not words.is_due(61)
    assert words.is_due(80)
    assert not FrequentWords(tmp_path / "elsewhere").is_due(9)
    assert FrequentWords(tmp_path / "elsewhere").is_due(10)
    keep(database, [f"New|harbour {number}" for number in range(20)], first=200)
    words.build(database.path, lambda done: None)
    assert not words.is_due(80)
    assert len(list((tmp_path / "index").iterdir())) == 3
    with database.read() as session:
        assert len(words.best(session, "harbour", 100)) > 60


@pytest.mark.parametrize("name", ["json", "ids", "shares"])
def test_files_that_are_not_whole_are_not_asked(
    database: Database, words: FrequentWords, tmp_path: Path, name: str
) -> None:
    file = next((tmp_path / "index").glob(f"*{name}"))
    file.write_bytes(file.read_bytes()[:-6])
    again = FrequentWords(tmp_path / "index")
    assert again.is_due(60)
    with database.read() as session:
        assert again.best(session, "harbour", 5) == lexical.search(session, "harbour", 5)


def test_only_their_owner_may_read_them(words: FrequentWords, tmp_path: Path) -> None:
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "index").iterdir()} == {0o600}
