"""What the evidence of one place says: which value, and how surely. Pure arithmetic on weighted evidence.

A place is a circle, or one reader within it. With evidence 1..n of a place and a dimension, the oldest first, s_i its
strength (the user's own hand up to 1, what was only let be half of that) and d_i its age in days:

    w_i  = s_i KEPT^(s_(i+1) + ... + s_n) 2^(-d_i / HALF_LIFE)     what comes later outweighs what was: after two or three
                                                                    plain edits the other way, and not after one
    p(v) = sum of w_i where i says v  /  (sum of w_i + DOUBT)       a lone plain edit is believed by 1 / (1 + DOUBT)
    p(v | reader) = (w(v, reader) + PULL p(v)) / (w(reader) + PULL)  the circle is the prior of a reader in it, whose
                                                                    evidence fades with all that comes later in the circle

Who says the same twice in a row, by their own hand, and had said another before, has changed their mind: each time, what says
otherwise before it keeps SILENCED of its weight (what agrees keeps all).

Of what is measured, small amounts agree that are one number, larger ones within a quarter. An amount is a bound as much as
an aim: what the user let be below it confirms it, what they let be above it speaks against it, and only what they wrote
themselves sets it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.embed import Ids

Weights = NDArray[np.float64]

KEPT = 0.68
SILENCED = 0.3
HALF_LIFE_DAYS = 730.0
DOUBT = 0.5
PULL = 3.0
HELD = 0.4
"""A value that is less likely than that is no preference."""
COUNTED = 12.0
"""Smaller amounts are counted: four sentences are not three."""
NEAR = 0.25
"""Larger ones agree whose ratio is within this."""
CLOSE, ABOUT = 0.12, 0.4
"""How far, in logarithms, amounts lie apart that are meant to be one, and that are still better than none."""
BOUND = 0.6
"""How much an amount that was let be below an aim speaks for it."""
SILENT = 0.2
"""How much a text that shows no amount says that the user wants none."""
MADE, LET_BE = (0.1, 0.25), (0.15, 0.35)
"""Between which shares a text is no longer let be: from what the user made it, and from what they let be."""
BELOW = 0.5
"""What was let be below this share of a bound says nothing of it."""


def enough(reach: float) -> float:
    """The confidence from which a value is used, where writing it changes about `reach` of a text's words.

    A lone plain edit passes (0.67, against 0.55 at half the text), a lone faint one (0.5) for what changes little. It is
    this low because a wrong value costs an edit as none does: what is measured is the words that the user has to change.
    """
    return HELD + 0.3 * min(max(reach, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Beliefs:
    """A row for each place, dimension and value that has evidence: `group` numbers (place, dimension)."""

    place: Ids
    dimension: Ids
    value: Ids
    group: Ids
    weight: Weights
    """w(v)"""
    whole: Weights
    """Of all values in the group."""
    active: Weights
    """How much of `weight` the user's own hand made."""

    @property
    def share(self) -> Weights:
        """p(v)"""
        return self.weight / (self.whole + DOUBT)


def fading(place: Ids, dimension: Ids, strength: Weights, age_days: Weights) -> Weights:
    """w_i of evidence in order of time."""
    group = _groups(place, dimension)
    order = np.argsort(group, kind="stable")
    of, mine = group[order], strength[order]
    through = np.cumsum(mine)
    last = np.searchsorted(of, of, side="right") - 1
    later = through[last] - through
    weights = np.empty_like(strength)
    weights[order] = mine * KEPT**later
    faded: Weights = weights * 2.0 ** (-age_days / HALF_LIFE_DAYS)
    return faded


def not_silenced(place: Ids, dimension: Ids, value: Ids, is_active: NDArray[np.bool_]) -> Weights:
    """What evidence, in order of time, keeps of its weight after the changes of mind that came later."""
    group = _groups(place, dimension)
    order = np.argsort(group, kind="stable")
    of, said, mine = group[order], value[order], is_active[order]
    follows = np.append(False, of[1:] == of[:-1])
    is_again = follows & np.append(False, said[1:] == said[:-1])
    is_other = np.append(False, (follows & ~is_again)[:-1])
    turns = (is_again & is_other & mine & np.append(False, mine[:-1])).astype(np.float64)
    kept = np.empty(len(group))
    kept[order] = SILENCED ** (_later(of, turns) - _later(_groups(of, said), turns))
    return kept


def not_silenced_amounts(amount: Weights, is_active: NDArray[np.bool_]) -> Weights:
    """The same of the measured evidence of one place and dimension."""
    kept = np.ones(len(amount))
    least, most = (ends[1:-1] for ends in _around(amount))
    before, first, second = amount[:-2], amount[1:-1], amount[2:]
    is_again = is_active[1:-1] & is_active[2:] & (least <= second) & (second <= most)
    is_other = np.isfinite(before) & ~((least <= before) & (before <= most))
    for number in np.flatnonzero(is_again & is_other).tolist():
        lowest, highest = _around(np.sqrt(first[number] * second[number]))
        earlier = amount[: number + 1]
        kept[: number + 1][~((earlier >= lowest) & (earlier <= highest))] *= SILENCED
    return kept


def _later(group: Ids, counts: Weights) -> Weights:
    """The sum of `counts` behind each one in its group."""
    order = np.argsort(group, kind="stable")
    of, through = group[order], np.cumsum(counts[order])
    last = np.searchsorted(of, of, side="right") - 1
    later = np.empty_like(counts)
    later[order] = through[last] - through
    return later


