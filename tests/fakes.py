"""Fakes that behave: an embedder without a model, an index without a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from memory.embed import Ids, Rows


class WordEmbedder:
    """Texts that share words lie near each other: a signed hash of each word, summed and normalised."""

    slug = "words-test-64"

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension
        self.calls = 0

    def knows_language(self, code: str) -> bool:
        return code in ("", "en")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dimension), float32, unit rows."""
        self.calls += 1
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row += _direction(word, self.dimension)
            norm = float(np.linalg.norm(row))
            row /= norm if norm else 1.0
        return rows


class HeldIndex:
    """An approximate index that is exact, and lives no longer than its process."""

    def __init__(self, folder: Path, name: str) -> None:
        self._rows: dict[int, Rows] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, chunk_ids: Ids, rows: Rows) -> None:
        self._rows.update(zip(chunk_ids.tolist(), rows, strict=True))

    def remove(self, chunk_ids: Ids) -> None:
        for chunk_id in chunk_ids.tolist():
            self._rows.pop(chunk_id, None)

    def search(self, query: Rows, limit: int) -> tuple[Ids, Rows]:
        scores = {chunk_id: float(row @ query) for chunk_id, row in self._rows.items()}
        best = sorted(scores, key=lambda chunk_id: -scores[chunk_id])[:limit]
        return np.array(best, dtype=np.int64), np.array([scores[one] for one in best], dtype=np.float32)

    def missing(self, chunk_ids: Ids) -> Ids:
        return np.setdiff1d(chunk_ids, self._held())

    def surplus(self, chunk_ids: Ids) -> Ids:
        return np.setdiff1d(self._held(), chunk_ids)

    def destroy(self) -> None:
        self._rows.clear()

    def close(self) -> None:
        """It has no files to let go of."""

    def _held(self) -> Ids:
        return np.array(list(self._rows), dtype=np.int64)


@cache
def _direction(word: str, dimension: int) -> NDArray[np.float32]:
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
