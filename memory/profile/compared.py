"""Lessons beside one another: how much what was seen in two of them speaks for their being of one circle.

It knows numbers only, and no circle: `memory.profile.circles` groups by what it says. With i, j lessons:

    l_ij  = sum over dimensions seen in both of log P(agree or not | same circle) / P(... | any two)
    h_ij  = 1 - (1 - SWITCH)^|i - j|               how likely the user has changed their mind in between
    l'_ij = log((1 - h_ij) exp(l_ij) + h_ij)
    v_ik  = mean over members j of k of l'_ij, the nearer in time the more: by e^(-|i - j| / MEMORY)

Lessons further apart than `REACH` count next to nothing for one another. So they are compared block by block with those
around: time and memory grow with their number, and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from memory.embed import Ids

Floats = NDArray[np.float32]

BACKGROUND = 8.0
"""How many texts it takes for the mean of the user's own to count as the background as much as none does."""
SWITCH = 0.015
"""How likely the user changes their mind between two lessons."""
SLIP = 0.12
"""How likely a text does not show what its circle wants: a slip, or an edit too little or too much."""
CLOSE = 0.12
"""How far, in logarithms, amounts that are meant to be one lie apart."""
TWICE = 0.7
"""Sentences and words say much of the same."""
MEMORY = 30.0
"""Lessons after which another's values count a third."""
REACH = 240
"""At least so many lessons before and behind it each one is compared with; from there on another's values count e^-8."""
BLOCK = 256
"""Lessons that are compared at once with those around them."""
NOTHING = 0.05
"""The weight that nothing has in the mean v, so that members long ago say little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Lessons of one family of kinds, the oldest first: n of them.

    `vectors` (n, dimension), zero where there is none; `readers`, `domains` (n,), codes, -1 where there is none;
    `values` (n, dimensions), codes, -1 where nothing was seen; `amounts` (n, measures), logarithms, NaN where nothing;
    `is_set` (n, measures), whether the user's own hand made the amount.
    """

    vectors: Floats
    readers: Ids
    domains: Ids
    values: Ids
    amounts: Floats
    is_set: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.readers)


@dataclass(frozen=True, slots=True)
class Block:
    """The lessons from `start` to `stop` beside those around them, from `left` to `right`: `nearness` in time and `near`, l' times
    nearness; both (stop - start, right - left), and 0 of a lesson with itself."""

    start: int
    stop: int
    left: int
    right: int
    nearness: Floats
    near: Floats


