"""What each circle believes of each dimension, and each reader in it who wants something else.

It turns columns of evidence into `Held`; `memory.profile.deriving` says of which scope they are, and `belief` does
the arithmetic.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from memory.embed import Ids
from memory.profile.belief import HELD, PULL, SILENT, Beliefs, Weights, believed, fading, measured, not_silenced
from memory.profile.evidence import Evidences


@dataclass(slots=True)
class Held:
    """What one circle, or one reader in it, believes of a dimension."""

    circle: int
    reader: str
    dimension: int
    value: int
    amount: float | None
    confidence: float
    is_taught: bool
    """By the user's own hand, and not only let be."""
    is_wide: bool = False


def beliefs_of(evidence: Evidences, circle: Ids) -> list[Held]:
    """Of every circle, `circle` (lessons,) naming that of each lesson."""
    return [*_believed(evidence, circle), *_measured(evidence, circle)]


def _believed(evidence: Evidences, circle: Ids) -> list[Held]:
    """The best value of each circle and dimension, and of each reader in it who wants another."""
    chosen = ~np.isfinite(evidence.amount)
    lesson = evidence.lesson[chosen]
    dimension, value, active = evidence.dimension[chosen], evidence.value[chosen], evidence.is_active[chosen]
    place = circle[lesson]
    weights = fading(place, dimension, evidence.strength[chosen], evidence.age_days[lesson])
    weights *= not_silenced(place, dimension, value, active)
    in_circles = believed(place, dimension, value, weights, active)
    names = {name: number for number, name in enumerate(dict.fromkeys(one.reader for one in evidence.lessons))}
    reader = np.array([names[one.reader] for one in evidence.lessons], dtype=np.int64)
    in_readers = believed(place * len(names) + reader[lesson], dimension, value, weights, active)
    best = _best(in_circles, in_circles.share)
    held = [_of(in_circles, row, int(in_circles.place[row]), "", in_circles.share[row]) for row in best]
    wider = {(one.circle, one.dimension): one for one in held}
    prior = {
        (int(one), int(code)): float(share)
        for one, code, share in zip(in_circles.place, in_circles.value, in_circles.share, strict=True)
    }
    readers = list(names)
    for row in _best(in_readers, in_readers.weight):
        where, name = divmod(int(in_readers.place[row]), len(names))
        above = wider[where, int(in_readers.dimension[row])]
        code, whole = int(in_readers.value[row]), in_readers.whole[row]
        if code == above.value or not readers[name]:
            continue
        confidence = (in_readers.weight[row] + PULL * prior[where, code]) / (whole + PULL)
        if confidence >= HELD:
            held.append(_of(in_readers, row, where, readers[name], confidence))
    return held


def _best(beliefs: Beliefs, rank: Weights) -> Ids:
    """The row of the highest rank in each group; of equals the value that came first."""
    order = np.lexsort((-beliefs.value, rank, beliefs.group))
    last = np.append(beliefs.group[order][1:] != beliefs.group[order][:-1], True) if len(order) else order
    best: Ids = order[last.astype(bool)]
    return best


def _of(beliefs: Beliefs, row: int, circle: int, reader: str, confidence: float) -> Held:
    is_taught = bool(beliefs.active[row] > 0)
    return Held(
        circle, reader, int(beliefs.dimension[row]), int(beliefs.value[row]), None, float(confidence), is_taught
    )


def _measured(evidence: Evidences, circle: Ids) -> list[Held]:
    """The amount of each circle and measured dimension."""
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number in np.flatnonzero(np.isfinite(evidence.amount)).tolist():
        places[int(circle[evidence.lesson[number]]), int(evidence.dimension[number])].append(number)
    held: list[Held] = []
    for (place, dimension), numbers in places.items():
        every = np.array(numbers)
        rows = every[evidence.strength[every] > 0]
        if not len(rows):
            continue
        silent = np.setdiff1d(np.flatnonzero(circle == place), evidence.lesson[every])
        lesson = np.concatenate([evidence.lesson[rows], silent])
        order = np.argsort(lesson, kind="stable")
        said = np.concatenate([rows, np.full(len(silent), -1)])[order]
        is_said = said >= 0
        is_active = evidence.is_active[said] & is_said
        found = measured(
            np.where(is_said, evidence.amount[said], np.nan),
            np.where(is_said, evidence.strength[said], SILENT),
            evidence.age_days[lesson[order]],
            is_active,
        )
        row = said[found.number]
        amount, is_taught = float(evidence.amount[row]), not found.is_let_be
        held.append(Held(place, "", dimension, int(evidence.value[row]), amount, found.confidence, is_taught))
    return held
