"""A home of many synthetic items for `benchmarks.scale` and `benchmarks.load`, filled page by page and gone on with after an end.

Words are drawn by Zipf's law and vectors from clusters, each page from a seed of its own, so that the same places always
hold the same items. Rows, full text and vectors of a page are one transaction; the indexes over them follow from the rows.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import update
from sqlmodel import Session

from assistant.home import Home
from benchmarks.report import say
from memory import lexical
from memory.chunks import Span
from memory.embed import Rows, pack
from memory.models import Item, Stage, Story
from memory.store import chunks, items, lookup, sources
from memory.store import vectors as vector_rows
from memory.store.connection import Database
from memory.store.items import NewItem
from memory.vectors import Vectors

DIMENSION, WORDS_EACH, VOCABULARY, CLUSTERS = 384, 158, 40_000, 400
PAGE = 1000
SOURCES = 40
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SAID_EVERY = 20


@dataclass(frozen=True)
class Drawn:
    """What items are drawn from; the same for one seed."""

    seed: int

    @cached_property
    def vocabulary(self) -> NDArray[np.str_]:
        generator, letters = np.random.default_rng(self.seed), np.array(list("abcdefghijklmnopqrstuvwxyz"))
        return np.array(["".join(generator.choice(letters, generator.integers(3, 11))) for _ in range(VOCABULARY)])

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Of each word among all words."""
        shares = 1.0 / (np.arange(VOCABULARY) + 2.7)
        return np.asarray(shares / shares.sum())

    @property
    def document_shares(self) -> NDArray[np.float64]:
        """Of the items that hold each word."""
        return np.asarray(1 - (1 - self.shares) ** WORDS_EACH)

    @cached_property
    def centres(self) -> Rows:
        return np.random.default_rng([self.seed, 1]).standard_normal((CLUSTERS, DIMENSION)).astype(np.float32)

    def texts(self, number: int) -> list[str]:
        """The texts of the items at `number * PAGE` and on."""
        generator = np.random.default_rng([self.seed, 2, number])
        drawn = generator.choice(VOCABULARY, (PAGE, WORDS_EACH), p=self.shares)
        return [" ".join(row) for row in self.vocabulary[drawn].tolist()]

    def rows(self, number: int) -> Rows:
        """Their unit vectors, (PAGE, DIMENSION)."""
        generator = np.random.default_rng([self.seed, 5, number])
        rows = self.centres[generator.integers(0, CLUSTERS, PAGE)]
        return unit(rows + generator.standard_normal((PAGE, DIMENSION)).astype(np.float32))


def unit(rows: Rows) -> Rows:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), dtype=np.float32)


@dataclass
class Filled:
    """What filling took, over all the runs that it needed. `seconds` by step; kept beside the home."""

    path: Path
    seconds: dict[str, float] = field(default_factory=dict)
    last_page_s: float = 0.0

    @classmethod
    def at(cls, folder: Path) -> Filled:
        path = folder / "filled.json"
        return cls(path, **json.loads(path.read_text())) if path.exists() else cls(path)

    def took(self, step: str, seconds: float) -> None:
        self.seconds[step] = self.seconds.get(step, 0.0) + seconds
        self.path.write_text(json.dumps({"seconds": self.seconds, "last_page_s": self.last_page_s}))


def fill(home: Home, drawn: Drawn, count: int, vectors: Vectors) -> Filled:
    """Have `count` items (a multiple of `PAGE`) in the home, indexed in every way."""
    home.prepare()
    filled = Filled.at(home.data)
    database = Database.open(home.database)
    try:
        with database.write() as session:
            source_ids = [sources.ensure(session, f"source {n}", "feeds", NOW).id or 0 for n in range(SOURCES)]
            there = items.count(session)
        for number in range(there // PAGE, count // PAGE):
            texts, rows = drawn.texts(number), drawn.rows(number)
            started = time.perf_counter()
            with database.write() as session:
                _keep(session, source_ids, number, texts, rows, vectors.slug)
            filled.last_page_s = time.perf_counter() - started
            filled.took("rows", filled.last_page_s)
            if number % SAID_EVERY == SAID_EVERY - 1:
                say(f"{(number + 1) * PAGE} of {count} items, {PAGE / filled.last_page_s:.0f} items/s")
        _index(database, vectors, filled)
    finally:
        database.close()
    return filled


def _keep(session: Session, source_ids: list[int], number: int, texts: list[str], rows: Rows, slug: str) -> None:
    """A page of items as ingest and indexing would leave them, but for the indexes outside the database."""
    item_ids = np.zeros(PAGE, dtype=np.int64)
    for source, source_id in enumerate(source_ids):
        places = list(range(source, PAGE, SOURCES))
        saved = items.save(session, source_id, [_item(number * PAGE + one, texts[one]) for one in places], NOW)
        item_ids[places] = saved.new_ids
    versions = items.current_versions(session, item_ids.tolist())
    version_ids = [versions[item].id or 0 for item in item_ids.tolist()]
    spans = [(version, [Span(0, len(text))]) for version, text in zip(version_ids, texts, strict=True)]
    chunk_ids = [ids[0] for ids in chunks.put(session, spans)]
    lexical.put(session, version_ids)
    vector_rows.put(session, slug, list(zip(chunk_ids, pack(rows), strict=True)))
    items.advance(session, version_ids, Stage.INDEXED)
    _tell_alone(session, number, item_ids.tolist(), texts)


def _tell_alone(session: Session, number: int, item_ids: list[int], texts: list[str]) -> None:
    """Each item is a story of its own, as `assistant.stories` finds among words drawn at random."""
    at = [NOW - timedelta(minutes=number * PAGE + place) for place in range(PAGE)]
    rows = [Story(title=text[:40], started_at=when, moved_at=when) for text, when in zip(texts, at, strict=True)]
    session.add_all(rows)
    session.flush()
    session.execute(update(Item), [{"id": one, "story_id": row.id} for one, row in zip(item_ids, rows, strict=True)])


def _item(place: int, text: str) -> NewItem:
    """One in ten is German, and each is a minute older than the one before."""
    return NewItem(
        external_id=str(place),
        title=text[:40],
        text=text,
        url=f"https://example.org/{place}",
        language="de" if place % 10 == 7 else "en",
        published=NOW - timedelta(minutes=place),
    )


def _index(database: Database, vectors: Vectors, filled: Filled) -> None:
    """What `telos memory reindex` does but for embedding, step by step, going on from where it was."""
    with database.read() as session:
        rows = lookup.embedded_chunks(session, vectors.slug)
        total = len(rows)
        for name, index in (("matrix", vectors.matrix), ("chroma", vectors.index)):
            held: Any = (
                np.setdiff1d(rows, vectors.matrix.chunk_ids()) if name == "matrix" else vectors.index.missing(rows)
            )
            done = total - len(held)
            for chunk_ids, kept in lookup.vectors(session, vectors.slug, DIMENSION, held):
                started = time.perf_counter()
                index.add(chunk_ids, kept)
                done += len(chunk_ids)
                filled.took(name, time.perf_counter() - started)
                if done % (SAID_EVERY * PAGE) == 0:
                    say(f"{name}: {done} of {total}, {len(chunk_ids) / (time.perf_counter() - started):.0f} vectors/s")
    if vectors.frequent.is_due(total):
        started = time.perf_counter()
        vectors.frequent.build(database.path, lambda _: None)
        filled.took("words", time.perf_counter() - started)
        say(f"frequent words counted in {time.perf_counter() - started:.0f} s")
