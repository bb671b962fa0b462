"""From logits to a token: penalty, mask, temperature, top-p, min-p, and the draw, in the order of transformers.

Pure functions on the logits of one reply, float32 of shape (vocabulary,). They agree with transformers' processors, and
cost a hundredth where the vocabulary is large: nothing sorts it, and a draw is one step along its cumulated sum.
Knows no model; `decoding` and `batching` hold one `Sampler` a reply.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from assistant.engine.contract import Sampling

NUCLEUS_GUESS = 256
"""Tokens among which the nucleus is looked for first; most of the time it is smaller."""


def penalised(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """What was said before, made less likely: positive logits divided, negative ones multiplied (arXiv 1909.05858, 4.1).

    `seen`: bool of shape (vocabulary,), as `logits`.
    """
    return torch.where(seen, torch.where(logits < 0, logits * penalty, logits / penalty), logits)


def only(logits: Tensor, allowed: Tensor) -> Tensor:
    """`logits` with -inf where `allowed`, bool of shape (n,), says no; what lies past its end is not allowed."""
    masked = torch.full_like(logits, -torch.inf)
    size = min(len(allowed), len(logits))
    allowed = allowed[:size].to(logits.device)
    masked[:size] = torch.where(allowed, logits[:size], masked[:size])
    return masked


def nucleus(logits: Tensor, top_p: float) -> Tensor:
    """The fewest likeliest tokens whose probabilities reach `top_p` (arXiv 1904.09751), the others at -inf."""
    probabilities = logits.softmax(0)
    size = NUCLEUS_GUESS
    while True:
        best = probabilities.topk(min(size, len(logits)))
        reached = best.values.cumsum(0, dtype=torch.float64)
        if size >= len(logits) or float(reached[-1]) >= top_p:
            break
        size *= 8
    is_needed = reached - best.values < top_p  # those before it are not enough
    is_needed[0] = True
    kept = best.indices[is_needed]
    return torch.full_like(logits, -torch.inf).scatter(0, kept, logits[kept])


def near_best(logits: Tensor, min_p: float) -> Tensor:
    """Tokens at least `min_p` times as likely as the likeliest (arXiv 2407.01082), the others at -inf."""
    probabilities = logits.softmax(0)
    return logits.masked_fill(probabilities < min_p * probabilities.max(), -torch.inf)


def drawn(logits: Tensor, generator: torch.Generator) -> Tensor:
    """A token by its probability: int64 without shape. The chance is drawn on the CPU, so that devices agree."""
    cumulated = logits.softmax(0).cumsum(0, dtype=torch.float64)
    chance = torch.rand(1, generator=generator, dtype=torch.float64).to(logits.device)
    return torch.searchsorted(cumulated, chance * cumulated[-1], right=True)[0].clamp(max=len(logits) - 1)


class Sampler:
    """Draws the tokens of one reply. It remembers what was said, if that is penalised, and where its chances stand."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int]) -> None:
        self.sampling = sampling
        self._prompt = prompt
        self._seen: Tensor | None = None
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed % 2**63)

    def next(self, logits: Tensor, allowed: Tensor | None = None) -> Tensor:
        """The next token, int64 without shape, from logits of shape (vocabulary,)."""
        rules, logits = self.sampling, logits.float()
        if rules.repetition_penalty != 1.0:
            logits = penalised(logits, self._said(logits), rules.repetition_penalty)
        if allowed is not None:
            logits = only(logits, allowed)
        if rules.temperature <= 0:
            token = logits.argmax()
        else:
            logits = logits / rules.temperature
            if rules.top_p < 1:
                logits = nucleus(logits, rules.top_p)
            if rules.min_p > 0:
                logits = near_best(logits, rules.min_p)
            token = drawn(logits, self._generator)
        if self._seen is not None:
            self._seen[token] = True
        return token

    def _said(self, logits: Tensor) -> Tensor:
        if self._seen is None:
            self._seen = torch.zeros(len(logits), dtype=torch.bool, device=logits.device)
            known = [token for token in set(self._prompt) if token < len(logits)]
            self._seen[torch.tensor(known, dtype=torch.long, device=logits.device)] = True
        return self._seen
