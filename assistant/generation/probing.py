"""What a model can do, found by doing it once: each trial reads sixteen tokens in two ways that must agree.

No family is known here, and nothing of text. `decoding` asks when a model was loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from assistant.engine.contract import Capability
from assistant.generation.cache import Past
from assistant.generation.forward import Forward
from assistant.steering.split_softmax import Focus, Split

IDS = tuple(range(1, 17))
HALF = len(IDS) // 2
NOT_ABLE = (RuntimeError, ValueError, TypeError, AttributeError, LookupError)
"""What a model raises that does not know what it was asked for."""


def capabilities(forward: Forward, config: Any) -> frozenset[Capability]:
    """Those that worked; none at all if it cannot even read tokens.

    Raises: torch.OutOfMemoryError, which says nothing about the model.
    """
    try:
        expected = forward.feed(Past(config), IDS)
    except torch.OutOfMemoryError:
        raise
    except NOT_ABLE:
        return frozenset()
    if not bool(expected.isfinite().all()):
        return frozenset()
    trials: Mapping[Capability, Callable[[], bool]] = {
        Capability.HIDDEN: lambda: _shows_its_state(forward, Past(config)),
        Capability.CROP: lambda: agree(_cut_and_read_again(forward, Past(config)), expected),
        Capability.STEER_END: lambda: agree(_read_as_rows(forward, Past(config)), expected),
        Capability.FOCUS: lambda: _focuses(forward, config, expected),
    }
    return frozenset({Capability.GENERATE, *(ability for ability, trial in trials.items() if _worked(trial))})


def agree(logits: Tensor, expected: Tensor) -> bool:
    """Whether two ways to the same logits, of shape (vocabulary,), differ by rounding alone."""
    tolerance = 1e-3 if expected.dtype == torch.float32 else 0.1  # half precision rounds by the shape of its batch
    difference = (logits.float() - expected.float()).abs().max()
    return bool(difference <= tolerance * expected.float().std())


def _worked(trial: Callable[[], bool]) -> bool:
    try:
        return trial()
    except torch.OutOfMemoryError:
        raise
    except NOT_ABLE:
        return False


def _shows_its_state(forward: Forward, past: Past) -> bool:
    states: list[Tensor] = []
    with forward.watched(states):
        forward.feed(past, IDS)
    return len(states) == 1 and states[0].shape[1] == len(IDS) and bool(states[0].isfinite().all())


def _cut_and_read_again(forward: Forward, past: Past) -> Tensor:
    forward.feed(past, [*IDS[:HALF], *IDS[:HALF]])
    if not past.cut(HALF):
        raise ValueError("these layers cannot be cut")
    return forward.feed(past, IDS[HALF:])


def _focuses(forward: Forward, config: Any, expected: Tensor) -> bool:
    """Whether attention in two parts is what it was in one, and not what it is with one part raised."""
    read: list[Tensor] = []
    for exponent in (1.0, 0.5):
        past = Past(config)
        past.split = Split([Focus(1, HALF, exponent)], forward.device)
        read.append(forward.feed(past, IDS))
        if past.split.share is None:
            return False
    return agree(read[0], expected) and bool(read[1].isfinite().all()) and not torch.equal(read[0], read[1])


def _read_as_rows(forward: Forward, past: Past) -> Tensor:
    """The second half as the rows that it is embedded as."""
    return forward.feed(past, IDS[:HALF], forward.embedded(IDS[HALF:]))