def believed(place: Ids, dimension: Ids, value: Ids, weights: Weights, is_active: NDArray[np.bool_]) -> Beliefs:
    """What evidence of these weights says of each place and dimension."""
    if not len(place):
        none = np.zeros(0, dtype=np.int64)
        nothing = np.zeros(0)
        return Beliefs(none, none, none, none, nothing, nothing, nothing)
    group = _groups(place, dimension)
    width = int(value.max()) + 1
    names, first, pair = np.unique(group * width + value, return_index=True, return_inverse=True)
    of = names // width
    return Beliefs(
        place=place[first],
        dimension=dimension[first],
        value=value[first],
        group=of,
        weight=_sums(pair, weights),
        whole=_sums(group, weights)[of],
        active=_sums(pair, weights * is_active),
    )


def _groups(place: Ids, dimension: Ids) -> Ids:
    """A number for each place and dimension."""
    _, group = np.unique(place * (dimension.max(initial=0) + 1) + dimension, return_inverse=True)
    return group.astype(np.int64)


def _sums(of: Ids, weights: Weights) -> Weights:
    return np.bincount(of, weights=weights).astype(np.float64)


def off(amount: float, left: Weights | float, is_made: NDArray[np.bool_] | bool = True) -> Weights:
    """The share of texts of these lengths that would be changed, had they been written with `amount`; `is_made`: the user's
    own hand made them so long."""
    apart = np.abs(amount - np.asarray(left)) / np.maximum(left, 1.0)
    least, most = (np.where(is_made, made, let_be) for made, let_be in zip(MADE, LET_BE, strict=True))
    shares: Weights = np.minimum(apart * np.clip((apart - least) / (most - least), 0.0, 1.0), 1.0)
    return shares


@dataclass(frozen=True, slots=True)
class Measured:
    """`number` is the place of the evidence whose amount it is. `is_let_be`: the user never set one."""

    number: int
    confidence: float
    is_let_be: bool = False


def measured(
    amount: Weights,
    strength: Weights,
    age_days: Weights,
    is_active: NDArray[np.bool_],
) -> Measured:
    """The amount that the evidence of one place and dimension, in order of time, speaks for; NaN is that of a text that says
    nothing of it.

    The middle, by weight, of what the user set near the best supported amount: one edit that goes too far does not move it.
    What scatters is believed less. Where less would have to be changed had all been as long as what the user let be, they
    want no amount at all.
    """
    alone = np.zeros(len(amount), dtype=np.int64)
    weights = fading(alone, alone, strength, age_days) * not_silenced_amounts(amount, is_active)
    aims, rest = np.flatnonzero(is_active), ~is_active & np.isfinite(amount)
    if len(aims):
        shares = _shares(amount, is_active, weights, amount[aims])
        best = aims[int(np.argmax(shares + 1e-9 * np.arange(len(aims))))]
        about = aims[agrees(amount[aims], amount[best], np.ones(len(aims), dtype=bool))]
        middle = int(about[_middle(amount[about], weights[about])])
        share = float(_shares(amount, is_active, weights, amount[[middle]])[0])
        if not rest.any() or _changed(amount, is_active, weights, middle) <= _changed(
            amount, is_active, weights, _middle(amount, weights * rest)
        ):
            return Measured(middle, share)
    let_be = float((weights * ~is_active).sum() / (weights.sum() + DOUBT))
    return Measured(_middle(amount, weights * np.isfinite(amount)), let_be, is_let_be=True)


def _changed(amount: Weights, is_active: NDArray[np.bool_], weights: Weights, number: int) -> float:
    """How much of the texts would be changed had they all had the amount of that number."""
    known = np.isfinite(amount)
    return float((weights[known] * off(amount[number], amount[known], is_active[known])).sum())


def _shares(amount: Weights, is_active: NDArray[np.bool_], weights: Weights, aims: Weights) -> Weights:
    """p of each aim: how much of the evidence fits it, weighted, where what was let be far below says nothing."""
    apart = np.log(np.maximum(np.nan_to_num(amount, nan=np.inf), 0.5))[:, None] - np.log(np.maximum(aims, 0.5))[None]
    fits = (np.exp(-np.square(apart / CLOSE) / 2) + np.exp(-np.square(apart / ABOUT) / 2)) / 2
    stays_below = ~is_active[:, None] & (apart < 0)
    fits = np.where(stays_below, np.maximum(fits, BOUND), fits)
    heard = weights[:, None] * ~(stays_below & (apart < np.log(BELOW)))
    shares: Weights = (heard * fits).sum(axis=0) / (heard.sum(axis=0) + DOUBT)
    return shares


def _middle(amount: Weights, weights: Weights) -> int:
    order = np.argsort(amount, kind="stable")
    through = np.cumsum(weights[order])
    return int(order[int(np.searchsorted(through, through[-1] / 2))])


def agrees(amount: Weights, aim: Weights | float, is_active: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether an amount speaks for an aim: is about it, or was let be and stays below it."""
    least, most = _around(np.asarray(aim, dtype=np.float64))
    fits: NDArray[np.bool_] = (amount <= most) & (~is_active | (amount >= least))
    return fits


def _around(aim: Weights) -> tuple[Weights, Weights]:
    """The least and the most that agree with an aim."""
    is_counted = aim < COUNTED
    return np.where(is_counted, aim - 0.5, aim / (1 + NEAR)), np.where(is_counted, aim + 0.5, aim * (1 + NEAR))


def is_near(one: float, other: float) -> bool:
    """Whether two amounts are the same preference."""
    least, most = _around(np.array([one]))
    return bool(least[0] <= other <= most[0])
