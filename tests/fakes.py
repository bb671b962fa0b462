"""Fakes that behave: an embedder without a model, an index without a file, an engine that was told what to say."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.engine.contract import Capability, Message, Piece, Reply, Request, Usage, complete
from memory.embed import Ids, NoEmbedder, Rows


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


class MoodyEmbedder(WordEmbedder):
    """One that may be away."""

    def __init__(self, *, is_away: bool = False) -> None:
        super().__init__()
        self.is_away = is_away

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.is_away:
            raise NoEmbedder("The embedder is away.")
        return super().encode(texts)


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

    def rows(self, chunk_ids: Ids) -> tuple[Ids, Rows]:
        held = [chunk_id for chunk_id in chunk_ids.tolist() if chunk_id in self._rows]
        return np.array(held, dtype=np.int64), np.array([self._rows[one] for one in held], dtype=np.float32)

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


class FakeEngine:
    """An engine that answers from a list, or by a function of the request; a sequence's last reply is given for ever.

    `requests` are those it was given. A reply that is an exception is raised; others are streamed word by word.
    """

    context_tokens = 8192

    def __init__(
        self,
        replies: Sequence[str | Exception] | Callable[[Request], str | Exception] = ("Yes.",),
        *,
        capabilities: Collection[Capability] = frozenset(Capability),
        name: str = "fake",
    ) -> None:
        self.name = name
        self.capabilities = frozenset(capabilities)
        self.requests: list[Request] = []
        self.prepared: list[tuple[tuple[Message, ...], str]] = []
        self.cancelled = 0
        self._replies = replies

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """A token a word."""
        return [len(text.split()) for text in texts]

    def count(self, messages: Sequence[Message]) -> int:
        return sum(self.lengths([message.text for message in messages])) + 2 * len(messages)

    def stream(self, request: Request) -> Iterator[Piece]:
        self.requests.append(request)
        reply = self._reply(request)
        if isinstance(reply, Exception):
            raise reply
        pieces = re.findall(r"\s*\S+\s*", reply) or [reply]
        usage = Usage(
            prompt_tokens=self.count(request.messages),
            prompt_reused=0,
            new_tokens=len(pieces),
            first_token_s=0,
            total_s=0,
        )
        try:
            for piece in pieces:
                yield Piece(piece)
        except GeneratorExit:
            self.cancelled += 1
            raise
        yield Piece("", usage)

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        return [complete(self, request) for request in requests]

    def prepare(self, messages: Sequence[Message], session: str) -> Usage | None:
        """Reads nothing, and remembers that it was asked to."""
        self.prepared.append((tuple(messages), session))
        return None

    def close(self) -> None:
        """It holds nothing."""

    def _reply(self, request: Request) -> str | Exception:
        if callable(self._replies):
            return self._replies(request)
        return self._replies[min(len(self.requests), len(self._replies)) - 1]
