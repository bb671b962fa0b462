"""Whether what follows from the rows is there and no more: which chunks lack their words or their vectors.

It reads and never writes. SQLite's own check of the full text would hold every writer back for minutes in a large home;
here ids are compared in full and words by a sample. `memory.integrity` asks it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from memory import lexical
from memory.models import Chunk, Stage, Vector, Version

SAMPLE = 64
"""Chunks of which a word is looked for."""
SAMPLED_CHARACTERS = 400

_COUNTS = {
    "unindexed": "SELECT count(*) FROM chunk WHERE id NOT IN (SELECT id FROM words_docsize)",
    "stray": "SELECT count(*) FROM words_docsize WHERE id NOT IN (SELECT id FROM chunk)",
    "unindexed_turns": "SELECT count(*) FROM turn WHERE undone_at IS NULL "
    "AND id NOT IN (SELECT id FROM words_of_turns_docsize)",
    "stray_turns": "SELECT count(*) FROM words_of_turns_docsize WHERE id NOT IN (SELECT id FROM turn)",
}


@dataclass(frozen=True, slots=True)
class FullText:
    """How far the full text is from the rows, in chunks and in turns of conversations."""

    unindexed: int
    stray: int
    unindexed_turns: int
    stray_turns: int
    lost: int
    """Of the `SAMPLE` chunks, those that are not found by a word of their own."""

    @property
    def is_sound(self) -> bool:
        return not (self.unindexed or self.stray or self.unindexed_turns or self.stray_turns or self.lost)


def full_text(session: Session) -> FullText:
    """Compare the full text with the rows."""
    connection = session.connection()
    counts = {name: int(connection.scalar(text(query)) or 0) for name, query in _COUNTS.items()}
    return FullText(**counts, lost=_lost(session))


def without_vector(session: Session, embedder: str) -> int:
    """How many chunks of texts that count as indexed have no vector of this embedder."""
    seen = select(Vector.chunk_id).where(Vector.chunk_id == Chunk.id, Vector.embedder == embedder).exists()
    chosen = select(func.count(col(Chunk.id))).join(Version, col(Version.id) == col(Chunk.version_id))
    done = col(Version.stage).in_([Stage.EMBEDDED, Stage.INDEXED])
    return session.exec(chosen.where(done, ~seen)).one()


def misshapen_vectors(session: Session, embedder: str, dimension: int) -> list[int]:
    """The chunks whose vector has not the length that this embedder's vectors have."""
    wrong = func.length(Vector.data) != 4 * dimension
    return list(session.exec(select(Vector.chunk_id).where(Vector.embedder == embedder, wrong)))


def _lost(session: Session) -> int:
    """Chunks, spread over all of them, that none of their own words finds."""
    first, last = session.exec(select(func.min(Chunk.id), func.max(Chunk.id))).one()
    if first is None or last is None:
        return 0
    step = max(1, (last - first + 1) // SAMPLE)
    said = func.substr(col(Version.text), col(Chunk.start) + 1, SAMPLED_CHARACTERS)
    spread = select(Chunk.id, said).join(Version, col(Version.id) == col(Chunk.version_id))
    sampled = session.exec(spread.where((col(Chunk.id) - first) % step == 0).limit(2 * SAMPLE)).all()
    found = text("SELECT 1 FROM words WHERE words MATCH :term AND rowid = :chunk")
    lost = 0
    for chunk_id, opening in sampled:
        term = max(lexical.terms(opening or ""), key=len, default="")
        if term and session.connection().scalar(found, {"term": term, "chunk": chunk_id}) is None:
            lost += 1
    return lost
