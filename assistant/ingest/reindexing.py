"""Embedding everything that is kept: for another embedder, beside the vectors that serve, or to fill gaps.

It knows nothing of which embedder serves: `assistant.memories.reindex` decides that, and `assistant.service` switches
when the new vectors are complete, so that no store ever holds vectors of two kinds under one name.
"""

from __future__ import annotations

from assistant.ingest.indexing import Indexing, encode
from assistant.progress import Progress
from memory.chunks import Span, chunk_text
from memory.embed import pack
from memory.store import chunks
from memory.store import vectors as vector_rows

PAGE = 256


def embed_missing(parts: Indexing, progress: Progress) -> int:
    """Embed every chunk that has no vector of `parts.embedder`, leaving all others alone; returns how many.

    It may be interrupted at any page and goes on from there.
    """
    done = 0
    with parts.database.read() as session:
        total = vector_rows.count_missing(session, parts.embedder.slug)
    while True:
        with parts.database.read() as session:
            missing = vector_rows.missing(session, parts.embedder.slug, PAGE)
            passages = chunks.passages(session, missing)
        if not passages:
            return done
        texts = [chunk_text(p.title, p.text, Span(p.start, p.end)) for p in passages.values()]
        packed = pack(encode(parts.embedder, texts))
        with parts.database.write() as session:
            alive = chunks.existing(session, list(passages))
            pairs = zip(passages, packed, strict=True)
            vector_rows.put(session, parts.embedder.slug, [pair for pair in pairs if pair[0] in alive])
        done += len(passages)
        progress(done, max(total, done), "embedding")


def rebuild(parts: Indexing, progress: Progress) -> None:
    """Make the indexes of `parts.vectors` anew from the rows, and no others remain in their folder."""
    with parts.vectors.turn, parts.database.read() as session:
        parts.vectors.rebuild(session, lambda done: progress(done, None, "indexing"))
    count_words(parts, progress)


def count_words(parts: Indexing, progress: Progress) -> bool:
    """Make the arrays of frequent words anew, where memory is large and they are not there or too old; whether they were."""
    with parts.database.read() as session:
        if not parts.vectors.frequent.is_due(chunks.count(session)):
            return False
    with parts.vectors.turn:
        parts.vectors.frequent.build(parts.database.path, lambda done: progress(done, None, "counting frequent words"))
    return True


def complete(parts: Indexing) -> None:
    """Fill the indexes of `parts.vectors` with what they lack, beside others in their folder."""
    with parts.vectors.turn, parts.database.read() as session:
        parts.vectors.reconcile(session)
