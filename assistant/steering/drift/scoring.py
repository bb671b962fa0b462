"""Stability by round: the share of answers that kept to their instruction, of those that could be scored, with intervals.

Wilson's intervals for a round, and a bootstrap over pairs for the difference of two methods, whose conversations share
their seeds. Knows answers, no model and no probe.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.steering.drift.conversing import Answer

Z = 1.959964
"""Of a 95% interval."""
RESAMPLED = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`stability` with a 95% interval; none where nothing could be scored. `attention` is the mean pi, if it was told."""

    number: int
    scored: int
    unscored: int
    stability: float | None
    low: float | None
    high: float | None
    attention: float | None = None


def by_round(answers: Sequence[Answer]) -> list[Round]:
    """The rounds in order."""
    numbers = sorted({answer.round for answer in answers})
    return [_round(number, [answer for answer in answers if answer.round == number]) for number in numbers]


def by_kind(answers: Sequence[Answer], least_round: int = 1) -> dict[str, float | None]:
    """The stability of each family over the rounds from `least_round` on."""
    kinds = sorted({answer.kind for answer in answers})
    late = [answer for answer in answers if answer.round >= least_round]
    return {kind: _round(0, [answer for answer in late if answer.kind == kind]).stability for kind in kinds}


def gain(
    answers: Sequence[Answer], against: Sequence[Answer], *, seed: int = 0, least_round: int = 1
) -> tuple[float, float, float] | None:
    """How much more stable the first are over the rounds from `least_round` on: the difference and its 95% interval.

    Pairs are drawn with replacement, as their conversations belong together. None where nothing could be scored.
    """
    one, other = _table(answers, least_round), _table(against, least_round)
    pairs = sorted(one.keys() | other.keys())
    if not pairs:
        return None
    table = np.array([[*one.get(pair, (0, 0)), *other.get(pair, (0, 0))] for pair in pairs], dtype=np.float64)
    chance = np.random.default_rng(seed)
    drawn = chance.integers(len(pairs), size=(RESAMPLED, len(pairs)))
    sums = np.vstack([table.sum(0), table[drawn].sum(1)])
    with np.errstate(invalid="ignore", divide="ignore"):
        differences = sums[:, 0] / sums[:, 1] - sums[:, 2] / sums[:, 3]
    if not math.isfinite(differences[0]):
        return None
    low, high = np.nanpercentile(differences[1:], [2.5, 97.5])
    return float(differences[0]), float(low), float(high)


def wilson(kept: int, scored: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share (Wilson 1927, with z = 1.96)."""
    share, more = kept / scored, Z * Z / scored
    middle = (share + more / 2) / (1 + more)
    half = Z / (1 + more) * math.sqrt(share * (1 - share) / scored + more / (4 * scored))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _round(number: int, answers: Sequence[Answer]) -> Round:
    kept = sum(answer.verdict == "kept" for answer in answers)
    scored = sum(answer.verdict != "unscored" for answer in answers)
    told = [answer.attention for answer in answers if answer.attention is not None]
    low, high = wilson(kept, scored) if scored else (None, None)
    return Round(
        number=number,
        scored=scored,
        unscored=len(answers) - scored,
        stability=kept / scored if scored else None,
        low=low,
        high=high,
        attention=sum(told) / len(told) if told else None,
    )


def _table(answers: Sequence[Answer], least_round: int) -> dict[int, tuple[int, int]]:
    """By pair, how many were kept and how many scored."""
    found: dict[int, tuple[int, int]] = {}
    for answer in answers:
        if answer.round >= least_round and answer.verdict != "unscored":
            kept, scored = found.get(answer.pair, (0, 0))
            found[answer.pair] = kept + (answer.verdict == "kept"), scored + 1
    return found
