"""From what the ranking foretells to what comes true of it: a line over log-odds that is learned from the answers.

Answers are given for what was chosen, so the raw odds of chosen stories are too high, and a forecast that averages over
all that is unknown is too timid. The line starts as simulated readers of AG News had it. `assistant.ranking.taste` asks.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from assistant.ranking.belief import Array, Belief, chances, log_odds

MEMORY_DAYS = 20.0
PIVOT = -1.3
"""Log-odds of an ordinary story, around which the line turns."""
SLOPE, HEIGHT = 2.5, -1.8
SLOPE_VARIANCE, HEIGHT_VARIANCE = 0.3, 0.05
WEIGHT = 0.5
"""Of an answer: those of one day have much in common."""
MOST_DAYS = 30
"""Groups before so many have faded."""


class Calibration:
    """Foretold log-odds (n,) of answers that were then given, as groups at their times, oldest first."""

    def __init__(self) -> None:
        self._groups: deque[tuple[Array, Sequence[bool], datetime]] = deque(maxlen=MOST_DAYS)

    def take(self, foretold: Array, wanted: Sequence[bool], at: datetime) -> None:
        self._groups.append((foretold, wanted, at))

    def chances(self, foretold: Array, now: datetime) -> Array:
        """(m,): how likely stories with these log-odds are wanted."""
        known = _rows(np.concatenate([np.zeros(0), *(group for group, _, _ in self._groups)]))
        asked = _rows(foretold)
        scale, line = np.array([SLOPE_VARIANCE, HEIGHT_VARIANCE]), np.array([SLOPE, HEIGHT])
        belief = Belief((known * scale) @ known.T, known @ line)
        times = [*(at for _, _, at in self._groups), now]
        for (_, wanted, at), until in zip(self._groups, times[1:], strict=True):
            for is_wanted in wanted:
                belief.observe(is_wanted, WEIGHT)
            belief.fade(_kept(at, until))
        return chances(log_odds(*belief.logits((asked * scale) @ known.T, asked @ line, (asked**2) @ scale)))


def _rows(foretold: Array) -> Array:
    return np.column_stack([foretold - PIVOT, np.ones_like(foretold)])


def _kept(since: datetime, until: datetime) -> float:
    return math.exp(-max((until - since).total_seconds(), 0.0) / 86_400 / MEMORY_DAYS)
