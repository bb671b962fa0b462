"""Fakes that behave: an embedder without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


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


@cache
def _direction(word: str, dimension: int) -> NDArray[np.float32]:
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
