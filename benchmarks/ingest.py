"""How fast texts become findable, against sentence-transformers as it comes and against our own bare embedder.

`ratio_default`: our worker over `SentenceTransformer(...).encode` in float32 with its defaults, on the same texts of 200
tokens. `ratio_own`: the whole way (rows, chunks, full text, vectors, Chroma, stories) over the worker alone on the same
chunks: 1.0 would mean that everything but the model costs nothing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlmodel import col, select

from assistant.clock import FakeClock
from assistant.config.schema import MemorySettings
from assistant.ingest.indexing import Indexing, encode, index_pending
from assistant.workers.embedder import WorkerEmbedder, has_fast_bfloat16
from assistant.workers.index import WorkerIndex
from assistant.workers.weights import EmbedderUnavailable, locate
from benchmarks.report import Unmeasured, arguments, peak_rss_mb, report, say
from memory.chunks import Span, chunk_text
from memory.embed import Rows
from memory.models import Chunk, Version
from memory.store import items, sources
from memory.store.connection import Database
from memory.store.items import NewItem
from memory.vectors import Vectors

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOKENS, BATCH = 200, 500


def main() -> None:
    chosen = arguments("ingest")
    started, count = time.perf_counter(), 300 if chosen.quick else 3000
    compared = 96 if chosen.quick else 768
    settings = MemorySettings()
    texts = texts_of_tokens(chosen.seed, count)
    embedder = WorkerEmbedder(settings)
    try:
        embedder.encode(texts[:16])  # loads the model
        plain_s, plain = timed_default(texts[:compared])
        say("sentence-transformers' defaults are measured")
        ours_s, ours = timed_ours(embedder, texts[:compared])
        whole_s, bare_s, chunks = whole_way(embedder, texts)
    except EmbedderUnavailable as failure:
        why = Unmeasured(failure.sentence)
        report("ingest", seed=chosen.seed, quick=chosen.quick, started=started,
               ratio_default=why, ratio_own=why, cosine=why, items_per_s=why, peak_rss_mb=peak_rss_mb())  # fmt: skip
        return
    finally:
        rss_mb = embedder.rss_mb()
        embedder.close()
    slow = Unmeasured("This processor has neither avx512_bf16 nor AMX.")
    report(
        "ingest",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        items=count,
        chunks=chunks,
        ratio_default=plain_s / ours_s if has_fast_bfloat16() else slow,
        ratio_own=bare_s / whole_s,
        cosine=float(np.mean(np.sum(plain * ours, axis=1))),
        items_per_s=count / whole_s,
        texts_per_s=compared / ours_s,
        texts_per_s_default=compared / plain_s,
        peak_rss_mb=peak_rss_mb(),
        worker_rss_mb=rss_mb,
    )


def texts_of_tokens(seed: int, count: int) -> list[str]:
    """Texts that the model reads as about `TOKENS` tokens: whole words of its vocabulary, in sentences."""
    vocabulary = (locate(MemorySettings().embedder, "main").folder / "vocab.txt").read_text(encoding="utf-8").split()
    words = [word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 2]
    generator = np.random.default_rng(seed)

    def sentences() -> Iterator[str]:
        left = TOKENS - 20
        while left > 0:
            length = min(int(generator.integers(8, 20)), left)
            yield " ".join(generator.choice(words, length)).capitalize() + "."
            left -= length + 1

    return [" ".join(sentences()) for _ in range(count)]


def timed_default(texts: Sequence[str]) -> tuple[float, Rows]:
    """Seconds and vectors of sentence-transformers as it comes, in float32 on the CPU."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(locate(MemorySettings().embedder, "main").folder), device="cpu")
    model.encode(list(texts[:16]))
    start = time.perf_counter()
    rows = model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
    return time.perf_counter() - start, np.asarray(rows, dtype=np.float32)


def timed_ours(embedder: WorkerEmbedder, texts: Sequence[str]) -> tuple[float, Rows]:
    start = time.perf_counter()
    rows = encode(embedder, texts)
    return time.perf_counter() - start, rows


def whole_way(embedder: WorkerEmbedder, texts: Sequence[str]) -> tuple[float, float, int]:
    """Seconds of ingest from the first row to the last story, of the bare embedder on the same chunks, and their number."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(Path(folder) / "telos.db")
        vectors = Vectors(Path(folder) / "index", embedder, WorkerIndex)
        vectors.index.search(np.zeros(embedder.dimension, dtype=np.float32), 1)  # loads Chroma
        start = time.perf_counter()
        store(database, texts)
        index_pending(
            Indexing(database, embedder, vectors, FakeClock(NOW)), lambda done, total, what: say(f"{done} of {total}")
        )
        whole_s = time.perf_counter() - start
        chunks = chunk_texts(database)
        vectors.close()
        database.close()
    bare_s, _ = timed_ours(embedder, chunks)
    return whole_s, bare_s, len(chunks)


def store(database: Database, texts: Sequence[str]) -> None:
    with database.write() as session:
        source_id = sources.ensure(session, "benchmark", "feeds", NOW).id
    assert source_id is not None
    for start in range(0, len(texts), BATCH):
        wanted = [
            NewItem(external_id=str(place), title="", text=text, published=NOW - timedelta(hours=place), language="en")
            for place, text in enumerate(texts[start : start + BATCH], start)
        ]
        with database.write() as session:
            items.save(session, source_id, wanted, NOW)


def chunk_texts(database: Database) -> list[str]:
    """What was embedded, read back from the rows."""
    with database.read() as session:
        rows = session.exec(select(Version, Chunk).join(Chunk, col(Chunk.version_id) == col(Version.id))).all()
    return [chunk_text(version.title, version.text, Span(chunk.start, chunk.end)) for version, chunk in rows]


if __name__ == "__main__":
    main()
