"""Several replies side by side, for the digest: prompts padded on the left, a row of the batch for each.

In float32 and greedily each row is what it would be alone: padding is masked, and positions count from the first token.
Rows that ended leave the batch. Knows no session; `decoding` calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

import torch
from torch import Tensor
from transformers import DynamicCache

from assistant.generation.forward import Forward
from assistant.generation.order import IsCancelled, Order
from assistant.generation.sampling import Sampler

ROWS, ROWS_ON_CPU = 32, 8
"""Replies at once: more are faster still, for memory."""
TOKENS_AT_ONCE = 32_768
"""The most that a batch holds of prompts and replies, padding counted."""
CHUNK = 256
"""Tokens of each prompt that are read at once: a cancel is heard between two chunks."""


def write_together(
    forward: Forward,
    prompts: Sequence[Sequence[int]],
    orders: Sequence[Order],
    stop_ids: Set[int],
    is_cancelled: IsCancelled,
) -> list[list[int]]:
    """The reply to each prompt: its tokens, without the stop token that ended it."""
    replies: list[list[int]] = [[] for _ in prompts]
    rows = ROWS_ON_CPU if forward.device.type == "cpu" else ROWS
    for places in batches(prompts, orders, rows):
        if is_cancelled():
            break
        batch = _Batch(forward, [prompts[place] for place in places], [orders[place] for place in places])
        for place, reply in zip(places, batch.write(stop_ids, is_cancelled), strict=True):
            replies[place] = reply
    return replies


def batches(prompts: Sequence[Sequence[int]], orders: Sequence[Order], rows: int) -> Iterator[list[int]]:
    """Which prompts are written together: those of like length, so that little is padded; those without tokens in none."""
    places = [place for place, order in enumerate(orders) if order.max_tokens > 0]
    batch: list[int] = []
    for place in sorted(places, key=lambda place: len(prompts[place]), reverse=True):
        longest = max(len(prompts[one]) + orders[one].max_tokens for one in [*batch, place])
        if batch and (len(batch) == rows or longest * (len(batch) + 1) > TOKENS_AT_ONCE):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


class _Batch:
    """Rows that are still being written, and the cache they share: row n of it belongs to `_open[n]`."""

    def __init__(self, forward: Forward, prompts: Sequence[Sequence[int]], orders: Sequence[Order]) -> None:
        self._forward, self._orders = forward, orders
        self._samplers = [Sampler(order.sampling, ids) for order, ids in zip(orders, prompts, strict=True)]
        self._replies: list[list[int]] = [[] for _ in prompts]
        self._open = list(range(len(prompts)))
        self._past = DynamicCache(config=forward.model.config)
        longest = max(len(ids) for ids in prompts)
        padded = [[0] * (longest - len(ids)) + list(ids) for ids in prompts]  # masked, so any token will do
        self._unread, self._length = torch.tensor(padded, device=forward.device), 0
        lengths = torch.tensor([len(ids) for ids in prompts], device=forward.device)
        self._mask = (torch.arange(longest, device=forward.device) >= longest - lengths[:, None]).long()

    def write(self, stop_ids: Set[int], is_cancelled: IsCancelled) -> list[list[int]]:
        while self._open:
            for part in self._unread.split(CHUNK, dim=1):
                if is_cancelled():
                    return self._replies
                logits = self._feed(part)
            drawn = torch.stack([self._samplers[row].next(logits[n]) for n, row in enumerate(self._open)])
            tokens = drawn.tolist()
            for row, token in zip(self._open, tokens, strict=True):
                if token not in stop_ids:
                    self._replies[row].append(token)
            self._go_on(
                drawn,
                [
                    n
                    for n, (row, token) in enumerate(zip(self._open, tokens, strict=True))
                    if token not in stop_ids and len(self._replies[row]) < self._orders[row].max_tokens
                ],
            )
        return self._replies

    def _feed(self, ids: Tensor) -> Tensor:
        """Logits of shape (rows, vocabulary) after the next `ids`, of shape (rows, tokens)."""
        start, end = self._length, self._length + ids.shape[1]
        mask = self._mask[:, :end]
        with torch.no_grad():
            logits: Tensor = self._forward.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=(mask.cumsum(1) - 1).clamp(min=0)[:, start:],
                past_key_values=self._past,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
        self._length = end
        return logits

    def _go_on(self, drawn: Tensor, left: list[int]) -> None:
        """Keep the rows `left`, each with the token drawn for it as what is read next."""
        if len(left) < len(self._open):
            self._open = [self._open[n] for n in left]
            places = torch.tensor(left, dtype=torch.long, device=self._forward.device)
            drawn, self._mask = drawn[places], self._mask[places]
            if left:
                self._past.batch_select_indices(places)
        self._unread = drawn[:, None]
        self._mask = torch.cat([self._mask, torch.ones_like(self._unread)], dim=1)
