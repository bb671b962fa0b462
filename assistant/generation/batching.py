"""Several replies side by side: prompts padded on the left, a row of the batch for each, steered ones too.

In float32 and greedily each row is what it would be alone: padding is masked, and positions count from the first token.
A batch holds orders of one kind (`batches`), so that its rows of embeddings stand in one column; rows that ended leave it.
Knows no session; `decoding` calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import nullcontext
from dataclasses import replace
from statistics import fmean

import torch
from torch import Tensor
from transformers import DynamicCache

from assistant.generation.forward import Forward
from assistant.generation.order import IsCancelled, Order, Written
from assistant.generation.sampling import Sampler
from assistant.steering.choosing import Chosen, choose
from assistant.steering.split_softmax import Focus, Split, apart

ROWS, ROWS_ON_CPU = 32, 8
"""Replies at once. On a CPU more are hardly faster, where the model is large, and take memory."""
SMALL = 50_000_000
"""Parameters below which a CPU, too, is given `ROWS`: a third of its time there goes by beside the products of matrices."""
TOKENS_AT_ONCE = 32_768
"""The most that a batch holds of prompts and replies, padding counted."""
CHUNK = 256
"""Tokens of each prompt that are read at once: a cancel is heard between two chunks."""


def write_together(
    forward: Forward,
    prompts: Sequence[Sequence[int]],
    orders: Sequence[Order],
    *,
    stop_ids: Set[int],
    bos_id: int | None,
    is_cancelled: IsCancelled,
) -> list[Written]:
    """The reply to each prompt. Rows at `start` go behind `bos_id` where a prompt begins with it."""
    written = [Written(tokens=[]) for _ in prompts]
    for places in batches(prompts, orders, rows_at_once(forward)):
        if is_cancelled():
            break
        batch = _Batch(forward, [prompts[place] for place in places], [orders[place] for place in places], bos_id)
        for place, one in zip(places, batch.write(stop_ids, is_cancelled), strict=True):
            written[place] = one
    return written


def rows_at_once(forward: Forward) -> int:
    """How many replies are best written side by side, by the device and the size of the model."""
    is_large = sum(weights.numel() for weights in forward.model.parameters()) >= SMALL
    return ROWS_ON_CPU if is_large and forward.device.type == "cpu" else ROWS


def batches(prompts: Sequence[Sequence[int]], orders: Sequence[Order], rows: int) -> Iterator[list[int]]:
    """Which prompts are written together: those of one kind and like length, so that little is padded.

    Of one kind are those that are read alike, with as many rows of embeddings at one place. Those of which nothing is
    wanted are in none.
    """
    kinds: dict[object, list[int]] = {}
    for place, order in enumerate(orders):
        if order.max_tokens > 0 or order.needs_state:
            kind = (order.place, order.rows, order.needs_state, order.is_split, order.guide is not None)
            kinds.setdefault(kind, []).append(place)
    for places in kinds.values():
        batch: list[int] = []
        for place in sorted(places, key=lambda place: len(prompts[place]), reverse=True):
            longest = max(len(prompts[one]) + orders[one].rows + orders[one].max_tokens for one in [*batch, place])
            if batch and (len(batch) == rows or longest * (len(batch) + 1) > TOKENS_AT_ONCE):
                yield batch
                batch = []
            batch.append(place)
        yield batch


class _Sequences:
    """What is read side by side: one cache for all, and which of its columns are padding."""

    def __init__(self, forward: Forward, lengths: Sequence[int], focuses: Sequence[Focus]) -> None:
        """`focuses`, one for each or none at all, count from the first token of each."""
        self._forward = forward
        self._past = DynamicCache(config=forward.model.config)
        self._length, longest = 0, max(lengths)
        padded = longest - torch.tensor(lengths, device=forward.device)
        shifted = [focus.shifted(longest - length) for focus, length in zip(focuses, lengths, strict=bool(focuses))]
        self._split = Split(shifted, forward.device) if focuses else None
        self._mask = (torch.arange(longest, device=forward.device) >= padded[:, None]).long()

    def feed(self, inputs: Tensor) -> Tensor:
        """Logits of shape (rows, vocabulary) after tokens of shape (rows, n), or embeddings of (rows, n, width)."""
        start, end = self._length, self._length + inputs.shape[1]
        if end > self._mask.shape[1]:
            self._mask = torch.cat([self._mask, self._mask.new_ones(len(inputs), end - self._mask.shape[1])], dim=1)
        mask, model = self._mask[:, :end], self._forward.model
        with torch.no_grad(), apart(self._split, model, end) as split:
            logits: Tensor = model(
                **{"inputs_embeds" if inputs.is_floating_point() else "input_ids": inputs},
                attention_mask=mask,
                position_ids=(mask.cumsum(1) - 1).clamp(min=0)[:, start:],
                past_key_values=self._past,
                use_cache=True,
                logits_to_keep=1,
                **split,
            ).logits[:, -1]
        self._length = end
        return logits

    def keep(self, places: Tensor) -> None:
        """Only the rows at `places` go on."""
        self._mask = self._mask[places]
        self._past.batch_select_indices(places)
        if self._split is not None:
            self._split.keep(places)

    @property
    def shares(self) -> list[float]:
        """The attention that the last column of each paid to its instructions; none where that was not looked at."""
        shares = None if self._split is None else self._split.share
        return [] if shares is None else shares.tolist()


class _Batch:
    """Rows that are still being written: row n of what is read belongs to `_open[n]`."""

    def __init__(
        self, forward: Forward, prompts: Sequence[Sequence[int]], orders: Sequence[Order], bos_id: int | None
    ) -> None:
        self._forward, self._prompts, self._orders, self._bos_id = forward, prompts, orders, bos_id
        self._samplers = [Sampler(order.sampling, ids) for order, ids in zip(orders, prompts, strict=True)]
        self._written = [Written(tokens=[]) for _ in prompts]
        self._open = list(range(len(prompts)))
        self._chosen: dict[int, Chosen] = {}
        self._shares: list[list[float]] = [[] for _ in prompts]
        self._focuses = [order.focus for order in orders]
        self._strengths: Tensor | None = None
        self._is_measured = any(order.wants_attention for order in orders)

    def write(self, stop_ids: Set[int], is_cancelled: IsCancelled) -> list[Written]:
        logits = self._read(is_cancelled)
        if logits is None:
            return self._written
        logits = self._go_on(logits, [row for row in self._open if self._orders[row].max_tokens > 0])
        while self._open:
            self._measure()
            drawn = torch.stack([self._samplers[row].next(logits[n]) for n, row in enumerate(self._open)])
            tokens = drawn.tolist()
            for row, token in zip(self._open, tokens, strict=True):
                if token not in stop_ids:
                    self._written[row].tokens.append(token)
            left = [
                n
                for n, (row, token) in enumerate(zip(self._open, tokens, strict=True))
                if token not in stop_ids and len(self._written[row].tokens) < self._orders[row].max_tokens
            ]
            drawn = self._go_on(drawn, left)
            if self._open and is_cancelled():
                break
            if self._open:
                both = drawn if self._strengths is None else drawn.repeat(2)
                logits = self._guided(self._sequences.feed(both[:, None]))
        return [
            replace(one, attention=fmean(shares)) if shares and order.wants_attention else one
            for one, shares, order in zip(self._written, self._shares, self._orders, strict=True)
        ]

    def _measure(self) -> None:
        """Keep how much attention the columns behind which tokens are drawn paid to the instructions."""
        if self._is_measured:
            for row, share in zip(self._open, self._sequences.shares, strict=False):
                self._shares[row].append(share)

    def _read(self, is_cancelled: IsCancelled) -> Tensor | None:
        """Logits where the replies begin, (rows, vocabulary); None if it was cancelled on the way."""
        kind, states = self._orders[0], list[Tensor]()
        if kind.guide is not None:
            return self._read_guided(is_cancelled)
        if kind.place == "start" and not kind.needs_state:
            return self._read_with_start(self._rows(), is_cancelled)
        with self._forward.watched(states) if kind.needs_state else nullcontext():
            logits = self._read_all(_padded(self._prompts, self._forward.device), self._prompts, is_cancelled, states)
        if logits is None:
            return None
        if kind.needs_state:
            self._note(states[-1][:, -1])
        if kind.place == "start":
            return self._read_with_start(self._rows(), is_cancelled)
        if kind.place == "end":
            return self._sequences.feed(torch.stack(self._rows()).to(self._forward.model.dtype))
        return logits

    def _read_guided(self, is_cancelled: IsCancelled) -> Tensor | None:
        """The prompts, and behind them as many rows with those that replies are guided away from."""
        guides = [order.guide for order in self._orders if order.guide is not None]
        both = [*self._prompts, *(guide.ids for guide in guides)]
        self._strengths = torch.tensor([[guide.strength] for guide in guides], device=self._forward.device)
        logits = self._read_all(_padded(both, self._forward.device), both, is_cancelled, [])
        return None if logits is None else self._guided(logits)

    def _guided(self, logits: Tensor) -> Tensor:
        """From (rows, vocabulary) to one row for each reply, where replies are guided."""
        if self._strengths is None:
            return logits
        own, bare = logits.float().log_softmax(-1).chunk(2)
        return bare + self._strengths * (own - bare)

    def _note(self, states: Tensor) -> None:
        """Keep the `states` of shape (rows, width) for the replies, and have the rows of the steered ones chosen."""
        steered = [(row, order.steer) for row, order in enumerate(self._orders) if order.steer is not None]
        where = torch.tensor([row for row, _ in steered], dtype=torch.long, device=states.device)
        chosen = choose([chooser for _, chooser in steered], states[where])
        self._chosen = dict(zip((row for row, _ in steered), chosen, strict=True))
        for row, hidden in enumerate(states.float().cpu().numpy()):
            how = self._chosen[row].steered if row in self._chosen else None
            self._written[row] = replace(self._written[row], hidden=hidden.copy(), steered=how)

    def _rows(self) -> list[Tensor]:
        """The rows of embeddings of each order: those that were given, or chosen."""
        return [
            self._chosen[row].rows if order.prefix is None else self._forward.rows_of(order.prefix)
            for row, order in enumerate(self._orders)
        ]

    def _read_with_start(self, rows: Sequence[Tensor], is_cancelled: IsCancelled) -> Tensor | None:
        """The whole prompts, each with its rows behind BOS, or before everything without one."""
        sequences: list[Tensor] = []
        for place, (ids, own) in enumerate(zip(self._prompts, rows, strict=True)):
            known = self._forward.embedded(ids)
            behind = 1 if ids[0] == self._bos_id else 0
            if (focus := self._orders[place].focus) is not None and focus.start >= behind:
                self._focuses[place] = focus.shifted(len(own))
            sequences.append(torch.cat([known[:behind], own.to(known), known[behind:]]))
        longest = max(map(len, sequences))
        padded = torch.stack([torch.nn.functional.pad(one, (0, 0, longest - len(one), 0)) for one in sequences])
        return self._read_all(padded, sequences, is_cancelled, [])

    def _read_all(
        self,
        inputs: Tensor,
        unpadded: Sequence[Sequence[int] | Tensor],
        is_cancelled: IsCancelled,
        states: list[Tensor],
    ) -> Tensor | None:
        """`inputs`, padded on the left, part by part, into a new cache; of `states` only the last part's are kept."""
        focuses = [focus for focus in self._focuses if focus is not None] if self._orders[0].is_split else []
        self._sequences = _Sequences(self._forward, [len(one) for one in unpadded], focuses)
        logits: Tensor | None = None
        for part in inputs.split(CHUNK, dim=1):
            if is_cancelled():
                return None
            states.clear()
            logits = self._sequences.feed(part)
        return logits

    def _go_on(self, belonging: Tensor, left: list[int]) -> Tensor:
        """Keep the rows `left`, and what of `belonging` belongs to them, a row for each."""
        if len(left) == len(self._open):
            return belonging
        self._open = [self._open[n] for n in left]
        places = torch.tensor(left, dtype=torch.long, device=self._forward.device)
        if left and self._strengths is None:
            self._sequences.keep(places)
        elif left and self._strengths is not None:
            self._sequences.keep(torch.cat([places, places + len(self._strengths)]))
            self._strengths = self._strengths[places]
        return belonging[places]


def _padded(prompts: Sequence[Sequence[int]], device: torch.device) -> Tensor:
    longest = max(map(len, prompts))
    rows = [[0] * (longest - len(ids)) + list(ids) for ids in prompts]  # masked, so any token will do
    return torch.tensor(rows, device=device)
