"""What recall and the vector indexes read: ids by filter, vectors page by page, and the items behind chunks.

Many ids come back as one string that numpy parses: a tenth of the time of as many rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from memory.embed import Ids, Rows, unpack
from memory.models import Chunk, Item, Source, Vector, Version
from memory.store.items import ItemFilter

PAGE = 2000


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that may be shown, with what a reader wants to know of its item."""

    chunk_id: int
    item_id: int
    external_id: str
    kind: str
    source: str
    title: str
    text: str
    """Of the chunk alone."""
    url: str
    authors: tuple[str, ...]
    language: str
    published: datetime


def chunk_ids(session: Session, chosen: ItemFilter) -> Ids:
    """The chunks of the items that a filter lets through."""
    joined = (
        select(func.aggregate_strings(col(Chunk.id), ","))
        .select_from(Item)
        .join(Version, col(Version.item_id) == col(Item.id))
        .join(Chunk, col(Chunk.version_id) == col(Version.id))
    )
    return _ids(session, joined.where(*chosen.conditions()))


def embedded_chunks(session: Session, embedder: str) -> Ids:
    """The chunks that have a vector of this embedder."""
    return _ids(session, select(func.aggregate_strings(col(Vector.chunk_id), ",")).where(Vector.embedder == embedder))


def vectors(session: Session, embedder: str, dimension: int, chosen: Ids | None = None) -> Iterator[tuple[Ids, Rows]]:
    """Pages of chunk ids and their vectors: of all chunks, or of the `chosen`."""
    wanted = embedded_chunks(session, embedder) if chosen is None else chosen
    for start in range(0, len(wanted), PAGE):
        found = session.exec(
            select(Vector.chunk_id, Vector.data).where(
                Vector.embedder == embedder, col(Vector.chunk_id).in_(wanted[start : start + PAGE].tolist())
            )
        ).all()
        if found:
            yield np.array([row[0] for row in found], dtype=np.int64), unpack([row[1] for row in found], dimension)


def passages(session: Session, chunk_ids: Collection[int], chosen: ItemFilter) -> dict[int, Passage]:
    """The chunks of these that a filter lets through."""
    text = func.substr(col(Version.text), col(Chunk.start) + 1, col(Chunk.end) - col(Chunk.start))
    found: Iterable[Any] = session.exec(
        select(  # type: ignore[call-overload]  # sqlmodel types up to four columns
            col(Chunk.id).label("chunk_id"), col(Item.id).label("item_id"), Item.external_id, Item.kind,
            col(Source.name).label("source"), Version.title, text.label("text"), Item.url, Item.authors, Item.language,
            col(Item.published_at).label("published"),
        )
        .join(Version, col(Version.id) == col(Chunk.version_id))
        .join(Item, col(Item.id) == col(Version.item_id))
        .join(Source, col(Source.id) == col(Item.source_id))
        .where(col(Chunk.id).in_(chunk_ids), *chosen.conditions())
    )  # fmt: skip
    return {row[0]: Passage(**{**row._mapping, "authors": tuple(row.authors)}) for row in found}


def _ids(session: Session, joined: SelectOfScalar[str]) -> Ids:
    return np.fromstring(session.exec(joined).one() or "", dtype=np.int64, sep=",")
