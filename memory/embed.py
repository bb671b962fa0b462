"""The contract texts -> vectors, and how vectors are kept as bytes.

It knows no model: the process that holds one (`assistant.workers.embedder`) is handed in wherever an `Embedder` is
wanted. `assistant.ingest.indexing` encodes chunks with it, `memory.recall` questions, `assistant.ranking.taste` interests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory.errors import MemoryFailure

Rows = NDArray[np.float32]
"""(n, dimension), float32."""

Ids = NDArray[np.int64]
"""(n,), int64: ids of rows."""


class NoEmbedder(MemoryFailure):
    """The embedder cannot answer now: its model is not here, or its process fails. Words still find what they name."""


class Embedder(Protocol):
    """What turns texts into vectors. Texts that mean the same lie near each other by dot product.

    Any of its members may raise `NoEmbedder`.
    """

    @property
    def slug(self) -> str:
        """The name under which its vectors are kept, see `slug_of`."""
        ...

    @property
    def dimension(self) -> int: ...

    def knows_language(self, code: str) -> bool:
        """Whether meaning can be trusted in a language (ISO 639-1; an empty code is an unknown language: yes)."""
        ...

    def encode(self, texts: Sequence[str]) -> Rows:
        """(n, dimension), float32, unit rows, in the order of `texts`."""
        ...


def slug_of(model: str, revision: str, dimension: int) -> str:
    """A name for a model's vectors, fit for a file and for a Chroma collection (letters, digits, `.`, `_`, `-`).

    >>> slug_of("sentence-transformers/all-MiniLM-L6-v2", "main", 384)
    'sentence-transformers-all-minilm-l6-v2-main-384'
    """
    words = re.sub(r"[^a-z0-9._]+", "-", f"{model}-{revision}".lower()).strip("-._")
    return f"{words}-{dimension}"


def pack(rows: Rows) -> list[bytes]:
    """Each row as the bytes that `Vector.data` keeps: float32, little endian."""
    return [row.tobytes() for row in np.ascontiguousarray(rows, dtype="<f4")]


def pack_one(vector: Rows) -> bytes:
    """One vector of shape (dimension,), as `pack` does it."""
    return pack(vector[np.newaxis])[0]


def unpack_one(packed: bytes) -> Rows:
    """The vector that `pack_one` made, (dimension,), to be written in by whoever asks."""
    return np.frombuffer(packed, dtype="<f4").astype(np.float32)


def unpack(packed: Iterable[bytes], dimension: int) -> Rows:
    """The rows that `pack` made, (n, dimension)."""
    flat = np.frombuffer(b"".join(packed), dtype="<f4").astype(np.float32, copy=False)
    return flat.reshape(-1, dimension)
