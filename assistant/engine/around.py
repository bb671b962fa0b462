"""An engine around another: whatever it does not do otherwise is passed on. The ledger, a turn's watch and the digest's clock
are such.

It knows the contract alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.engine.contract import Capability, Engine, Message, Piece, Reply, Request, Usage


class Around:
    """Does nothing of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._engine.capabilities

    @property
    def context_tokens(self) -> int:
        return self._engine.context_tokens

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return self._engine.lengths(texts)

    def count(self, messages: Sequence[Message]) -> int:
        return self._engine.count(messages)

    def stream(self, request: Request) -> Iterator[Piece]:
        return self._engine.stream(request)

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        return self._engine.batch(requests)

    def prepare(self, messages: Sequence[Message], session: str) -> Usage | None:
        return self._engine.prepare(messages, session)

    def close(self) -> None:
        self._engine.close()
