"""An online Bayesian logistic model: what is believed of some stories' log-odds after yes and no answers to others.

The belief is a Gaussian process: a story's log-odds go with those of the stories like it, as far as their kernel says.
Each answer moves it by Laplace's approximation, which for one observation is a one-dimensional search; time draws it
back to the prior (an Ornstein-Uhlenbeck step), so that old answers fade and uncertainty returns. It knows no item and
no user, only the rows and columns of a kernel; `assistant.ranking.eras` holds several of them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_NEWTON_STEPS = 20
_TOLERANCE = 1e-9
_LEAST_VARIANCE = 1e-9
MOST_WAITING = 32


class Belief:
    """Learns from the answers `first`, `first + 1`, ... of `kernel` (n, n), in this order; `prior` (n,) is the mean.

    Mean and covariance of any log-odds follow from `pull` (k,) and `known` (k, k) of the k answers so far:
    mean(x) = prior(x) + kernel(x, :) @ pull, and covariance(x, y) = kernel(x, y) - kernel(x, :) @ known @ kernel(:, y).
    """

    def __init__(self, kernel: Array, prior: Array, first: int = 0) -> None:
        room = len(kernel) - first
        self._kernel = kernel[first:, first:]
        self._prior = prior[first:]
        self._pull = np.zeros(room)
        self._known = np.zeros((room, room))
        self._waiting: list[Array] = []
        """Rows whose outer product with themselves `known` has yet to gain: many at once are cheap."""
        self._taken = 0
        self.first = first

    @property
    def pull(self) -> Array:
        """(first + taken,): how much each answer pulls the log-odds of what is like it; zero for those left out."""
        return np.concatenate([np.zeros(self.first), self._pull[: self._taken]])

    def observe(self, wanted: bool, weight: float = 1.0) -> float:
        """Learn that the next answer was yes or no; `weight` counts it as so many answers. Returns how likely it was."""
        direction, mean, variance = self._next()
        step = _mode(mean, variance, 1.0 if wanted else 0.0, weight)
        chance = sigmoid(mean + variance * step)
        curvature = weight * chance * (1.0 - chance)
        self._taken += 1
        self._pull[: self._taken] += step * direction
        row = np.zeros(len(self._pull))
        row[: self._taken] = direction * math.sqrt(curvature / (1.0 + curvature * variance))
        self._waiting.append(row)
        if len(self._waiting) >= MOST_WAITING:
            self._settle()
        expected = sigmoid(mean / math.sqrt(1.0 + math.pi / 8.0 * variance))
        return expected if wanted else 1.0 - expected

    def leave_out(self) -> None:
        """Learn nothing from the next answer."""
        self._taken += 1

    def fade(self, kept: float) -> None:
        """Draw the belief back to the prior; `kept` in [0, 1] is what remains of what was learned."""
        self._settle()
        self._pull *= kept
        self._known[: self._taken, : self._taken] *= kept**2

    def logits(self, kernel: Array, prior: Array, variance: Array) -> tuple[Array, Array]:
        """Mean and variance, each (m,), of the log-odds of m others, with their `kernel` (m, first + taken) to the
        answers, and their `prior` mean and `variance` (m,)."""
        self._settle()
        near = kernel[:, self.first : self.first + self._taken]
        known = self._known[: self._taken, : self._taken]
        left = variance - np.einsum("mk,mk->m", near @ known, near)
        return prior + near @ self._pull[: self._taken], np.maximum(left, _LEAST_VARIANCE)

    def _next(self) -> tuple[Array, float, float]:
        """The direction (taken + 1,) in which the next answer moves the pulls; mean and variance of its log-odds."""
        at = self._taken
        near = np.ascontiguousarray(self._kernel[at, :at])
        moved: Array = _product(self._known[:at, :at], near)
        if self._waiting:
            rows = np.stack(self._waiting)[:, :at]
            moved += _product(rows.T, _product(rows, near))
        mean = float(self._prior[at] + _product(near[None], self._pull[:at])[0])
        return (
            np.append(-moved, 1.0),
            mean,
            max(float(self._kernel[at, at] - _product(near[None], moved)[0]), _LEAST_VARIANCE),
        )

    def _settle(self) -> None:
        if self._waiting:
            rows = np.stack(self._waiting)[:, : self._taken]
            self._known[: self._taken, : self._taken] += rows.T @ rows
            self._waiting.clear()


def _product(matrix: Array, vector: Array) -> Array:
    """`matrix @ vector`, in this thread alone: for thousands of small ones, waking the threads of BLAS costs more than
    the work, and on a busy machine a hundred times more."""
    found: Array = np.einsum("ij,j->i", matrix, vector)
    return found


def log_odds(mean: Array, variance: Array) -> Array:
    """Those of the chance that comes of a Gaussian over log-odds: shrunk by what is not known (MacKay 1992)."""
    shrunk: Array = mean / np.sqrt(1.0 + math.pi / 8.0 * variance)
    return shrunk


def chances(logits: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))


def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit)) if logit > -30 else math.exp(logit)


def _mode(logit: float, variance: float, answer: float, weight: float) -> float:
    """The step t along the kernel at which the posterior is greatest: t = weight (answer - sigmoid(logit + variance t)).

    The difference of both sides rises in t, so Newton from a bracket that bisection keeps always arrives.
    """
    low, high = weight * (answer - 1.0), weight * answer
    step = 0.5 * (low + high)
    for _ in range(_NEWTON_STEPS):
        chance = sigmoid(logit + variance * step)
        excess = step - weight * (answer - chance)
        if abs(excess) < _TOLERANCE:
            break
        low, high = (step, high) if excess < 0 else (low, step)
        newton = step - excess / (1.0 + weight * variance * chance * (1.0 - chance))
        step = newton if low < newton < high else 0.5 * (low + high)
    return step
