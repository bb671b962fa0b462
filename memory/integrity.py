"""Whether the database, the full text and both vector indexes are sound and say the same; and making anew what does not.

Rows are the truth: what differs from them is rebuilt, and what is wrong with the rows themselves is only said. It knows
no embedding model beyond its name and dimension. `assistant.doctor` asks it, and does what only a model can.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from memory import lexical
from memory.embed import Ids, Rows
from memory.index import IndexFailed
from memory.store import integrity, lookup
from memory.store import vectors as vector_rows
from memory.store.connection import Database
from memory.vectors import Vectors

SAMPLE = 500
"""Vectors of the approximate index that are compared with their rows; of the exact one all are."""
NEAR = 1e-4
"""Chroma gives back what it was given, up to rounding."""

OnStep = Callable[[int, int | None, str], None]


class Part(StrEnum):
    """What can be at fault."""

    DATABASE = "database"
    FULL_TEXT = "full text"
    VECTORS = "vectors"
    """The rows that hold them."""
    INDEX = "index"
    """The two indexes over them, which are made anew together."""


@dataclass(frozen=True, slots=True)
class Fault:
    part: Part
    sentence: str


def of_database(database: Database) -> list[Fault]:
    """Damage to the file, and rows that refer to rows that are gone. Nothing but a copy made earlier mends it."""
    return [Fault(Part.DATABASE, sentence) for sentence in database.check()]


def of_full_text(session: Session) -> list[Fault]:
    """Where the full text says something else than the rows."""
    try:
        found = integrity.full_text(session)
    except DatabaseError as err:  # SQLite's word for an index that makes no sense
        return [Fault(Part.FULL_TEXT, f"The full text cannot be read: {err.orig}.")]
    said = (
        (found.unindexed, "texts are not in the full text"),
        (found.stray, "entries of the full text belong to no text"),
        (found.unindexed_turns, "turns of conversations are not in the full text"),
        (found.stray_turns, "entries of the full text belong to no turn"),
        (found.lost, f"of {integrity.SAMPLE} sampled texts are not found by words of theirs"),
    )
    return [Fault(Part.FULL_TEXT, f"{number} {what}.") for number, what in said if number]


def of_vectors(session: Session, slug: str, dimension: int) -> list[Fault]:
    """Texts whose vector is missing or of the wrong length."""
    missing = integrity.without_vector(session, slug)
    misshapen = len(integrity.misshapen_vectors(session, slug, dimension))
    said = ((missing, "indexed texts have no vector"), (misshapen, "vectors have the wrong length"))
    return [Fault(Part.VECTORS, f"{number} {what}.") for number, what in said if number]


def of_indexes(session: Session, vectors: Vectors, dimension: int) -> list[Fault]:
    """Where the matrix and Chroma hold something else than the rows: by id in full, by value in full and by sample."""
    misshapen = integrity.misshapen_vectors(session, vectors.slug, dimension)
    rows = np.setdiff1d(lookup.embedded_chunks(session, vectors.slug), np.array(misshapen, dtype=np.int64))
    return [*_of_matrix(session, vectors, rows, dimension), *_of_approximate(session, vectors, rows, dimension)]


def repair(database: Database, vectors: Vectors, parts: Collection[Part], on_step: OnStep) -> None:
    """Make these parts anew from the rows. The caller holds `vectors.turn`.

    Vectors of the wrong length go, so that whoever has the embedder gives their texts new ones before the indexes.
    """
    if Part.FULL_TEXT in parts:
        on_step(0, None, "making the full text anew")
        with database.write() as session:
            lexical.rebuild(session)
    if Part.INDEX in parts:
        with database.read() as session:
            vectors.rebuild(session, lambda done: on_step(done, None, "making the vector indexes anew"))


def drop_misshapen(database: Database, slug: str, dimension: int) -> int:
    """Delete the vectors that cannot be this embedder's; returns how many."""
    with database.write() as session:
        wrong = integrity.misshapen_vectors(session, slug, dimension)
        if wrong:
            vector_rows.remove(session, slug, wrong)
    return len(wrong)


def _of_matrix(session: Session, vectors: Vectors, rows: Ids, dimension: int) -> list[Fault]:
    held = vectors.matrix.chunk_ids()
    differing = sum(
        len(vectors.matrix.differing(ids, kept))
        for ids, kept in lookup.vectors(session, vectors.slug, dimension, np.intersect1d(rows, held))
    )
    return _compared("exact index", rows, held, differing, "")


def _of_approximate(session: Session, vectors: Vectors, rows: Ids, dimension: int) -> list[Fault]:
    try:
        missing, surplus = vectors.index.missing(rows), vectors.index.surplus(rows)
        sampled = np.setdiff1d(rows, missing)[:: max(1, len(rows) // SAMPLE)]
        differing = 0
        for ids, kept in lookup.vectors(session, vectors.slug, dimension, sampled):
            differing += _differing(vectors.index.rows(ids), ids, kept)
    except IndexFailed as failure:
        return [Fault(Part.INDEX, failure.sentence)]
    held = np.union1d(np.setdiff1d(rows, missing), surplus)
    return _compared("approximate index", rows, held, differing, f" of {len(sampled)} sampled")


def _compared(name: str, rows: Ids, held: Ids, differing: int, of: str) -> list[Fault]:
    missing, surplus = len(np.setdiff1d(rows, held)), len(np.setdiff1d(held, rows))
    said = (
        (missing, f"of {len(rows)} vectors are not in the {name}"),
        (surplus, f"vectors of the {name} belong to no text"),
        (differing, f"vectors{of} in the {name} are not those of their texts"),
    )
    return [Fault(Part.INDEX, f"{number} {what}.") for number, what in said if number]


def _differing(found: tuple[Ids, Rows], ids: Ids, kept: Rows) -> int:
    """How many of the `kept` rows the index gave back otherwise, or not at all."""
    places = {chunk_id: place for place, chunk_id in enumerate(found[0].tolist())}
    same = sum(
        chunk_id in places and bool(np.abs(found[1][places[chunk_id]] - row).max() <= NEAR)
        for chunk_id, row in zip(ids.tolist(), kept, strict=True)
    )
    return len(ids) - same
