"""The approximate index over all vectors of one embedder: Chroma, holding ids and vectors, never texts or metadata.

It knows no SQL and no matrix; `memory.vectors` fills and asks it. It is never the truth: it is made anew from `Vector`
rows into a fresh folder, so that nothing erased stays on disk in a page that Chroma has not yet overwritten.

Only one process may hold the folder open (two writers corrupt it silently). The service hands `Vectors` an `Index` that
keeps this one in a process of its own; the lock on the home sees to it that there is one service.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Protocol

import numpy as np

from memory.embed import Ids, Rows
from memory.errors import MemoryFailure

HNSW = {"space": "ip", "max_neighbors": 24, "ef_construction": 200, "ef_search": 200}
"""Recall at ten .98 at 100,000 vectors; Chroma's defaults give .88."""

ADD_AT_ONCE = 512


class IndexFailed(MemoryFailure):
    """The index did not answer. Nothing is lost: it follows from the rows."""


class Index(Protocol):
    """What `memory.vectors` needs of an approximate index. Each method may raise IndexFailed."""

    def __len__(self) -> int: ...

    def add(self, chunk_ids: Ids, rows: Rows) -> None:
        """Put vectors in; a chunk that is there already is replaced."""
        ...

    def remove(self, chunk_ids: Ids) -> None:
        """Forget vectors; chunks that are not there are passed over."""
        ...

    def search(self, query: Rows, limit: int) -> tuple[Ids, Rows]:
        """The chunks nearest to `query` (dimension,), best first, with their cosine scores."""
        ...

    def missing(self, chunk_ids: Ids) -> Ids:
        """Those of `chunk_ids` that it does not hold."""
        ...

    def surplus(self, chunk_ids: Ids) -> Ids:
        """What it holds beyond `chunk_ids`."""
        ...

    def rows(self, chunk_ids: Ids) -> tuple[Ids, Rows]:
        """Those of `chunk_ids` that it holds, in any order, with their vectors (n, dimension)."""
        ...

    def destroy(self) -> None:
        """Remove all of it from disk. It is empty afterwards and may be used again."""
        ...

    def close(self) -> None:
        """Let go of the files; the next use opens them again."""
        ...


class VectorIndex:
    """The collection called `name` in a folder of its own under `folder`. Chroma is loaded at the first use."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder / f"{name}.chroma"
        self._turn = RLock()
        self._client: Any = None
        self._collection: Any = None
        self._count: int | None = None
        """Of the vectors held, once it has been asked: counting 100,000 takes Chroma longer than a search."""

    def __len__(self) -> int:
        with self._chroma() as collection:
            if self._count is None:
                self._count = int(collection.count())
            return self._count

    def add(self, chunk_ids: Ids, rows: Rows) -> None:
        with self._chroma() as collection:
            self._count = None
            for start in range(0, len(chunk_ids), ADD_AT_ONCE):
                part = slice(start, start + ADD_AT_ONCE)
                collection.upsert(ids=_names(chunk_ids[part]), embeddings=rows[part])

    def remove(self, chunk_ids: Ids) -> None:
        if len(chunk_ids):
            with self._chroma() as collection:
                self._count = None
                collection.delete(ids=_names(chunk_ids))

    def search(self, query: Rows, limit: int) -> tuple[Ids, Rows]:
        wanted = min(limit, max(len(self), 1))
        with self._chroma() as collection:
            answer = collection.query(query_embeddings=query[None, :], n_results=wanted, include=["distances"])
        return _ids(answer["ids"][0]), 1.0 - np.asarray(answer["distances"][0], dtype=np.float32)

    def missing(self, chunk_ids: Ids) -> Ids:
        return np.setdiff1d(chunk_ids, self._held())

    def surplus(self, chunk_ids: Ids) -> Ids:
        return np.setdiff1d(self._held(), chunk_ids)

    def rows(self, chunk_ids: Ids) -> tuple[Ids, Rows]:
        with self._chroma() as collection:
            found = collection.get(ids=_names(chunk_ids), include=["embeddings"])
        return _ids(found["ids"]), np.asarray(found["embeddings"], dtype=np.float32)

    def destroy(self) -> None:
        with self._turn:
            self.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        with self._turn:
            if self._client is not None:
                self._client.close()
            self._client = self._collection = self._count = None

    def _held(self) -> Ids:
        with self._chroma() as collection:
            return _ids(collection.get(include=[])["ids"])

    @contextmanager
    def _chroma(self) -> Iterator[Any]:
        """The collection, for one caller at a time; what it raises becomes IndexFailed."""
        import chromadb  # lazy for its weight: 0.7 s and some 100 MB
        from chromadb.errors import ChromaError

        with self._turn:
            try:
                if self._collection is None:
                    self._open(chromadb)
                yield self._collection
            except (ChromaError, OSError) as err:
                raise IndexFailed(
                    f"The vector index at {self._folder} fails: {err}.",
                    "`telos memory reindex` makes it anew from the database.",
                ) from err

    def _open(self, chromadb: Any) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = chromadb.config.Settings(anonymized_telemetry=False)
        self._client = chromadb.PersistentClient(str(self._folder), settings=settings)
        self._collection = self._client.get_or_create_collection(
            self.name, embedding_function=None, configuration={"hnsw": HNSW}
        )


def _names(chunk_ids: Ids) -> list[str]:
    return [str(chunk) for chunk in chunk_ids.tolist()]


def _ids(names: list[str]) -> Ids:
    return np.array([int(name) for name in names], dtype=np.int64)
