"""Intervals for games: a bootstrap over contexts, paired where two arms played the same tables.

Games over one context are no independent draws, so contexts are drawn, each with all of its games. Knows no game.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SAMPLES = 10_000
Interval = tuple[float, float]


def by_context(values: NDArray[np.float64], keys: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum of the values, and their number, for each context in turn. `values` (games,)."""
    names, places = np.unique(np.array(keys), return_inverse=True)
    sums = np.bincount(places, weights=values, minlength=len(names)).astype(np.float64)
    return sums, np.bincount(places, minlength=len(names)).astype(np.float64)


def interval(values: NDArray[np.float64], keys: Sequence[str], *, share: float = 0.95, seed: int = 0) -> Interval:
    """The bounds of the mean of `values` (games,) that hold `share` of the bootstrap's means."""
    sums, numbers = by_context(values, keys)
    chance = np.random.default_rng(seed)
    means = []
    for _ in range(SAMPLES // 500):
        drawn = chance.integers(len(sums), size=(500, len(sums)))
        means.append(sums[drawn].sum(1) / numbers[drawn].sum(1))
    low, high = np.quantile(np.concatenate(means), [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def gain(
    one: NDArray[np.float64], other: NDArray[np.float64], keys: Sequence[str], *, seed: int = 0
) -> tuple[float, Interval]:
    """By how much `one` is better than `other` on the same tables, (games,) each, and its 95% interval."""
    apart = one - other
    return float(apart.mean()), interval(apart, keys, seed=seed)
