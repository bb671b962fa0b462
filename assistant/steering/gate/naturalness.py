"""How natural replies are to the unsteered model: their perplexity without any rows.

Knows token ids and the frozen model; `judging` compares steered replies with unsteered ones by it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from assistant.steering.training.clone import Cloned
from assistant.steering.training.frozen import Frozen

BATCH = 8


@torch.no_grad()  # type: ignore[untyped-decorator]
def perplexity(frozen: Frozen, examples: Sequence[Cloned]) -> float:
    """exp of the mean nats a token of all replies together, each behind its prompt; not a number without any."""
    total, tokens = 0.0, 0
    in_order = sorted(examples, key=lambda example: len(example.ids) + len(example.reply))
    for start in range(0, len(in_order), BATCH):
        part = in_order[start : start + BATCH]
        losses, there = frozen.losses([one.ids for one in part], [one.reply for one in part])
        total, tokens = total + float(losses.sum()), tokens + int(there.sum())
    return math.exp(total / tokens) if tokens else math.nan
