"""The loop that writes: reads a prompt, then one token after another, and keeps what it read for the next turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Any

import torch

from assistant.engine.contract import Capability
from assistant.generation.order import Finished, IsCancelled, Order, Token, never


class Decoder:
    """A model at work for several sessions, one call at a time."""

    def __init__(
        self,
        model: Any,
        *,
        device: torch.device | str,
        sessions: int,
        cache_bytes: int,
        stop_ids: Set[int],
        compile: bool = False,
        bos_id: int | None = None,
    ) -> None:
        """`sessions` caches of `cache_bytes` bytes in all are kept. `compile` is for a GPU.

        `bos_id` is the token after which rows at `start` go; without one, the model's configuration says.
        """
        raise NotImplementedError

    def stream(
        self, ids: Sequence[int], order: Order, *, is_cancelled: IsCancelled = never
    ) -> Iterator[Token | Finished]:
        """The reply to a prompt, `Finished` last. Closing it keeps what was read for the session."""
        raise NotImplementedError

    def batch(
        self, prompts: Sequence[Sequence[int]], orders: Sequence[Order], *, is_cancelled: IsCancelled = never
    ) -> list[list[int]]:
        """Replies to several prompts side by side: tokens without the stop token. Sessions, rows and masks are not for these."""
        raise NotImplementedError

    def forget(self, session: str) -> None:
        """Drop a session's cache."""
        raise NotImplementedError

    def forget_all(self) -> None:
        """Drop every cache: what is asked for when memory is short."""
        raise NotImplementedError

    def probe(self) -> frozenset[Capability]:
        """What the model can do, found by trying: GENERATE, HIDDEN, CROP, STEER_END."""
        raise NotImplementedError
