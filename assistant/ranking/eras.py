"""Since when the user's taste has been what it is: several beliefs, each of which learned from another day on.

Nobody says that an interest has ended. With each group of answers an era may have begun, which forgets what was wanted before
and half of what was not; how well each era foretold the answers since says how likely it is, and all of them foretell together by that weight
(Bayesian detection of change points, Adams and MacKay 2007, with few hypotheses). `assistant.ranking.taste` asks it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.ranking.belief import Array, Belief, chances, log_odds

CHANGE = 0.4
"""How likely ten answers are the first of a new era, before they are seen. High, for an era that was begun in vain costs
little: the old one foretells better and outweighs it."""
MOST_ERAS = 5
STILL_UNWANTED, REMEMBERED = 0.5, 100
"""An era begins with the noes among so many answers before it, at this weight: what bored once mostly bores again."""
LEAST_CHANCE = 1e-3
"""A surer forecast that failed does not end an era: people press the wrong key."""


@dataclass(slots=True)
class _Era:
    belief: Belief
    log_weight: float


@dataclass(frozen=True, slots=True)
class Foretold:
    """Of m stories, each (m,): the log-odds that they are wanted, mean and variance of what these may turn out to be."""

    log_odds: Array
    mean: Array
    variance: Array


class Eras:
    """Learns from the answers of `kernel` (n, n) in their order, a group at a time."""

    def __init__(self, kernel: Array, prior: Array) -> None:
        self._kernel = kernel
        self._prior = prior
        self._answers: list[bool] = []
        self._eras = [_Era(Belief(kernel, prior), 0.0)]

    def take(self, wanted: Sequence[bool], weights: Sequence[float]) -> None:
        """Learn the next answers, which were given together; `weights` counts each as so many answers."""
        if self._answers:
            self._begin(1.0 - (1.0 - CHANGE) ** (len(wanted) / 10))
        for era in self._eras:
            for is_wanted, weight in zip(wanted, weights, strict=True):
                era.log_weight += math.log(max(era.belief.observe(is_wanted, weight), LEAST_CHANCE))
        self._answers += wanted
        self._eras = sorted(self._eras, key=lambda era: -era.log_weight)[:MOST_ERAS]

    def fade(self, kept: float) -> None:
        """Draw every era back to the prior; `kept` in [0, 1] is what remains of what was learned."""
        for era in self._eras:
            era.belief.fade(kept)

    def foretell(self, kernel: Array, prior: Array, variance: Array) -> Foretold:
        """What is believed of m others with their `kernel` (m, taken or more) to the answers, prior mean and variance."""
        each = [era.belief.logits(kernel, prior, variance) for era in self._eras]
        shares = self._shares()
        chance = shares @ np.stack([chances(log_odds(*logits)) for logits in each])
        means = np.stack([mean for mean, _ in each])
        spread = np.stack([left for _, left in each]) + means**2
        mean = shares @ means
        sure = np.clip(chance, 1e-4, 1.0 - 1e-4)
        return Foretold(np.log(sure / (1.0 - sure)), mean, np.maximum(shares @ spread - mean**2, 0.0))

    def pull(self) -> Array:
        """(taken,): how much each answer pulls the log-odds of what is like it, over all eras."""
        over_all: Array = self._shares() @ np.stack([era.belief.pull for era in self._eras])
        return over_all

    def _begin(self, chance: float) -> None:
        """An era may begin here: it gets `chance` of the weight of all."""
        total = float(np.logaddexp.reduce([era.log_weight for era in self._eras]))
        for era in self._eras:
            era.log_weight += math.log1p(-chance)
        start = max(0, len(self._answers) - REMEMBERED)
        belief = Belief(self._kernel, self._prior, start)
        for was_wanted in self._answers[start:]:
            if was_wanted:
                belief.leave_out()
            else:
                belief.observe(False, STILL_UNWANTED)
        self._eras.append(_Era(belief, total + math.log(chance)))

    def _shares(self) -> Array:
        weights = np.array([era.log_weight for era in self._eras])
        shares: Array = np.exp(weights - weights.max())
        shares /= shares.sum()
        return shares
