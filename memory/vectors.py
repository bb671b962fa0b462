"""The two vector indexes of one embedder, kept in step with the `Vector` rows: Chroma and the exact matrix.

Rows are the truth. `assistant.ingest.indexing` adds what it has embedded, `memory.recall` asks for the nearest chunks,
`memory.erase` rebuilds. It knows nothing of the texts.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
from sqlmodel import Session

from memory.embed import Embedder, Ids, Rows
from memory.frequent import FrequentWords
from memory.index import Index, IndexFailed, VectorIndex
from memory.matrix import VectorMatrix
from memory.store import lookup
from memory.store import vectors as vector_rows

log = logging.getLogger(__name__)

GONE_SHARE = 0.25
"""A matrix with a greater share of removed rows is written anew."""


EXACT_UP_TO = 20_000
"""Among so many vectors the exact product takes a millisecond, less than Chroma, and needs nothing loaded."""


class Vectors:
    """The indexes of `embedder` under `folder`. Opened at the first use; threads of one process may share it.

    `make_index` makes the approximate one from a folder and a name; the service hands in one that lives in a process of
    its own. Whoever changes rows and indexes together holds `turn` meanwhile.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        make_index: Callable[[Path, str], Index] = VectorIndex,
        *,
        exact_up_to: int = EXACT_UP_TO,
    ) -> None:
        self.turn = Lock()
        self._folder = folder
        self._embedder = embedder
        self._make_index = make_index
        self._exact_up_to = exact_up_to

    @property
    def slug(self) -> str:
        return self._embedder.slug

    @cached_property
    def matrix(self) -> VectorMatrix:
        return VectorMatrix(self._folder, self._embedder.slug, self._embedder.dimension)

    @cached_property
    def index(self) -> Index:
        return self._make_index(self._folder, self._embedder.slug)

    @cached_property
    def frequent(self) -> FrequentWords:
        """The arrays of frequent words, which lie beside the vectors and go with them."""
        return FrequentWords(self._folder)

    @property
    def index_in_use(self) -> Index | None:
        """The approximate index, if anybody has asked it yet: looking at it starts nothing and needs no embedder."""
        return self.__dict__.get("index")

    def add(self, chunk_ids: Ids, rows: Rows) -> None:
        """Take vectors in; doing it twice is doing it once. What Chroma fails to take, a later `reconcile` gives it."""
        self.matrix.add(chunk_ids, rows)
        try:
            self.index.add(chunk_ids, rows)
        except IndexFailed as failure:
            log.warning("New vectors are searched without the approximate index: %s", failure.sentence)

    def nearest(self, query: Rows, limit: int, among: Ids | None = None) -> tuple[Ids, Rows]:
        """Chunks nearest to `query` (dimension,), best first, with cosine scores.

        Among all of more than `exact_up_to` by Chroma, unless it lacks some or does not answer; else exact.
        """
        if among is None and len(self.matrix) > self._exact_up_to:
            try:
                if len(self.index) >= len(self.matrix):
                    return self.index.search(query, limit)
            except IndexFailed as failure:
                log.warning("Searching without the approximate index: %s", failure.sentence)
        return self.matrix.search(query, limit, among)

    def is_lost(self, session: Session) -> bool:
        """Whether there are vectors as rows, and nothing of them in the exact index: its folder was deleted.

        Raises: NoEmbedder.
        """
        if not vector_rows.has_any(session):
            return False  # and no embedder is asked for its name
        is_empty = not self.matrix.is_on_disk or not len(self.matrix)
        return is_empty and vector_rows.has_any(session, self.slug)

    def reconcile(self, session: Session) -> int:
        """Bring both indexes in step with the rows; returns how many vectors were out of step."""
        if not self.matrix.is_on_disk:
            log.warning("The vector indexes in %s are gone, and are made anew from the database", self._folder)
            self.close()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        rows = lookup.embedded_chunks(session, self.slug)
        held = self.matrix.chunk_ids()
        missing, extra = np.setdiff1d(rows, held), np.setdiff1d(held, rows)
        self.matrix.remove(extra)
        for chunk_ids, vectors in self._rows(session, missing):
            self.matrix.add(chunk_ids, vectors)
        try:
            missing = np.union1d(missing, self._reconcile_index(session, rows, missing, extra))
        except IndexFailed as failure:
            log.warning("The approximate index stays out of step: %s", failure.sentence)
        if self.matrix.gone > GONE_SHARE * max(len(rows), 1):
            self._rebuild_matrix(session)
        return len(missing) + len(extra)

    def _reconcile_index(self, session: Session, rows: Ids, missing: Ids, extra: Ids) -> Ids:
        """Most often Chroma lacks what the matrix lacked; only where the counts differ is it compared in full."""
        self.index.remove(extra)
        if len(self.index) != len(rows) - len(missing):
            self.index.remove(self.index.surplus(rows))
            missing = self.index.missing(rows)
        for chunk_ids, vectors in self._rows(session, missing):
            self.index.add(chunk_ids, vectors)
        return missing

    def rebuild(self, session: Session, on_done: Callable[[int], None]) -> None:
        """Make both anew from the rows, leaving nothing on disk of what they held; reports how many are in.

        A crash in between leaves fewer vectors than there are rows, which `reconcile` sees.
        """
        self.destroy()
        self._rebuild_matrix(session)
        done = 0
        for chunk_ids, rows in self._rows(session):
            self.index.add(chunk_ids, rows)
            done += len(chunk_ids)
            on_done(done)

    def destroy(self) -> None:
        """Remove everything in the folder, what another embedder left there too. The indexes may be filled again.

        An index in a process of its own ends with it: what Chroma writes holds memory that it did not clear, and so
        only a new process is sure to write nothing of the old vectors.
        """
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
        index: Index | None = self.__dict__.pop("index", None)
        if index is not None:
            index.close()
        self.__dict__.pop("matrix", None)

    def _rebuild_matrix(self, session: Session) -> None:
        self.matrix.clear()
        for chunk_ids, rows in self._rows(session):
            self.matrix.add(chunk_ids, rows)

    def _rows(self, session: Session, chosen: Ids | None = None) -> Iterator[tuple[Ids, Rows]]:
        return lookup.vectors(session, self.slug, self._embedder.dimension, chosen)
