"""The approximate index over all vectors of one embedder: Chroma, holding ids and vectors, never texts or metadata.

It knows no SQL and no matrix. `memory.recall` asks it where no filter is set; `assistant.ingest.indexing` adds to it. It is
never the truth: `rebuild` makes it anew from `Vector` rows into a fresh folder, so that nothing erased stays on disk
in a page that Chroma has not yet overwritten.

Only one process may hold the folder open (two writers corrupt it silently); the lock on the home sees to that.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from memory.embed import Ids, Rows

HNSW = {"space": "ip", "max_neighbors": 24, "ef_construction": 200, "ef_search": 200}
"""Recall at ten .98 at 100,000 vectors; Chroma's defaults give .88."""

ADD_AT_ONCE = 512


class VectorIndex:
    """The collection called `name` in a folder of its own under `folder`. Chroma is loaded at the first use."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder / f"{name}.chroma"
        self._lock = RLock()
        self._client: Any = None
        self._collection: Any = None
        self._count: int | None = None
        """Of the vectors held, once it has been asked: counting 100,000 takes Chroma longer than a search."""

    @property
    def is_open(self) -> bool:
        return self._collection is not None

    def __len__(self) -> int:
        collection = self._opened()
        with self._lock:
            if self._count is None:
                self._count = int(collection.count())
            return self._count

    def add(self, chunk_ids: Ids, rows: Rows) -> None:
        """Put vectors in; a chunk that is there already is replaced."""
        collection = self._opened()
        for start in range(0, len(chunk_ids), ADD_AT_ONCE):
            part = slice(start, start + ADD_AT_ONCE)
            collection.upsert(ids=[str(chunk) for chunk in chunk_ids[part].tolist()], embeddings=rows[part])
        with self._lock:
            self._count = None

    def remove(self, chunk_ids: Ids) -> None:
        """Forget vectors; chunks that are not there are passed over."""
        if len(chunk_ids):
            self._opened().delete(ids=[str(chunk) for chunk in chunk_ids.tolist()])
            with self._lock:
                self._count = None

    def search(self, query: Rows, limit: int) -> tuple[Ids, Rows]:
        """The chunks nearest to `query` (dimension,), best first, with their cosine scores."""
        collection = self._opened()
        answer = collection.query(
            query_embeddings=query[None, :], n_results=min(limit, max(len(self), 1)), include=["distances"]
        )
        chunk_ids = np.array([int(chunk) for chunk in answer["ids"][0]], dtype=np.int64)
        return chunk_ids, 1.0 - np.asarray(answer["distances"][0], dtype=np.float32)

    def missing(self, chunk_ids: Ids) -> Ids:
        """Those of `chunk_ids` that it does not hold."""
        return np.setdiff1d(chunk_ids, self._held())

    def surplus(self, chunk_ids: Ids) -> Ids:
        """What it holds beyond `chunk_ids`."""
        return np.setdiff1d(self._held(), chunk_ids)

    def rebuild(self, batches: Iterable[tuple[Ids, Rows]]) -> Iterator[int]:
        """Leave nothing on disk of what it held, then take in `batches`; yields how many vectors are in.

        A crash in between leaves fewer vectors than there are rows, which the check at the next start sees.
        """
        self.destroy()
        done = 0
        for chunk_ids, rows in batches:
            self.add(chunk_ids, rows)
            done += len(chunk_ids)
            yield done

    def destroy(self) -> None:
        """Remove the whole folder. The index is empty afterwards and may be used again."""
        with self._lock:
            self.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Let go of the folder; the next use opens it again."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = self._collection = self._count = None

    def _held(self) -> Ids:
        held = self._opened().get(include=[])["ids"]
        return np.array([int(chunk) for chunk in held], dtype=np.int64)

    def _opened(self) -> Any:
        with self._lock:
            if self._collection is None:
                import chromadb  # lazy for its weight: 0.7 s and some 100 MB
                from chromadb.config import Settings

                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                settings = Settings(anonymized_telemetry=False)
                self._client = chromadb.PersistentClient(str(self._folder), settings=settings)
                self._collection = self._client.get_or_create_collection(
                    self.name, embedding_function=None, configuration={"hnsw": HNSW}
                )
            return self._collection
