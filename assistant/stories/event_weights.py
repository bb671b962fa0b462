"""The weights of `assistant.stories.evidence`, as `python -m benchmarks.stories_fit` prints them.

Learned from pairs that were labelled by hand, all of them of the choosing half. `assistant.stories.sameness` uses them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventWeights:
    """A logistic model. Two items tell one event if the chance that they do is at least `least_chance`."""

    bias: float
    of: tuple[float, ...]
    least_chance: float

    def chance(self, found: Sequence[float]) -> float:
        """In [0, 1]; `found` is what `evidence` gives."""
        return 1 / (1 + math.exp(-self.bias - sum(w * x for w, x in zip(self.of, found, strict=True))))


WEIGHTS = EventWeights(
    bias=-2.8314,
    of=(7.1895, -7.3654, -2.2559, 2.0926, 3.7657, -0.6403, 0.5107, -0.4255, 0.7994, -0.6691, 0.7665, -1.6811),
    least_chance=0.34,
)
