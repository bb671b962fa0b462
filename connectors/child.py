"""A spawned process that serves one object (thin; being built)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class ChildFailure(Exception):
    """A call that brought no answer, for the child's own sake."""


class ChildTimedOut(ChildFailure):
    """The call passed its deadline; the child was killed."""


class ChildDied(ChildFailure):
    """The child ended before it answered."""


class Child:
    """Serves `factory()` in a process of its own."""

    def __init__(
        self,
        factory: Callable[[], object],
        *,
        name: str,
        idle_s: float | None = None,
        memory_mb: int | None = None,
        nice: int = 0,
        start_s: float = 60.0,
    ) -> None:
        self.name = name
        self._factory = factory

    def call(self, method: str, *args: Any, deadline_s: float) -> Any:
        return getattr(self._factory(), method)(*args)

    @property
    def pid(self) -> int | None:
        return None

    def rss_mb(self) -> float:
        return 0.0

    def close(self) -> None: ...
