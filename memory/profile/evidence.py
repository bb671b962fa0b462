"""Everything that teaches, as columns: the lessons, and what was read in each. Loaded once for each derivation.

It knows rows and codes, and no belief. `memory.profile.deriving` finds circles and beliefs in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from memory.embed import Ids
from memory.profile.compared import Floats, Seen
from memory.profile.scope import family
from memory.store import lessons

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Teacher:
    """A lesson. `embedder` is empty where it has no vector."""

    id: int
    at: datetime
    kind: str
    recipient: str
    domain: str
    source: str
    embedder: str

    @property
    def reader(self) -> str:
        return reader_of(self)

    @property
    def house(self) -> str:
        """What joins readers: their domain."""
        return self.domain or self.reader


class _Read(Protocol):
    @property
    def recipient(self) -> str: ...

    @property
    def source(self) -> str: ...


def reader_of(one: _Read) -> str:
    """Whoever a text is for, and where there is no one, where it comes from: what tells texts apart most."""
    return one.recipient or (f"from {one.source}" if one.source else "")


@dataclass(frozen=True)
class Evidences:
    """`lessons` oldest first, and their `vectors` (n, dimension), zero for one without or by another embedder. Of each
    evidence, in the lessons' order: `ids`, `lesson` (its place in `lessons`), `dimension`, `value` (codes; a value's code
    is of its dimension too), `amount` and the one `before` (NaN for what is not measured), `is_active`, `strength`."""

    lessons: tuple[Teacher, ...]
    vectors: Floats
    ids: Ids
    lesson: Ids
    dimension: Ids
    value: Ids
    amount: NDArray[np.float64]
    before: NDArray[np.float64]
    is_active: NDArray[np.bool_]
    strength: NDArray[np.float64]
    dimensions: tuple[str, ...]
    values: tuple[tuple[int, str], ...]
    """Of each code of a value: its dimension's code, and the value."""

    @classmethod
    def load(cls, session: Session, embedder: str | None = None) -> Self:
        """What is live now. Vectors are by `embedder`; without a name by that of the latest lesson with one."""
        rows = lessons.live(session)
        if embedder is None:
            embedder = next((row.embedder for row in reversed(rows) if row.vector), "")
        packed = [row.vector if row.vector and row.embedder == embedder else None for row in rows]
        width = next((len(one) // 4 for one in packed if one is not None), 0)
        vectors = np.zeros((len(rows), width), dtype=np.float32)
        for number, one in enumerate(packed):
            if one is not None and len(one) == 4 * width:
                vectors[number] = np.frombuffer(one, dtype="<f4")
        taught = tuple(
            Teacher(row.id, row.at, family(row.kind), row.recipient, row.domain, row.source, row.embedder)
            for row in rows
        )
        return cls._of(taught, vectors, lessons.teaching(session))

    @classmethod
    def _of(cls, taught: tuple[Teacher, ...], vectors: Floats, rows: Sequence[Any]) -> Self:
        place = {one.id: number for number, one in enumerate(taught)}
        dimensions: dict[str, int] = {}
        values: dict[tuple[int, str], int] = {}
        dimension: list[int] = []
        value: list[int] = []
        for row in rows:
            of = dimensions.setdefault(row[2], len(dimensions))
            dimension.append(of)
            value.append(values.setdefault((of, row[3]), len(values)))
        lesson = np.array([place[row[1]] for row in rows], dtype=np.int64)
        order = np.argsort(lesson, kind="stable")
        return cls(
            lessons=taught,
            vectors=vectors,
            ids=np.array([row[0] for row in rows], dtype=np.int64)[order],
            lesson=lesson[order],
            dimension=np.array(dimension, dtype=np.int64)[order],
            value=np.array(value, dtype=np.int64)[order],
            amount=np.array([np.nan if row[4] is None else row[4] for row in rows], dtype=np.float64)[order],
            before=np.array([np.nan if row[4] is None else _number(row[5]) for row in rows], dtype=np.float64)[order],
            is_active=np.array([row[6] for row in rows], dtype=np.bool_)[order],
            strength=np.array([row[7] for row in rows], dtype=np.float64)[order],
            dimensions=tuple(dimensions),
            values=tuple(values),
        )

    @cached_property
    def age_days(self) -> NDArray[np.float64]:
        """(lessons,): how much older each is than the latest."""
        if not self.lessons:
            return np.zeros(0)
        at = np.array([one.at.timestamp() for one in self.lessons])
        ages: NDArray[np.float64] = (at[-1] - at) / DAY_S
        return ages

    def families(self) -> dict[str, Ids]:
        """The places of the lessons of each family of kinds."""
        kinds = np.array([one.kind for one in self.lessons], dtype=object)
        return {kind: np.flatnonzero(kinds == kind).astype(np.int64) for kind in sorted(set(kinds.tolist()))}

    def seen(self, lessons: Ids) -> tuple[Seen, dict[str, int], dict[str, int]]:
        """These lessons as circles are found in them, with the codes of their readers and houses.

        Values of a dimension that has only one tell no lessons apart and are left out.
        """
        inside = np.full(len(self.lessons), -1)
        inside[lessons] = np.arange(len(lessons))
        mine = (inside[self.lesson] >= 0) & (self.strength > 0)
        row, dimension, value = inside[self.lesson[mine]], self.dimension[mine], self.value[mine]
        amount, is_active = self.amount[mine], self.is_active[mine]
        measured = np.isfinite(amount)
        of_reader = [self.lessons[one].reader for one in lessons]
        of_house = [self.lessons[one].house for one in lessons]
        readers, houses = _codes(of_reader), _codes(of_house)
        seen = Seen(
            vectors=self.vectors[lessons],
            readers=_coded(of_reader, readers),
            domains=_coded(of_house, houses),
            values=_table(len(lessons), row[~measured], dimension[~measured], value[~measured]),
            amounts=_measures(len(lessons), row, dimension, np.log(np.maximum(amount, 0.5)), measured),
            is_set=_measures(len(lessons), row, dimension, is_active.astype(np.float64), measured) > 0,
        )
        return seen, readers, houses


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        return np.nan


def _codes(names: Sequence[str]) -> dict[str, int]:
    """In order of appearance; none where no name is given at all."""
    found: dict[str, int] = {}
    for name in names:
        found.setdefault(name, len(found))
    return found if any(found) else {}


def _coded(names: Sequence[str], codes: dict[str, int]) -> Ids:
    return np.array([codes.get(name, -1) for name in names], dtype=np.int64)


def _table(count: int, row: Ids, dimension: Ids, value: Ids) -> Ids:
    """(count, dimensions): the codes of values, each counted from 0 in its dimension, -1 where nothing was seen."""
    columns: list[Ids] = []
    for one in np.unique(dimension):
        mine = dimension == one
        names, codes = np.unique(value[mine], return_inverse=True)
        if len(names) > 1:
            column = np.full(count, -1, dtype=np.int64)
            column[row[mine]] = codes
            columns.append(column)
    return np.stack(columns, axis=1) if columns else np.zeros((count, 0), dtype=np.int64)


def _measures(count: int, row: Ids, dimension: Ids, amount: NDArray[np.float64], chosen: NDArray[np.bool_]) -> Floats:
    """(count, measures): what was chosen, NaN elsewhere."""
    columns: list[Floats] = []
    for one in np.unique(dimension[chosen]):
        mine = chosen & (dimension == one)
        column = np.full(count, np.nan, dtype=np.float32)
        column[row[mine]] = amount[mine]
        columns.append(column)
    return np.stack(columns, axis=1) if columns else np.zeros((count, 0), dtype=np.float32)
