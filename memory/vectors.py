"""The two vector indexes of one embedder, kept in step with the `Vector` rows: Chroma and the exact matrix.

Rows are the truth. `assistant.ingest.indexing` adds what it has embedded, `memory.recall` asks for the nearest chunks,
`memory.erase` rebuilds. It knows nothing of the texts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
from sqlmodel import Session

from memory.embed import Embedder, Ids, Rows
from memory.index import VectorIndex
from memory.matrix import VectorMatrix
from memory.store import lookup

GONE_SHARE = 0.25
"""A matrix with a greater share of removed rows is written anew."""


class Vectors:
    """The indexes of `embedder` under `folder`. Opened at the first use; threads of one process may share it.

    Whoever changes rows and indexes together holds `turn` meanwhile.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self.turn = Lock()
        self._folder = folder
        self._embedder = embedder

    @property
    def slug(self) -> str:
        return self._embedder.slug

    @cached_property
    def matrix(self) -> VectorMatrix:
        return VectorMatrix(self._folder, self._embedder.slug, self._embedder.dimension)

    @cached_property
    def index(self) -> VectorIndex:
        return VectorIndex(self._folder, self._embedder.slug)

    def add(self, chunk_ids: Ids, rows: Rows) -> None:
        """Take vectors in; doing it twice is doing it once."""
        self.index.add(chunk_ids, rows)
        self.matrix.add(chunk_ids, rows)

    def nearest(self, query: Rows, limit: int, among: Ids | None = None) -> tuple[Ids, Rows]:
        """Chunks nearest to `query` (dimension,), best first, with cosine scores.

        Exact among the chunks of `among`; among all by Chroma, or exact too while Chroma lacks some.
        """
        if among is None and len(self.index) >= len(self.matrix):
            return self.index.search(query, limit)
        return self.matrix.search(query, limit, among)

    def reconcile(self, session: Session) -> int:
        """Bring both indexes in step with the rows; returns how many vectors were out of step."""
        rows = lookup.embedded_chunks(session, self.slug)
        held = self.matrix.chunk_ids()
        missing, extra = np.setdiff1d(rows, held), np.setdiff1d(held, rows)
        self.matrix.remove(extra)
        self.index.remove(extra)
        if len(self.index) != len(rows) - len(missing):
            self.index.remove(self.index.surplus(rows))
            missing = np.union1d(missing, self.index.missing(rows))
        for chunk_ids, vectors in lookup.vectors(session, self.slug, self._embedder.dimension, missing):
            self.add(chunk_ids, vectors)
        if self.matrix.gone > GONE_SHARE * max(len(rows), 1):
            self._rebuild_matrix(session)
        return len(missing) + len(extra)

    def rebuild(self, session: Session, on_done: Callable[[int], None]) -> None:
        """Make both anew from the rows, leaving nothing on disk of what they held; reports how many are in."""
        self.destroy()
        self._rebuild_matrix(session)
        for done in self.index.rebuild(lookup.vectors(session, self.slug, self._embedder.dimension)):
            on_done(done)

    def destroy(self) -> None:
        """Remove everything in the folder, what another embedder left there too. The indexes may be filled again."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True)

    def discard(self) -> None:
        """Remove the files of these two indexes and nothing else: another embedder serves."""
        self.close()
        for path in self._folder.glob(f"{self.slug}.*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the files; the next use opens them again."""
        index: VectorIndex | None = self.__dict__.pop("index", None)
        if index is not None:
            index.close()
        self.__dict__.pop("matrix", None)

    def _rebuild_matrix(self, session: Session) -> None:
        self.matrix.clear()
        for chunk_ids, rows in lookup.vectors(session, self.slug, self._embedder.dimension):
            self.matrix.add(chunk_ids, rows)
