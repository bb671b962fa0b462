"""An online Bayesian logistic model: what is believed of a weight vector after some yes and no answers.

The belief is Gaussian with full covariance. Each answer moves it by Laplace's approximation, which for one observation
is a one-dimensional search along the direction `covariance @ x`; time draws it back to the prior (an
Ornstein-Uhlenbeck step), so that old answers fade and uncertainty returns. It knows no item and no user;
`assistant.ranking.taste` uses one belief for taste and a second, two-dimensional one for calibration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_NEWTON_STEPS = 20
_TOLERANCE = 1e-9
MOST_WAITING = 32


@dataclass(slots=True)
class Belief:
    """`mean` (d,) and `covariance` (d, d) of the weights; the prior has `prior_mean` (d,) and `prior_variance` (d,)."""

    prior_mean: Array
    prior_variance: Array
    mean: Array
    _covariance: Array
    """Without the answers that wait."""
    _waiting: list[Array] = field(default_factory=list)
    """A row (d,) an answer, whose outer product with itself the covariance has yet to lose: many at once are cheap."""

    @classmethod
    def from_prior(cls, mean: Array, variance: Array) -> Belief:
        return cls(mean, variance, mean.copy(), np.diag(variance))

    @property
    def covariance(self) -> Array:
        if self._waiting:
            rows = np.stack(self._waiting)
            self._covariance -= rows.T @ rows
            self._waiting.clear()
        return self._covariance

    def observe(self, x: Array, wanted: bool, weight: float = 1.0) -> None:
        """Learn that the answer to `x` (d,) was yes or no; `weight` counts it as so many answers."""
        direction = self._times(x)
        variance = float(x @ direction)
        logit = float(x @ self.mean)
        step = _mode(logit, variance, 1.0 if wanted else 0.0, weight)
        chance = sigmoid(logit + variance * step)
        curvature = weight * chance * (1.0 - chance)
        self.mean = self.mean + step * direction
        self._waiting.append(direction * math.sqrt(curvature / (1.0 + curvature * variance)))

    def fade(self, kept: float) -> None:
        """Draw the belief back to the prior; `kept` in [0, 1] is what remains of what was learned."""
        self.mean = self.prior_mean + kept * (self.mean - self.prior_mean)
        covariance = self.covariance
        covariance *= kept**2
        covariance[np.diag_indices_from(covariance)] += (1.0 - kept**2) * self.prior_variance

    def logits(self, rows: Array) -> tuple[Array, Array]:
        """Mean and variance, each (n,), of the log-odds of `rows` (n, d)."""
        return rows @ self.mean, np.einsum("nd,nd->n", rows @ self.covariance, rows)

    def chances(self, rows: Array) -> Array:
        """The probability of a yes for each of `rows` (n, d), with the uncertainty of the weights averaged in."""
        mean, variance = self.logits(rows)
        shrunk: Array = mean / np.sqrt(1.0 + math.pi / 8.0 * variance)
        return 1.0 / (1.0 + np.exp(-np.clip(shrunk, -30, 30)))

    def _times(self, x: Array) -> Array:
        """`covariance @ x`."""
        if len(self._waiting) >= MOST_WAITING:
            return self.covariance @ x
        known: Array = self._covariance @ x
        if self._waiting:
            rows = np.stack(self._waiting)
            known -= rows.T @ (rows @ x)
        return known


def _mode(logit: float, variance: float, answer: float, weight: float) -> float:
    """The step t along `covariance @ x` at which the posterior is greatest: t = weight (answer - sigmoid(logit + variance t)).

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


def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit)) if logit > -30 else math.exp(logit)
