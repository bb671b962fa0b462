"""Chunks of texts: where they start and end, and where the text of each comes from.

`assistant.ingest.indexing` puts them; recall asks what a chunk that it found belongs to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, col, func, select

from memory.chunks import Span
from memory.models import Chunk, Version


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk with the item it is of. `text` is the whole text of the version; `start` and `end` lie in it."""

    chunk_id: int
    item_id: int
    title: str
    text: str
    start: int
    end: int


def put(session: Session, spans: Sequence[tuple[int, Sequence[Span]]]) -> list[list[int]]:
    """Keep the spans of versions, given as (version id, spans): the ids of the chunks, a list a version.

    What was there of these versions is replaced, so that doing it twice is doing it once.
    """
    remove(session, [version_id for version_id, _ in spans])
    rows = [
        {"version_id": version_id, "ord": ord_, "start": span.start, "end": span.end}
        for version_id, parts in spans
        for ord_, span in enumerate(parts)
    ]
    if not rows:
        return [[] for _ in spans]
    ids: Iterator[Any] = iter(
        session.scalars(insert(Chunk).returning(col(Chunk.id), sort_by_parameter_order=True), rows)
    )
    return [[next(ids) for _ in parts] for _, parts in spans]


def remove(session: Session, version_ids: Collection[int]) -> None:
    """Delete the chunks of versions, with their full text and vectors."""
    session.exec(delete(Chunk).where(col(Chunk.version_id).in_(version_ids)))


def of_versions(session: Session, version_ids: Collection[int]) -> dict[int, list[Chunk]]:
    """The chunks of each version that has some, in order."""
    found: dict[int, list[Chunk]] = {}
    chosen = select(Chunk).where(col(Chunk.version_id).in_(version_ids)).order_by(col(Chunk.version_id), col(Chunk.ord))
    for chunk in session.exec(chosen):
        found.setdefault(chunk.version_id, []).append(chunk)
    return found


def count(session: Session) -> int:
    return session.exec(select(func.count(col(Chunk.id)))).one()


def existing(session: Session, chunk_ids: Collection[int]) -> set[int]:
    """Those of the chunks that are still there."""
    found = session.exec(select(Chunk.id).where(col(Chunk.id).in_(chunk_ids)))
    return {chunk_id for chunk_id in found if chunk_id is not None}


def passages(session: Session, chunk_ids: Collection[int]) -> dict[int, Passage]:
    """The passages of these chunks, less those that are gone."""
    rows = session.exec(
        select(Chunk, Version)
        .join(Version, col(Version.id) == col(Chunk.version_id))
        .where(col(Chunk.id).in_(chunk_ids))
    )
    return {
        chunk.id: Passage(chunk.id, version.item_id, version.title, version.text, chunk.start, chunk.end)
        for chunk, version in rows
        if chunk.id is not None
    }
