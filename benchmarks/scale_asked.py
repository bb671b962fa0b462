"""The fixed mix of questions of `benchmarks.scale`, how long answers take, and what the pruned search misses.

The exhaustive search weighs the same candidates by the same weights, but takes them from SQLite's BM25 over every word of
the query, from the product with every vector, and from filters that name each chunk.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from sqlmodel import Session

from assistant.config.schema import MemorySettings
from assistant.workers.embedder import WorkerEmbedder
from benchmarks.scale_home import DIMENSION, NOW, PAGE, VOCABULARY, Drawn, unit
from memory import lexical, reach
from memory.embed import Embedder, Ids, NoEmbedder, Rows, slug_of
from memory.recall import Question, Recall
from memory.store.connection import Database
from memory.store.items import ItemFilter
from memory.vectors import Vectors

SLUG = slug_of(MemorySettings().embedder, MemorySettings().revision, DIMENSION)
"""Of the embedder that a service has by default, so that one takes these vectors for its own."""
LENGTHS, EACH = range(1, 9), 25
NOISE = 0.068
"""A question's vector has a cosine of about .6 with that of the item it is near to."""
SAME = 1e-3
"""Scores that differ by less are equal: several items may hold the tenth place."""
LIMIT = 10


@dataclass
class Prepared:
    """An embedder whose vectors were drawn; only its name and dimension are asked for."""

    slug: str = SLUG
    dimension: int = DIMENSION

    def knows_language(self, code: str) -> bool:
        return True

    def encode(self, texts: Sequence[str]) -> Rows:
        raise NotImplementedError("the vectors of this benchmark are given with the questions")


def questions(drawn: Drawn, count: int) -> list[Question]:
    """25 questions each of 1 to 8 words, drawn by the share of items that hold them, near items of their own."""
    generator = np.random.default_rng([drawn.seed, 3])
    shares = drawn.document_shares / drawn.document_shares.sum()
    asked: list[Question] = []
    for number in range(len(LENGTHS) * EACH):
        words = generator.choice(VOCABULARY, LENGTHS[number % len(LENGTHS)], p=shares, replace=False)
        rows = drawn.rows(int(generator.integers(0, count // PAGE)))
        noise = NOISE * generator.standard_normal(DIMENSION)
        vector = unit((rows[generator.integers(0, PAGE)] + noise).astype(np.float32))
        asked.append(Question(" ".join(drawn.vocabulary[words]), vector, ItemFilter(), LIMIT))
    return asked


def filtered(asked: Sequence[Question], count: int) -> list[Question]:
    """The same, in turn of one source of 40, of the newer half, of one language in ten, of the newest twentieth."""
    filters = (
        ItemFilter(source="source 3"),
        ItemFilter(since=NOW - timedelta(minutes=count // 2)),
        ItemFilter(language="de"),
        ItemFilter(since=NOW - timedelta(minutes=count // 20)),
    )
    return [replace(question, filters=filters[number % len(filters)]) for number, question in enumerate(asked)]


def times(recall: Recall, asked: Sequence[Question], embedder: WorkerEmbedder | None) -> list[float]:
    """Milliseconds of each answer, with the embedding of its words where there is an embedder."""
    taken: list[float] = []
    for question in asked:
        started = time.perf_counter()
        if embedder is not None:
            embedder.encode([question.words])
        recall.answer(question)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def warm_embedder(embedder: WorkerEmbedder) -> float | None:
    """Milliseconds to embed a question, once it is warm; `None` where there is no model."""
    try:
        embedder.encode(["warm"])
        started = time.perf_counter()
        for number in range(20):
            embedder.encode([f"what did they say about question number {number}"])
    except NoEmbedder:
        return None
    return (time.perf_counter() - started) * 1000 / 20


def loss(database: Database, vectors: Vectors, asked: Sequence[Question]) -> float:
    """Mean share of the exhaustive search's ten best that the product's search does not find, equal scores aside."""
    embedder: Embedder = Prepared()
    pruned, exhaustive = Recall(database, embedder, vectors), Recall(database, embedder, _Exhaustive(vectors))
    missed: list[float] = []
    for question in asked:
        found = pruned.answer(question)
        with _every_filter_named():
            true = exhaustive.answer(question)
            more = {hit.item_id: hit.score for hit in exhaustive.answer(replace(question, limit=3 * LIMIT))}
        if true:
            least = true[-1].score - SAME
            hit = sum(more.get(one.item_id, 0.0) >= least for one in found)
            missed.append(1 - min(hit, len(true)) / len(true))
    return float(np.mean(missed))


class _Exhaustive(Vectors):
    """The same files, nothing left out."""

    def __init__(self, vectors: Vectors) -> None:
        self.__dict__.update(vectors.__dict__)
        self.__dict__["matrix"] = vectors.matrix
        self.__dict__["frequent"] = _EveryWord()

    def nearest(self, query: Rows, limit: int, among: Ids | None = None) -> tuple[Ids, Rows]:
        return self.matrix.search(query, limit, among)


class _EveryWord:
    """Full text alone, with every word of the query."""

    def best(
        self, session: Session, query: str, limit: int, allowed_ids: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        return lexical.best(session, lexical.terms(query), limit, allowed_ids)

    def scores(self, session: Session, terms: Sequence[str], among: Collection[int]) -> dict[str, dict[int, float]]:
        return lexical.scores(session, terms, among)


@contextmanager
def _every_filter_named() -> Iterator[None]:
    module: Any = reach
    before, module.MANY = module.MANY, 10**12
    try:
        yield
    finally:
        module.MANY = before
