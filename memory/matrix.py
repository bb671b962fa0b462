"""All vectors of one embedder as a memory-mapped matrix: exact scores over any subset of chunks.

It knows no SQL: a row is a chunk's vector with the chunk's id. `memory.vectors` keeps it in step with the `Vector` rows,
from which it can always be made anew, and asks it where a filter has chosen the chunks.

Two files grow together: `NAME.vectors` (float32 rows) is written first, `NAME.ids` (int64) after it, so that after a
crash the shorter one says how many rows are whole. A removed row keeps its place with the id -1.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from memory.embed import Ids, Rows

GONE = -1
DENSE_SHARE = 0.2
"""Above this share of rows, one product with the whole matrix is faster than gathering the chosen rows."""


class VectorMatrix:
    """The matrix under `folder` for the vectors called `name`. Threads of one process may share it."""

    def __init__(self, folder: Path, name: str, dimension: int) -> None:
        self.name = name
        self._vectors_path = folder / f"{name}.vectors"
        self._ids_path = folder / f"{name}.ids"
        self._dimension = dimension
        self._lock = Lock()
        self._in_order: tuple[Ids, Ids] | None = None
        """The ids in ascending order with their places, once somebody has asked since the last change."""
        folder.mkdir(parents=True, exist_ok=True)
        self._open()

    @property
    def is_on_disk(self) -> bool:
        """Whether its files are still there: somebody may have deleted them under us."""
        return self._vectors_path.exists() and self._ids_path.exists()

    def __len__(self) -> int:
        return int(np.count_nonzero(self._ids != GONE))

    @property
    def gone(self) -> int:
        """Removed rows that still take their place; a rebuild gives it back."""
        return len(self._ids) - len(self)

    def chunk_ids(self) -> Ids:
        """The chunks it holds, in no order."""
        held: Ids = np.extract(self._ids != GONE, self._ids)
        return held

    def add(self, chunk_ids: Ids, rows: Rows) -> None:
        """Append rows; a chunk that is there already is replaced."""
        if not len(chunk_ids):
            return
        with self._lock:
            self._mark_gone(chunk_ids)
            _append(self._vectors_path, np.ascontiguousarray(rows, dtype="<f4").tobytes())
            _append(self._ids_path, chunk_ids.astype("<i8").tobytes())
            self._map()

    def remove(self, chunk_ids: Ids) -> None:
        """Forget rows; chunks that are not there are passed over."""
        with self._lock:
            self._mark_gone(chunk_ids)

    def clear(self) -> None:
        """Leave no row. The files are replaced, not cut: a search under way may still read the old ones."""
        with self._lock:
            self._vectors_path.unlink()
            self._ids_path.unlink()
            self._open()

    def search(self, query: Rows, limit: int, among: Ids | None = None) -> tuple[Ids, Rows]:
        """The `limit` chunks nearest to `query` (dimension,), best first, with cosine scores: of all, or of `among`."""
        with self._lock:
            ids, rows = self._ids, self._rows
        is_chosen = ids != GONE
        if among is not None and len(ids):
            is_chosen &= _membership(among, upto=int(ids.max()))[ids]
        places = np.flatnonzero(is_chosen)
        is_dense = len(places) > DENSE_SHARE * len(ids)
        scores = (rows @ query)[places] if is_dense else rows[places] @ query
        best = _best(scores, limit)
        return np.array(ids[places[best]]), scores[best]

    def gather(self, chunk_ids: Ids) -> dict[int, Rows]:
        """The vector, (dimension,), of each of these chunks that it holds."""
        found, places, rows = self._found(chunk_ids)
        return dict(zip(found.tolist(), np.asarray(rows[places]), strict=True))

    def differing(self, chunk_ids: Ids, rows: Rows) -> Ids:
        """Those of these chunks that it does not hold, or not with these rows (n, dimension), bit by bit."""
        found, places, held = self._found(chunk_ids)
        is_same = (held[places] == rows[np.isin(chunk_ids, found)]).all(axis=1)
        return np.setdiff1d(chunk_ids, found[is_same])

    def _found(self, chunk_ids: Ids) -> tuple[Ids, Ids, Rows]:
        """Those of these chunks that it holds, in their order, their places, and all rows.

        Among a million ids in order, a few hundred are found at once; to go through all of them takes as long as a search.
        """
        with self._lock:
            ids, rows = self._ids, self._rows
            if self._in_order is None:
                order = np.argsort(ids, kind="stable")
                self._in_order = np.array(ids[order]), order
            known, order = self._in_order
        if not len(known):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), rows
        places = order[np.minimum(np.searchsorted(known, chunk_ids), len(known) - 1)]
        is_held = ids[places] == chunk_ids  # one that was removed since is not
        return chunk_ids[is_held], places[is_held], rows

    def _open(self) -> None:
        """Cut both files back to their whole rows, then map them."""
        for path in (self._vectors_path, self._ids_path):
            path.touch(mode=0o600)
        row_bytes, id_bytes = 4 * self._dimension, 8
        whole = min(self._vectors_path.stat().st_size // row_bytes, self._ids_path.stat().st_size // id_bytes)
        os.truncate(self._vectors_path, whole * row_bytes)
        os.truncate(self._ids_path, whole * id_bytes)
        self._map()

    def _map(self) -> None:
        self._in_order = None
        if self._ids_path.stat().st_size == 0:
            self._ids = np.empty(0, dtype=np.int64)
            self._rows = np.empty((0, self._dimension), dtype=np.float32)
            return
        self._ids = np.memmap(self._ids_path, dtype="<i8", mode="r+")
        self._rows = np.memmap(self._vectors_path, dtype="<f4", mode="r").reshape(-1, self._dimension)

    def _mark_gone(self, chunk_ids: Ids) -> None:
        if len(self._ids):
            self._ids[np.isin(self._ids, chunk_ids)] = GONE


def _membership(chunk_ids: Ids, upto: int) -> NDArray[np.bool_]:
    """A table that answers `is chunk i among chunk_ids` for every i from 0 to `upto`, and `no` for -1, its last place."""
    table = np.zeros(upto + 2, dtype=bool)
    table[chunk_ids[chunk_ids <= upto]] = True
    return table


def _best(scores: Rows, limit: int) -> Ids:
    """Places of the `limit` greatest scores, greatest first."""
    if len(scores) > limit:
        top = np.argpartition(scores, len(scores) - limit)[len(scores) - limit :]
    else:
        top = np.arange(len(scores))
    return top[np.argsort(-scores[top], kind="stable")]


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
