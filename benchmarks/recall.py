"""How long a search takes among 100,000 items, and how much the vector part misses.

Words are drawn by Zipf's law and vectors from clusters, so that both indexes work as on real text; what is searched for
is a noisy copy of a stored item. The query's own embedding is left out of the times and given as `embed_ms`.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from assistant.config.schema import MemorySettings
from assistant.workers.embedder import WorkerEmbedder
from assistant.workers.index import WorkerIndex
from benchmarks.report import Unmeasured, arguments, percentile, report, say
from memory import lexical
from memory.chunks import Span
from memory.embed import Ids, NoEmbedder, Rows, pack
from memory.models import Stage
from memory.recall import BY_MEANING, Question, Recall
from memory.store import chunks, items, sources
from memory.store import vectors as vector_rows
from memory.store.connection import Database
from memory.store.items import ItemFilter, NewItem
from memory.vectors import Vectors

DIMENSION, WORDS_EACH, VOCABULARY, CLUSTERS, SOURCES = 384, 158, 40_000, 400, 40
NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUERIES, COMMON = 200, 100
PAGE = 1000


@dataclass
class Prepared:
    """An embedder whose vectors were made beforehand; only its name and dimension are asked for."""

    slug: str = "prepared-384"
    dimension: int = DIMENSION

    def knows_language(self, code: str) -> bool:
        return True

    def encode(self, texts: Sequence[str]) -> Rows:
        raise NotImplementedError("the vectors of this benchmark are given with the questions")


def main() -> None:
    chosen = arguments("recall")
    started, count = time.perf_counter(), 4_000 if chosen.quick else 100_000
    generator = np.random.default_rng(chosen.seed)
    rows = clustered(generator, count)
    texts = zipf_texts(generator, count)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(Path(folder) / "telos.db")
        embedder = Prepared()
        vectors = Vectors(Path(folder) / "index", embedder, WorkerIndex, exact_up_to=0)
        fill(database, vectors, texts, rows)
        recall = Recall(database, embedder, vectors)
        asked = questions(generator, texts, rows)
        for question in asked[:10]:  # opens the index and warms the page cache
            recall.answer(question)
        plain = [timed(recall, question) for question in asked]
        filtered = [timed(recall, replace(question, filters=ItemFilter(source="source 3"))) for question in asked]
        half = ItemFilter(since=NOW - timedelta(minutes=count // 2))
        broad = [timed(recall, replace(question, filters=half)) for question in asked]
        places = np.arange(3, count, SOURCES)
        unfiltered_recall, filtered_recall = vector_recall(vectors, rows, asked, places)
        vectors.close()
        database.close()
    report(
        "recall",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        n=count,
        p50_ms=percentile(plain, 0.5),
        p95_ms=percentile(plain, 0.95),
        p50_filtered_ms=percentile(filtered, 0.5),
        p95_filtered_ms=percentile(filtered, 0.95),
        p95_half_ms=percentile(broad, 0.95),
        recall_at_10=min(unfiltered_recall, filtered_recall),
        recall_at_10_unfiltered=unfiltered_recall,
        recall_at_10_filtered=filtered_recall,
        embed_ms=embed_time(),
    )


def clustered(generator: np.random.Generator, count: int) -> Rows:
    """Unit vectors around `CLUSTERS` centres, about as near to one another as sentences of one topic."""
    centres = generator.standard_normal((CLUSTERS, DIMENSION)).astype(np.float32)
    rows = centres[generator.integers(0, CLUSTERS, count)]
    rows = rows + generator.standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def zipf_texts(generator: np.random.Generator, count: int) -> list[str]:
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    vocabulary = ["".join(generator.choice(letters, generator.integers(3, 11))) for _ in range(VOCABULARY)]
    shares = 1.0 / (np.arange(VOCABULARY) + 2.7)
    drawn = generator.choice(VOCABULARY, (count, WORDS_EACH), p=shares / shares.sum())
    return [" ".join(vocabulary[word] for word in row) for row in drawn]


def fill(database: Database, vectors: Vectors, texts: list[str], rows: Rows) -> None:
    """Store and index everything, as ingest would, with the vectors given."""
    with database.write() as session:
        source_ids = [sources.ensure(session, f"source {n}", "feeds", NOW).id or 0 for n in range(SOURCES)]
    item_ids = np.zeros(len(texts), dtype=np.int64)
    for start in range(0, len(texts), PAGE):
        page = range(start, min(start + PAGE, len(texts)))
        with database.write() as session:
            for number, source_id in enumerate(source_ids):
                places = [place for place in page if place % SOURCES == number]
                saved = items.save(session, source_id, [new_item(place, texts[place]) for place in places], NOW)
                item_ids[places] = saved.new_ids
            versions = items.current_versions(session, item_ids[page].tolist())
            version_ids = [versions[item].id or 0 for item in item_ids[page].tolist()]
            spans = [(version, [Span(0, len(texts[place]))]) for version, place in zip(version_ids, page, strict=True)]
            chunk_ids = [ids[0] for ids in chunks.put(session, spans)]
            lexical.put(session, version_ids)
            vector_rows.put(session, vectors.slug, list(zip(chunk_ids, pack(rows[page]), strict=True)))
            items.advance(session, version_ids, Stage.INDEXED)
        vectors.add(np.array(chunk_ids, dtype=np.int64), rows[page])
        say(f"{page.stop} of {len(texts)} items")


def new_item(place: int, text: str) -> NewItem:
    return NewItem(external_id=str(place), title=text[:40], text=text, published=NOW - timedelta(minutes=place))


def questions(generator: np.random.Generator, texts: list[str], rows: Rows) -> list[Question]:
    """Eight words of an item each, none of the `COMMON` ones, and its vector with noise."""
    common = {word for word, _ in Counter(word for text in texts[:1000] for word in text.split()).most_common(COMMON)}
    asked: list[Question] = []
    for place in generator.integers(0, len(texts), QUERIES):
        words = " ".join(generator.choice([word for word in texts[place].split() if word not in common], 8))
        vector = rows[place] + 0.03 * generator.standard_normal(DIMENSION).astype(np.float32)
        asked.append(Question(words, np.asarray(vector / np.linalg.norm(vector), dtype=np.float32), ItemFilter(), 10))
    return asked


def timed(recall: Recall, question: Question) -> float:
    start = time.perf_counter()
    recall.answer(question)
    return (time.perf_counter() - start) * 1000


def vector_recall(vectors: Vectors, rows: Rows, asked: list[Question], chosen: Ids) -> tuple[float, float]:
    """Shares of the true ten nearest that each path finds: among all, and among the rows at the `chosen` places.

    Chunks are numbered from 1 in the order of `rows`.
    """
    everything = np.arange(len(rows))
    shares: tuple[list[float], list[float]] = ([], [])
    for question in asked:
        assert question.vector is not None
        scores = rows @ question.vector
        for found, places, path in ((shares[0], everything, None), (shares[1], chosen, 1 + chosen)):
            true = 1 + places[np.argsort(-scores[places])[:10]]
            found.append(float(np.isin(true, vectors.nearest(question.vector, BY_MEANING, path)[0][:10]).mean()))
    return float(np.mean(shares[0])), float(np.mean(shares[1]))


def embed_time() -> float | Unmeasured:
    """Milliseconds to embed a question in the warm worker."""
    embedder = WorkerEmbedder(MemorySettings())
    try:
        embedder.encode(["warm"])
        start = time.perf_counter()
        for number in range(20):
            embedder.encode([f"what did they say about question number {number}"])
        return (time.perf_counter() - start) * 1000 / 20
    except NoEmbedder as failure:
        return Unmeasured(failure.sentence)
    finally:
        embedder.close()


if __name__ == "__main__":
    main()
