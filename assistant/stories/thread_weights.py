"""The weights of `assistant.stories.threads`, as `python -m benchmarks.threads --fit` prints them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic model. A burst joins the likeliest conversation if its chance is at least `least_chance`."""

    bias: float
    of: tuple[float, ...]
    least_chance: float

    def chance(self, features: Sequence[float]) -> float:
        return 1 / (1 + math.exp(-self.bias - sum(w * x for w, x in zip(self.of, features, strict=True))))


WITH_MEANING = Weights(
    bias=1.9443,
    of=(
        -0.6008,
        0.2108,
        0.626,
        -0.5804,
        -0.6833,
        -0.8789,
        -1.9352,
        -0.2741,
        -0.4705,
        1.7689,
        1.2468,
        0.5062,
        0.4499,
        1.1987,
        -0.4636,
        -0.523,
        -1.0325,
        0.4998,
        -0.1664,
        0.4829,
        0.2196,
        4.9451,
        -0.8539,
        -3.0091,
        6.6315,
        -0.1779,
        -0.3833,
        -0.2873,
    ),
    least_chance=0.4,
)
WITHOUT_MEANING = Weights(
    bias=2.0926,
    of=(
        -0.622,
        0.2031,
        0.6532,
        -0.6724,
        -0.6546,
        -0.8429,
        -1.9427,
        -0.4198,
        -0.5015,
        2.013,
        1.2612,
        0.4928,
        0.5157,
        1.3384,
        -0.4877,
        -0.5719,
        -0.9703,
        0.502,
        -0.2323,
        0.4067,
        0.1243,
        0.0,
        0.0,
        0.0,
        8.6566,
        -0.1153,
        -0.3053,
        -0.0524,
    ),
    least_chance=0.45,
)
