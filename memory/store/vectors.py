"""The vectors of chunks as rows: float32, little endian, unit length, one for each embedder that is kept.

They are the truth that the vector indexes are built from. `assistant.ingest.indexing` puts them; `memory.index` and
`memory.matrix` read them back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert
from sqlmodel import Session, col, func, select

from memory.models import Chunk, Item, Vector, Version
from memory.store.items import current


def put(session: Session, embedder: str, vectors: Sequence[tuple[int, bytes]]) -> None:
    """Keep (chunk id, vector) pairs; one that is there for this embedder is replaced."""
    if not vectors:
        return
    remove(session, embedder, [chunk_id for chunk_id, _ in vectors])
    rows = [{"chunk_id": chunk_id, "embedder": embedder, "data": data} for chunk_id, data in vectors]
    session.exec(insert(Vector), params=rows)


def remove(session: Session, embedder: str, chunk_ids: Collection[int] | None = None) -> None:
    """Delete these vectors of an embedder, or all it has."""
    chosen = delete(Vector).where(col(Vector.embedder) == embedder)
    if chunk_ids is not None:
        chosen = chosen.where(col(Vector.chunk_id).in_(chunk_ids))
    session.exec(chosen)


def has_any(session: Session, embedder: str = "") -> bool:
    """Whether there is a vector of this embedder, or of any."""
    query = select(Vector.chunk_id).limit(1)
    return session.exec(query.where(Vector.embedder == embedder) if embedder else query).first() is not None


def missing(session: Session, embedder: str, limit: int) -> list[int]:
    """Chunks that this embedder has not seen, in ascending order."""
    seen = select(Vector.chunk_id).where(Vector.chunk_id == Chunk.id, Vector.embedder == embedder).exists()
    rows = session.exec(select(Chunk.id).where(~seen).order_by(col(Chunk.id)).limit(limit))
    return [chunk_id for chunk_id in rows if chunk_id is not None]


def count_missing(session: Session, embedder: str) -> int:
    """How many chunks this embedder has not seen."""
    seen = select(Vector.chunk_id).where(Vector.chunk_id == Chunk.id, Vector.embedder == embedder).exists()
    return session.exec(select(func.count(col(Chunk.id))).where(~seen)).one()


def lead_vectors(session: Session, item_ids: Collection[int], embedder: str) -> dict[int, bytes]:
    """The vector of the first chunk of each item's current version, where there is one."""
    rows = session.exec(
        select(Item.id, Vector.data)
        .select_from(Item)
        .join(Version, current())
        .join(Chunk, (col(Chunk.version_id) == col(Version.id)) & (col(Chunk.ord) == 0))
        .join(Vector, (col(Vector.chunk_id) == col(Chunk.id)) & (col(Vector.embedder) == embedder))
        .where(col(Item.id).in_(item_ids))
    )
    return {item_id: data for item_id, data in rows if item_id is not None}
