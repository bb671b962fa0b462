"""The weights of `memory.relevance` that rank gold passages best: a softmax over each question's candidates, by damped Newton.

    loss(w) = mean over questions of [ log sum_c exp(x_c w) - mean over gold g of x_g w ] + L2 |w|^2

Features are divided by their spread first, so that the penalty is the same for each. `benchmarks.recall_quality` hands in
the conversations that are not reported on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.relevance import FEATURES, Table

L2 = 0.003
STEPS = 30


@dataclass(frozen=True, slots=True)
class Sample:
    """Of one conversation: for each question the candidates' features, and which of them are gold."""

    tables: list[Table]
    gold: list[NDArray[np.bool_]]


def choose(samples: Sequence[Sample], kept: Sequence[str] = FEATURES) -> dict[str, float]:
    """A weight for each of `FEATURES`; 0 for those that are not `kept`."""
    columns = [FEATURES.index(name) for name in kept]
    cases = [
        (table[:, columns], is_gold)
        for sample in samples
        for table, is_gold in zip(sample.tables, sample.gold, strict=True)
        if is_gold.any()
    ]
    spread = np.mean([table.std(axis=0) for table, _ in cases], axis=0) + 1e-9
    scaled = [(table / spread, is_gold) for table, is_gold in cases]
    weights = np.zeros(len(columns))
    for _ in range(STEPS):
        gradient, curvature = _slopes(scaled, weights)
        step = np.linalg.solve(curvature, gradient)
        before = _loss(scaled, weights)
        while _loss(scaled, weights - step) > before and np.abs(step).max() > 1e-9:
            step /= 2  # too far: where the softmax is sharp the curvature says little of what lies ahead
        weights -= step
        if np.abs(step).max() < 1e-5:
            break
    return dict.fromkeys(FEATURES, 0.0) | dict(zip(kept, (weights / spread).tolist(), strict=True))


def _loss(cases: Sequence[tuple[Table, NDArray[np.bool_]]], weights: NDArray[np.float64]) -> float:
    total = L2 * float(weights @ weights)
    for table, is_gold in cases:
        scores = table @ weights
        most = scores.max()
        total += float(most + np.log(np.exp(scores - most).sum()) - scores[is_gold].mean()) / len(cases)
    return total


def _slopes(
    cases: Sequence[tuple[Table, NDArray[np.bool_]]], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], Table]:
    """The gradient, (features,), and the Hessian, (features, features), of the loss."""
    gradient, curvature = 2 * L2 * weights, 2 * L2 * np.eye(len(weights))
    for table, is_gold in cases:
        scores = table @ weights
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        mean = shares @ table
        gradient = gradient + (mean - table[is_gold].mean(axis=0)) / len(cases)
        curvature = curvature + ((table * shares[:, None]).T @ table - np.outer(mean, mean)) / len(cases)
    return gradient, curvature
