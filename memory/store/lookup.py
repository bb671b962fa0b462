"""What recall and the vector indexes read: ids by filter, vectors page by page, and the items behind chunks.

Many ids come back as one string that numpy parses: a tenth of the time of as many rows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func, text
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from memory.embed import Ids, Rows, unpack
from memory.models import Chunk, Item, Source, Vector, Version
from memory.store.items import ItemFilter

PAGE = 2000
_NEIGHBOUR = """
    (SELECT id FROM item WHERE source_id = here.source_id AND thread_id = here.thread_id
     AND (published_at, id) {than} (here.published_at, here.id) AND hidden_at IS NULL AND deleted_at IS NULL
     ORDER BY published_at {order}, id {order} LIMIT 1 OFFSET {skipped})
"""
_BESIDE = "SELECT chunk.id, {} FROM chunk {} WHERE here.thread_id != ''".format(  # noqa: S608
    ", ".join(
        _NEIGHBOUR.format(than=than, order=order, skipped=skipped)
        for skipped in (0, 1)
        for than, order in (("<", "DESC"), (">", "ASC"))
    ),
    "JOIN version ON version.id = chunk.version_id JOIN item AS here ON here.id = version.item_id"
    " JOIN json_each(:chunks) AS chosen ON chosen.value = chunk.id",
)


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
    thread_id: str
    url: str
    authors: tuple[str, ...]
    language: str
    published: datetime


def chunk_ids(session: Session, chosen: ItemFilter) -> Ids:
    """The chunks of the items that a filter lets through.

    The items are named first: as one join SQLite looked at every chunk there is for the few of a day, ten times as long.
    """
    items = select(Item.id).where(*chosen.conditions())
    joined = select(func.aggregate_strings(col(Chunk.id), ",")).join(Version, col(Chunk.version_id) == col(Version.id))
    return _ids(session, joined.where(col(Version.item_id).in_(items)))


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
    part = func.substr(col(Version.text), col(Chunk.start) + 1, col(Chunk.end) - col(Chunk.start))
    found: Iterable[Any] = session.exec(
        select(  # type: ignore[call-overload]  # sqlmodel types up to four columns
            col(Chunk.id).label("chunk_id"), col(Item.id).label("item_id"), Item.external_id, Item.kind,
            col(Source.name).label("source"), Version.title, part.label("text"), Item.thread_id, Item.url, Item.authors, Item.language,
            col(Item.published_at).label("published"),
        )
        .join(Version, col(Version.id) == col(Chunk.version_id))
        .join(Item, col(Item.id) == col(Version.item_id))
        .join(Source, col(Source.id) == col(Item.source_id))
        .where(col(Chunk.id).in_(chunk_ids), *chosen.conditions())
    )  # fmt: skip
    return {row[0]: Passage(**{**row._mapping, "authors": tuple(row.authors)}) for row in found}


def speakers(session: Session, chunk_ids: Collection[int]) -> set[str]:
    """Who wrote the items of these chunks that belong to conversations."""
    chosen = (
        select(Item.authors)
        .join(Version, col(Version.item_id) == col(Item.id))
        .join(Chunk, col(Chunk.version_id) == col(Version.id))
        .where(col(Chunk.id).in_(chunk_ids), Item.thread_id != "")
    )
    return {author for authors in session.exec(chosen) for author in authors}


def beside(session: Session, chunk_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """For each of these chunks that belongs to a conversation: chunks of the items just before and after its own, the nearest
    first, two on either side at most. Hidden items and those gone upstream stand beside nothing."""
    found = session.connection().execute(text(_BESIDE), {"chunks": json.dumps([int(one) for one in chunk_ids])}).all()
    first = _first_chunks(session, {item_id for row in found for item_id in row[1:] if item_id is not None})
    return {row[0]: tuple(first[item_id] for item_id in row[1:] if item_id in first) for row in found}


def _first_chunks(session: Session, item_ids: Collection[int]) -> dict[int, int]:
    chosen = (
        select(Version.item_id, func.min(Chunk.id))
        .join(Chunk, col(Chunk.version_id) == col(Version.id))
        .where(col(Version.item_id).in_(item_ids))
        .group_by(col(Version.item_id))
    )
    return {item_id: chunk_id for item_id, chunk_id in session.exec(chosen) if chunk_id is not None}


def _ids(session: Session, joined: SelectOfScalar[str]) -> Ids:
    return np.fromstring(session.exec(joined).one() or "", dtype=np.int64, sep=",")
