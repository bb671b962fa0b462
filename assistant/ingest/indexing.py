"""Takes stored texts into the indexes: chunks and full text, vectors, Chroma and the matrix, stories.

    STORED --chunks, words--> CHUNKED --vectors--> EMBEDDED --Chroma, matrix, stories--> INDEXED

Each step does idempotent work on the versions of one stage and moves them on in the same transaction, so that a crash
between any two loses nothing and repeats nothing that shows. While the embedder works on one page in its process, this
one stores the page before and cuts the page after, so that the embedder never waits. Without an embedder texts stay
CHUNKED, where their words are found, and are placed in stories by their text.

The job `index` calls `index_pending`, and so do the verbs of `assistant.memories` that bring texts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from sqlmodel import Session

from assistant.clock import Clock
from assistant.failpoints import failpoint
from assistant.ingest.turns import embed_turns
from assistant.progress import Progress, unheard
from assistant.stories import placing
from memory import lexical
from memory.chunks import Span, chunk_text, split
from memory.embed import Embedder, NoEmbedder, Rows, pack
from memory.models import Stage, Version
from memory.store import chunks, items
from memory.store import vectors as vector_rows
from memory.store.connection import Database
from memory.vectors import Vectors

PAGE = 100
"""Versions that move on together. Greater pages sort better by length; smaller ones let a question in between sooner."""
AT_ONCE = 16
"""Texts in one call of the embedder, as many as it takes in one pass: a question that arrives meanwhile is its next call."""
PAGES_IN_FLIGHT = 2


@dataclass(frozen=True)
class Indexing:
    """What indexing works with."""

    database: Database
    embedder: Embedder
    vectors: Vectors
    clock: Clock
    decide: placing.Decide | None = None
    """Who decides which items are of one story; without one, this process does."""


@dataclass(frozen=True)
class Indexed:
    """What a run did. `waiting` texts lack vectors because the embedder does not answer; `why` is its sentence."""

    versions: int = 0
    placed: int = 0
    waiting: int = 0
    why: str = ""


@dataclass(frozen=True)
class _Page:
    """Versions on their way through the embedder."""

    version_ids: list[int]
    chunk_ids: list[int]
    texts: list[str]


def index_pending(parts: Indexing, progress: Progress = unheard) -> Indexed:
    """Bring every waiting version as far as it can come; returns what was done.

    `progress` may raise to end the work between two pages; what is done stays done.
    """
    with parts.vectors.turn:
        embed_turns(parts.database, parts.embedder)
        return _index_pending(parts, progress)


def _index_pending(parts: Indexing, progress: Progress) -> Indexed:
    with parts.database.read() as session:
        waiting = items.waiting(session)
        is_lost = are_indexes_lost(session, parts.vectors)
    total = sum(waiting.get(stage, 0) for stage in (Stage.STORED, Stage.CHUNKED, Stage.EMBEDDED))
    if not total and not is_lost:
        return Indexed()
    _chunk_a_page(parts)
    try:
        _step_into(parts)
        _embed_all(parts, total, progress)
    except NoEmbedder as failure:
        progress(0, total, "without vectors")  # ends the work here when the embedder is gone because the service stops
        return _without_vectors(parts, failure, progress)
    placed, indexed = _finish(parts, progress)
    return Indexed(versions=indexed, placed=placed)


def are_indexes_lost(session: Session, vectors: Vectors) -> bool:
    """Whether the vector indexes are to be made anew, though nothing waits for them."""
    try:
        return vectors.is_lost(session)
    except NoEmbedder:  # who knows no embedder knows not which vectors are searched
        return False


def _step_into(parts: Indexing) -> None:
    """Before anything is added, the indexes hold what the rows say: a crash or a superseded text may have parted them."""
    with parts.database.read() as session:
        parts.vectors.reconcile(session)


def _chunk_a_page(parts: Indexing) -> bool:
    """STORED -> CHUNKED for a page of versions; whether there was one."""
    with parts.database.write() as session:
        versions = items.in_stage(session, Stage.STORED, PAGE)
        if versions:
            spans = [split(version.title, version.text) for version in versions]
            chunks.put(session, list(zip(_ids(versions), spans, strict=True)))
            lexical.put(session, _ids(versions))
            items.advance(session, _ids(versions), Stage.CHUNKED)
    failpoint("index.after_chunks")
    return bool(versions)


def _embed_all(parts: Indexing, total: int, progress: Progress) -> None:
    """STORED and CHUNKED -> EMBEDDED, and into the indexes, with the embedder busy from the first page to the last."""
    in_flight: deque[tuple[_Page, Future[Rows]]] = deque()
    last_taken, done = 0, 0
    with ThreadPoolExecutor(1, thread_name_prefix="embedding") as embedding:
        try:
            while True:
                page = _next_page(parts, after=last_taken)
                if page is not None:
                    last_taken = page.version_ids[-1]
                    in_flight.append((page, embedding.submit(encode, parts.embedder, page.texts)))
                elif not in_flight and not _chunk_a_page(parts):
                    break
                _chunk_a_page(parts)
                if len(in_flight) >= PAGES_IN_FLIGHT or (page is None and in_flight):
                    embedded, rows = in_flight.popleft()
                    _store(parts, embedded, rows.result())
                    done += len(embedded.version_ids)
                    progress(done, max(total, done), "embedding")
        finally:
            for _, rows in in_flight:
                rows.cancel()


def _next_page(parts: Indexing, after: int) -> _Page | None:
    """The next versions to embed, with the texts of their chunks."""
    with parts.database.read() as session:
        versions = items.in_stage(session, Stage.CHUNKED, PAGE, after=after)
        if not versions:
            return None
        by_version = chunks.of_versions(session, _ids(versions))
    page = _Page(_ids(versions), [], [])
    for version in versions:
        for chunk in by_version.get(version.id or 0, []):
            assert chunk.id is not None
            page.chunk_ids.append(chunk.id)
            page.texts.append(chunk_text(version.title, version.text, Span(chunk.start, chunk.end)))
    return page


def encode(embedder: Embedder, texts: Sequence[str]) -> Rows:
    """Vectors of `texts`, in their order; encoded longest first, so that texts of one pass are about as long."""
    rows = np.empty((len(texts), embedder.dimension), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]), reverse=True)
    for start in range(0, len(order), AT_ONCE):
        places = order[start : start + AT_ONCE]
        rows[places] = embedder.encode([texts[place] for place in places])
    return rows


def _store(parts: Indexing, page: _Page, rows: Rows) -> None:
    """Vectors become rows and their versions EMBEDDED; then the indexes take them in.

    A version that was superseded or erased while it was embedded has lost its chunks; their vectors are dropped.
    """
    with parts.database.write() as session:
        alive = chunks.existing(session, page.chunk_ids)
        kept = [place for place, chunk_id in enumerate(page.chunk_ids) if chunk_id in alive]
        packed = pack(rows[kept])
        vector_rows.put(
            session,
            parts.embedder.slug,
            [(page.chunk_ids[place], data) for place, data in zip(kept, packed, strict=True)],
        )
        items.advance(session, page.version_ids, Stage.EMBEDDED, only_from=Stage.CHUNKED)
    failpoint("index.after_vectors")
    parts.vectors.add(np.array(page.chunk_ids, dtype=np.int64)[kept], rows[kept])
    failpoint("index.after_chroma")


def _finish(parts: Indexing, progress: Progress) -> tuple[int, int]:
    """EMBEDDED -> INDEXED: what has its vectors joins a story. Returns how many items were placed and versions indexed.

    A version found EMBEDDED after a crash has its vectors in the indexes since `reconcile`.
    """
    with parts.database.read() as session:
        indexed = items.waiting(session).get(Stage.EMBEDDED, 0)
    placed = _place(parts, parts.embedder.slug, progress)
    with parts.database.write() as session:
        items.advance_all(session, Stage.EMBEDDED, Stage.INDEXED)  # what is in no story, or in one from before
    failpoint("index.after_stories")
    return placed, indexed


def _place(parts: Indexing, slug: str | None, progress: Progress) -> int:
    return placing.place(parts.database, parts.decide, embedder_slug=slug, now=parts.clock.now(), progress=progress)


def _without_vectors(parts: Indexing, failure: NoEmbedder, progress: Progress) -> Indexed:
    """No embedder: cut everything that waits, so that its words are found, and place it by its text."""
    while _chunk_a_page(parts):
        pass
    placed = _place(parts, None, progress)
    with parts.database.read() as session:
        waiting = items.waiting(session).get(Stage.CHUNKED, 0)
    return Indexed(placed=placed, waiting=waiting, why=failure.sentence)


def _ids(versions: Sequence[Version]) -> list[int]:
    return [version.id for version in versions if version.id is not None]