@dataclass(frozen=True, slots=True)
class Compared:
    """`centred` (n, dimension) are the vectors without the `background` (dimension,) that all texts share, `squares` (n,) their
    squared lengths; `odds` compare any two lessons, `blocks` hold those near each other, in the order of the lessons."""

    seen: Seen
    background: Floats
    centred: Floats
    squares: Floats
    odds: Odds
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, seen: Seen) -> Self:
        has_vector = np.any(seen.vectors, axis=1)
        background = seen.vectors.sum(axis=0) / (has_vector.sum() + BACKGROUND)
        centred = np.where(has_vector[:, None], seen.vectors - background, 0).astype(np.float32)
        odds = Odds.of(seen)
        return cls(seen, background, centred, np.square(centred).sum(axis=1), odds, tuple(_blocks(odds, len(seen))))

    def values(self, members: Floats) -> Floats:
        """v (n, circles), of each lesson for circles with these `members` (n, circles): 1 or 0."""
        return np.concatenate([_values(one, members[one.left : one.right]) for one in self.blocks])

    def values_before(self, number: int, of: Ids, count: int) -> Floats:
        """v (count,) of one lesson for circles of those before it, `of` naming theirs."""
        block = self.blocks[number // BLOCK]
        row, end = number - block.start, number - block.left
        earlier = of[block.left : number]
        near = np.bincount(earlier, block.near[row, :end], minlength=count)
        mean: Floats = near / (np.bincount(earlier, block.nearness[row, :end], minlength=count) + NOTHING)
        return mean

    def most_at_odds(self, members: Ids) -> tuple[int, int] | None:
        """The two of these lessons of which what was seen speaks most against one circle; none where nothing does."""
        found, least = None, 0.0
        for one in self.blocks:
            rows = members[(members >= one.start) & (members < one.stop)]
            columns = members[(members >= one.left) & (members < one.right)]
            between = one.near[np.ix_(rows - one.start, columns - one.left)]
            if between.size and between.min() < least:
                row, column = np.unravel_index(int(np.argmin(between)), between.shape)
                found, least = (int(rows[row]), int(columns[column])), between.min()
        return found

    def near(self, lessons: Ids, others: Ids) -> Floats:
        """(lessons, others): l' times nearness in time, however far apart."""
        near, _ = self.odds.near(lessons, others)
        return near


def _values(block: Block, members: Floats) -> Floats:
    mean: Floats = block.near @ members / (block.nearness @ members + NOTHING)
    return mean


def _blocks(odds: Odds, count: int) -> Iterator[Block]:
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        left, right = max(start - REACH, 0), min(stop + REACH, count)
        near, nearness = odds.near(np.arange(start, stop), np.arange(left, right))
        yield Block(start, stop, left, right, nearness, near)


@dataclass(frozen=True, slots=True)
class Odds:
    """What agreement and difference in each dimension say, from how common its values are.

    `said` (dimensions, n), 1 where it was seen, and `losses` (dimensions,) where two differ; `same` (values, n), 1 where it was
    seen, and `gains` (values,) on top where they agree; `wide` (measures,), how far amounts scatter.
    """

    seen: Seen
    said: Floats
    losses: Floats
    same: Floats
    gains: Floats
    wide: tuple[float, ...]

    @classmethod
    def of(cls, seen: Seen) -> Self:
        said = seen.values >= 0
        columns: list[NDArray[np.bool_]] = []
        gains: list[float] = []
        losses: list[float] = []
        for dimension in range(seen.values.shape[1]):
            values = seen.values[:, dimension]
            counts = np.bincount(values[said[:, dimension]])
            agree, differ = _odds(counts)
            losses.append(differ)
            for value in np.flatnonzero(counts):
                columns.append(values == value)
                gains.append(agree - differ)
        return cls(
            seen,
            said.T.astype(np.float32),
            np.array(losses, dtype=np.float32),
            np.array(columns, dtype=np.float32).reshape(len(columns), len(seen)),
            np.array(gains, dtype=np.float32),
            tuple(_wide(measure) for measure in seen.amounts.T),
        )

    def near(self, rows: Ids, columns: Ids) -> tuple[Floats, Floats]:
        """(rows, columns) twice: l' times nearness in time, and that nearness; 0 of a lesson with itself."""
        pairs = self.said[:, rows].T @ (self.said[:, columns] * self.losses[:, None])
        pairs += self.same[:, rows].T @ (self.same[:, columns] * self.gains[:, None])
        for measure, is_set, wide in zip(self.seen.amounts.T, self.seen.is_set.T, self.wide, strict=True):
            pairs += _apart(measure[rows], measure[columns], is_set[rows], is_set[columns], wide)
        lag = np.abs(np.subtract.outer(rows, columns)).astype(np.float32)
        switched = 1 - (1 - SWITCH) ** np.maximum(lag, 1)
        alike = np.log((1 - switched) * np.exp(np.clip(pairs, -30, 30)) + switched).astype(np.float32)
        nearness = np.where(lag > 0, np.exp(-lag / MEMORY), 0).astype(np.float32)
        return nearness * alike, nearness


def _wide(measure: Floats) -> float:
    """Twice the variance of what was seen, which is at least a little."""
    seen = np.isfinite(measure)
    return 2 * max(float(np.std(measure[seen])) if seen.any() else 0.0, 0.3) ** 2


def _apart(
    one: Floats, other: Floats, is_one_set: NDArray[np.bool_], is_other_set: NDArray[np.bool_], wide: float
) -> Floats:
    """(one, other): what two amounts say of their lessons being of one circle. One that was let be says less than one that
    was set, and where it lies below it, nothing: a bound leaves room."""
    amount, beside = one[:, None], other[None]
    is_set, is_beside_set = is_one_set[:, None], is_other_set[None]
    apart = np.square(amount - beside)
    near = 2 * CLOSE**2
    odds = np.log((1 - SLIP) * np.sqrt(wide / near) * np.exp(apart / (2 * wide) - apart / (2 * near)) + SLIP)
    weight = np.where(is_set & is_beside_set, 1.0, np.where(is_set | is_beside_set, 0.7, 0.4))
    below = (is_set & ~is_beside_set & (beside < amount)) | (is_beside_set & ~is_set & (amount < beside))
    told: Floats = np.where(np.isfinite(apart), np.where(below, np.maximum(odds, 0), odds) * weight * TWICE, 0)
    return told.astype(np.float32)


def _odds(counts: Ids) -> tuple[float, float]:
    """log P(two agree | same circle) / P(two agree), and of their differing, where values have these counts."""
    total = counts.sum()
    by_chance = (np.square(counts / max(total, 1)).sum() * total + 0.4 * 5) / (total + 5)
    chance = float(np.clip(by_chance, 0.15, 0.9))
    return float(np.log((1 - SLIP) / chance)), float(np.log(SLIP / (1 - chance)))
