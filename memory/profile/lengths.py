"""How long texts are to be: of amounts that were seen, the one with which the least is left to be changed.

A length is an aim and a bound. The user makes a text as long as they want it, and lets one be that is not far off. So an
amount a is judged by the share of a text of length y, as the user left it, that would have to be put in or taken away:

    d = |a - y| / max(y, 1);  off(a, y) = d ramp(d),  at most 1

where ramp rises from 0 to 1 between what is surely let be and what is surely not; for a text that was only let be that is
further off, since what the user would have made of it is not known.

A circle's `Lengths` are what was left in its texts, the later ones weighing more; `memory.profile.deriving` makes them and
`memory.profile.profile` asks them. Points that the user gave are more than a length: whether any may be left out is asked of
`cut`, which knows how long texts were that the user cut, and how long those that they let be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.profile.belief import DOUBT, Weights, fading, not_silenced_amounts, off

STEADY = 0.87
"""What `belief.KEPT` is for lengths, which scatter: the middle of some seven."""
LET = 0.6
"""How much it says that a text was let be as long as it came."""
ABOUT_AS_LONG = 0.1
CAUTION = 0.7
"""What `belief.DOUBT` is where something that the user gave would be left out: one edit is not enough."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of one place and dimension, in order of time: the lengths that were `left` (n,), which of them the user's own hand
    made, and what each weighs. And how long texts were when they were `reached` (m,), whether something was then taken away
    (`is_cut`), or they were let be, and what that weighs (`heard`). A change of mind silences both alike."""

    left: Weights
    is_made: NDArray[np.bool_]
    weight: Weights
    reached: Weights
    is_cut: NDArray[np.bool_]
    heard: Weights

    def off(self, amount: float, whole: float) -> float:
        """The share of a text that would be changed, had it been written with `amount`; `whole` is how long it is with all
        that was to be said, which is right where nothing is known."""
        known = float((self.weight * off(amount, self.left, self.is_made)).sum())
        unknown = DOUBT * float(off(amount, whole))
        return (known + unknown) / (float(self.weight.sum()) + DOUBT)

    def cut(self, length: float) -> float:
        """How surely the user takes something away from a text of that length: who did from a shorter one will, and who
        let a longer one be will not."""
        for_it = self.heard[self.is_cut & (self.reached <= length * (1 + ABOUT_AS_LONG))].sum()
        against = self.heard[~self.is_cut & (self.reached >= length * (1 - ABOUT_AS_LONG))].sum()
        return float(for_it / (for_it + against + CAUTION))


def lengths(
    amount: Weights, before: Weights, strength: Weights, age_days: Weights, is_active: NDArray[np.bool_]
) -> Lengths:
    """What the evidence of one place and dimension, in order of time, says. Evidence without strength was let be as it came,
    and was nobody's choice. What was kept short before the user saw it, and let be, was rightly kept short."""
    is_cut = is_active & (amount < before)
    is_kept = ~is_active & (strength > 0)
    reached = np.where(is_cut, before, amount)
    if is_cut.any():
        reached = np.where(is_kept, np.maximum(reached, reached[is_cut].min()), reached)
    alone = np.zeros(len(amount), dtype=np.int64)
    telling = strength > 0
    kept = not_silenced_amounts(amount, is_active)
    return Lengths(
        left=amount[telling],
        is_made=is_active[telling],
        weight=(fading(alone, alone, strength, age_days, STEADY) * kept)[telling],
        reached=reached,
        is_cut=is_cut | is_kept,
        heard=fading(alone, alone, np.where(telling, strength, LET), age_days, STEADY) * kept,
    )
