"""The approximate index behind `memory.index.Index`: Chroma in a process of its own.

Chroma takes some 100 MB beside the vectors, and is native code. Here both are the worker's: it starts when vectors are
added, or searched among very many, and ends after `idle_s`, which gives the memory back. A crash costs one retry; while
it lasts, searches are exact. And only a process that never saw a vector is sure not to write it: Chroma's files hold
memory that was not cleared, which matters to `erase`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from connectors.child.parent import Child
from connectors.child.pipe import ChildFailure
from memory.embed import Ids, Rows
from memory.index import IndexFailed, VectorIndex

START_S = 180.0
SEARCH_S, CHANGE_S = 10.0, 120.0


class WorkerIndex:
    """The index called `name` under `folder`. Safe to share between threads, which take turns."""

    def __init__(self, folder: Path, name: str, *, idle_s: float | None = None) -> None:
        served = partial(VectorIndex, folder, name)
        self._child = Child(served, name="telos-index", idle_s=idle_s, start_s=START_S)

    def __len__(self) -> int:
        return int(self._call("__len__", deadline_s=CHANGE_S))

    def add(self, chunk_ids: Ids, rows: Rows) -> None:
        self._call("add", chunk_ids, rows, deadline_s=CHANGE_S)

    def remove(self, chunk_ids: Ids) -> None:
        if len(chunk_ids):
            self._call("remove", chunk_ids, deadline_s=CHANGE_S)

    def search(self, query: Rows, limit: int) -> tuple[Ids, Rows]:
        found: tuple[Ids, Rows] = self._call("search", query, limit, deadline_s=SEARCH_S)
        return found

    def missing(self, chunk_ids: Ids) -> Ids:
        missing: Ids = self._call("missing", chunk_ids, deadline_s=CHANGE_S)
        return missing

    def surplus(self, chunk_ids: Ids) -> Ids:
        surplus: Ids = self._call("surplus", chunk_ids, deadline_s=CHANGE_S)
        return surplus

    def rows(self, chunk_ids: Ids) -> tuple[Ids, Rows]:
        found: tuple[Ids, Rows] = self._call("rows", chunk_ids, deadline_s=CHANGE_S)
        return found

    def destroy(self) -> None:
        self._call("destroy", deadline_s=CHANGE_S)

    @property
    def pid(self) -> int | None:
        """Of the process that holds the index, while there is one."""
        return self._child.pid

    def rss_mb(self) -> float:
        return self._child.rss_mb()

    def close(self) -> None:
        """End the process for good."""
        self._child.close()

    def _call(self, method: str, *arguments: Any, deadline_s: float) -> Any:
        """Every method may be called twice: adding and removing again changes nothing."""
        try:
            return self._child.call_twice(method, *arguments, deadline_s=deadline_s)
        except ChildFailure as err:
            raise IndexFailed(
                f"The vector index failed twice: {err}", "`telos memory reindex` makes it anew from the database."
            ) from err
