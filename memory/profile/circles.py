"""Circles: which texts want the same. Nobody labels contexts, so they are found, from who reads a text, what it is about,
and what the user made of it. One circle serves all dimensions, since it is the same text that has them all.

It knows numbers only: vectors, codes of readers and of values. `memory.profile.deriving` makes the arrays and reads the
circles; `memory.profile.profile` asks how likely a new text belongs to each. The maths, with i, j lessons and k circles:

    text     x_i = (vector - background); members of k scatter about m_k with variance s2 in D directions, the m_k about 0
             with a variance that makes two of a kind as alike as embedders find them (`ALIKE`, against `UNLIKE`).
             t_ik = log N(x_i; E m_k, Var) - log N(x_i; 0, Var_0): for k against a circle of its own  (k = s2 / var m)
    readers  r_ik = log P(reader_i | k) - log P(reader_i), the one counted in k, its domain smoothing the reader, the other in all
    values   l_ij = sum over dimensions seen in both of log P(agree or not | same circle) / P(... | any two), and with
             h_ij = 1 - (1 - SWITCH)^|i - j| the user may have changed their mind in between:
             l'_ij = log((1 - h_ij) exp(l_ij) + h_ij);  v_ik = mean over members j of l'_ij, the nearer in time the more
    score    s_ik = log n_k + g_t t_ik + g_r r_ik + v_ik,  and 0 for a circle of its own

Each lesson in turn joins the best (a pass in order of time, then passes over all at once); then a circle is
taken apart by the two members most at odds, if lessons fit much better so. How far text and readers are
to be trusted (g_t, g_r) differs between users, and is what best foretells the circles found without each lesson itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from memory.embed import Ids, Rows

Floats = NDArray[np.float32]

ALIKE, UNLIKE = 0.22, 0.05
"""Cosines of two texts on one subject, and of any two of a user's."""
DIRECTIONS = 90.0
"""In how many directions texts on one subject scatter; embedders have more, which hang together."""
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
PASSES = 4
PARTED_FROM, PARTED_FOR = 6, 0.5
"""A circle of so many lessons may be two; they are, where lessons then fit theirs better by so much, in the mean."""
GAINS = ((1.0, 1.0), (0.6, 1.0), (0.3, 1.0), (1.0, 0.6), (1.0, 0.3))
"""(g_t, g_r); the first where nothing speaks against it."""
STRANGER = 1.0
"""How much of a circle's readers, and of a domain's in it, are as anywhere, in lessons."""


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
class Readers:
    """How often lessons of the family are for each reader and domain at all: P(domain), and P(reader) in their domain; last,
    of one not seen yet."""

    of_domain: Floats
    of_reader: Floats

    @classmethod
    def of(cls, seen: Seen) -> Self:
        by_domain = np.bincount(seen.domains + 1)[1:]
        by_reader = np.bincount(seen.readers + 1)[1:]
        home = np.zeros(len(by_reader), dtype=np.int64)
        home[seen.readers[seen.readers >= 0]] = seen.domains[seen.readers >= 0]
        known = np.bincount(home, minlength=len(by_domain))
        whole = np.append(by_domain, 0) + 1
        in_home = np.append((by_reader + 1) / (by_domain + known + 1)[home], 0.5)
        return cls((whole / whole.sum()).astype(np.float32), in_home.astype(np.float32))

    def score(
        self, reader: Ids | int, domain: Ids | int, by_reader: Floats, by_domain: Floats, known: Floats
    ) -> Floats:
        """r, from how often each circle had this reader, this domain, any reader."""
        of_domain, of_reader = self.of_domain[domain], self.of_reader[reader]
        in_domain = (by_domain + STRANGER * of_domain) / (known + STRANGER)
        in_reader = (by_reader + STRANGER * of_reader) / (by_domain + STRANGER)
        scores: Floats = np.log(in_domain * in_reader / (of_domain * of_reader))
        return scores


@dataclass(frozen=True, slots=True)
class Compared:
    """Lessons beside one another: `centred` (n, dimension) vectors without their `background`, `nearness` (n, n) in time, and
    `near` (n, n), l' by nearness."""

    seen: Seen
    background: Floats
    centred: Floats
    nearness: Floats
    near: Floats

    @classmethod
    def of(cls, seen: Seen) -> Self:
        has_vector = np.any(seen.vectors, axis=1)
        background = seen.vectors.sum(axis=0) / (has_vector.sum() + BACKGROUND)
        centred = np.where(has_vector[:, None], seen.vectors - background, 0).astype(np.float32)
        alike, nearness = _alike(seen)
        return cls(seen, background, centred, nearness, nearness * alike)


@dataclass(slots=True)
class Circles:
    """k circles: `of` (n,) names each lesson's. Sums over members: `size` (k,), `total` (k, dimension) of centred vectors,
    `by_reader` (k, readers), `by_domain` (k, domains)."""

    of: Ids
    size: Floats
    total: Floats
    background: Floats
    by_reader: Floats
    by_domain: Floats
    readers: Readers
    gains: tuple[float, float] = field(default=GAINS[0])

    @classmethod
    def find(cls, seen: Seen) -> Self:
        """Group the lessons. The same lessons give the same circles, whatever was before."""
        compared = Compared.of(seen)
        found = cls.grouped(_in_turn(compared, GAINS[0]), compared)
        gains = found._trust(compared)
        if gains != GAINS[0]:
            found = cls.grouped(_in_turn(compared, gains), compared)
        for _ in range(PASSES):
            found.gains = found._trust(compared)
            better = found._again(compared)
            if np.array_equal(better, found.of):
                break
            found = cls.grouped(better, compared, found.gains)
        return found.parted(compared)

    @classmethod
    def grouped(cls, of: Ids, compared: Compared, gains: tuple[float, float] = GAINS[0]) -> Self:
        """The lessons in these circles, text and readers trusted so far."""
        names, of = np.unique(of, return_inverse=True)
        member = _one_hot(of, len(names)).T
        return cls(
            of=of,
            size=member.sum(axis=1),
            total=member @ compared.centred,
            background=compared.background,
            by_reader=member @ _one_hot(compared.seen.readers),
            by_domain=member @ _one_hot(compared.seen.domains),
            readers=Readers.of(compared.seen),
            gains=gains,
        )

    def belonging(self, vector: Rows | None, reader: int, domain: int, *, has_reader: bool) -> Floats:
        """(k + 1,): how likely a new text belongs to each circle, and last, to none of them."""
        scores = np.log(self.size)
        if vector is not None:
            centred = vector - self.background
            product = self.total @ centred
            scores += self.gains[0] * _text(
                product, _square(self.total), np.square(centred).sum(), self.size, vector.size
            )
        if has_reader:
            by_reader = self.by_reader[:, reader] if reader >= 0 else np.zeros_like(self.size)
            by_domain = self.by_domain[:, domain] if domain >= 0 else np.zeros_like(self.size)
            known = self.by_reader.sum(axis=1)
            scores += self.gains[1] * self.readers.score(reader, domain, by_reader, by_domain, known)
        return _shares(np.append(scores, 0.0).astype(np.float32))

    def _again(self, compared: Compared) -> Ids:
        """Where each lesson would go, the others staying."""
        scores = self._scores(compared)
        best: Ids = np.argmax(scores, axis=1).astype(np.int64)
        alone = scores[np.arange(len(best)), best] < 0
        best[alone] = len(self.size) + np.flatnonzero(alone)
        return best

    def _scores(self, compared: Compared) -> Floats:
        """s (n, k) of each lesson, itself taken out of its circle."""
        text, reader = self._without_each(compared)
        member = _one_hot(self.of, len(self.size))
        values = compared.near @ member / (compared.nearness @ member + 0.05)
        others = self.size[None] - member
        scores: Floats = np.log(np.maximum(others, 1e-6)) + self.gains[0] * text + self.gains[1] * reader + values
        return scores

    def parted(self, compared: Compared) -> Self:
        """These circles, or with one of them in two where lessons then fit theirs much better: where two have grown into one,
        each lesson by itself is best off with the many, whichever of the two it is of."""
        best, most = self, self._fit(compared) + PARTED_FOR
        for circle in np.flatnonzero(self.size >= PARTED_FROM).tolist():
            parted = self.grouped(_halved(self.of, circle, compared.near), compared, self.gains)
            for _ in range(PASSES):
                better = parted._again(compared)
                if np.array_equal(better, parted.of):
                    break
                parted = self.grouped(better, compared, self.gains)
            fit = parted._fit(compared)
            if fit > most:
                best, most = parted, fit
        return best

    def _fit(self, compared: Compared) -> float:
        """The mean of s over lessons in their own circles; one that is alone has 0."""
        own = self._scores(compared)[np.arange(len(self.of)), self.of]
        return float(np.where(self.size[self.of] > 1, own, 0.0).mean())

    def _without_each(self, compared: Compared) -> tuple[Floats, Floats]:
        """(n, k), (n, k): what text and reader say of each lesson for each circle, itself taken out of it."""
        seen, centred = compared.seen, compared.centred
        member = _one_hot(self.of, len(self.size))
        own = np.square(centred).sum(axis=1)[:, None]
        product = centred @ self.total.T
        square = _square(self.total)[None] - member * (2 * product - own)
        size = self.size[None] - member
        text = np.where(own > 0, _text(product - member * own, square, own, size, centred.shape[1]), 0)
        named = (seen.readers >= 0)[:, None]
        by_reader = np.maximum(self.by_reader.T[seen.readers] - member, 0)
        by_domain = np.maximum(self.by_domain.T[seen.domains] - member, 0)
        known = np.maximum(self.by_reader.sum(axis=1)[None] - member, 0)
        reader = np.where(
            named, self.readers.score(seen.readers[:, None], seen.domains[:, None], by_reader, by_domain, known), 0
        )
        return text.astype(np.float32), reader.astype(np.float32)

    def _trust(self, compared: Compared) -> tuple[float, float]:
        """The gains that best foretell the circles of lessons from text and reader alone."""
        if not np.any(compared.seen.readers >= 0) or len(self.size) < 2:
            return GAINS[0]
        text, reader = self._without_each(compared)
        member = _one_hot(self.of, len(self.size))
        prior = np.log(np.maximum(self.size[None] - member, 1e-6))
        counted = self.size[self.of] > 1
        best, most = GAINS[0], -np.inf
        for gains in GAINS:
            shares = _shares(prior + gains[0] * text + gains[1] * reader)
            told = np.log(np.maximum((shares * member).sum(axis=1)[counted], 1e-3)).sum()
            if told > most + 1e-6:
                best, most = gains, told
        return best


def _in_turn(compared: Compared, gains: tuple[float, float]) -> Ids:
    """The first pass: each lesson, in order of time, joins the best circle of those before it, or opens one."""
    seen, nearness, near = compared.seen, compared.nearness, compared.near
    among = compared.centred @ compared.centred.T
    count = len(seen)
    of = np.zeros(count, dtype=np.int64)
    readers = Readers.of(seen)
    products, values, weights = (np.zeros((count, count), dtype=np.float32) for _ in range(3))
    size, square, known = (np.zeros(count, dtype=np.float32) for _ in range(3))
    by_reader = np.zeros((int(seen.readers.max(initial=-1)) + 1, count), dtype=np.float32)
    by_domain = np.zeros((int(seen.domains.max(initial=-1)) + 1, count), dtype=np.float32)
    found = 0
    for number in range(count):
        reader, domain, own = seen.readers[number], seen.domains[number], among[number, number]
        best = found
        if found:
            scores = np.log(size[:found]) + values[:found, number] / (weights[:found, number] + 0.05)
            if own > 0:
                scores += gains[0] * _text(
                    products[:found, number], square[:found], own, size[:found], seen.vectors.shape[1]
                )
            if reader >= 0:
                scores += gains[1] * readers.score(
                    reader, domain, by_reader[reader, :found], by_domain[domain, :found], known[:found]
                )
            highest = int(np.argmax(scores))
            best = highest if scores[highest] >= 0 else found
        found = max(found, best + 1)
        of[number] = best
        square[best] += 2 * products[best, number] + own
        products[best] += among[number]
        values[best] += near[number]
        weights[best] += nearness[number]
        size[best] += 1
        if reader >= 0:
            by_reader[reader, best] += 1
            by_domain[domain, best] += 1
            known[best] += 1
    return of


def _halved(of: Ids, circle: int, near: Floats) -> Ids:
    """The circle in two, about those of its members that are most at odds."""
    members = np.flatnonzero(of == circle)
    between = near[np.ix_(members, members)]
    one, other = np.unravel_index(int(np.argmin(between)), between.shape)
    halved = of.copy()
    halved[members[between[other] > between[one]]] = of.max() + 1
    halved[members[[one, other]]] = circle, of.max() + 1
    return halved


def _alike(seen: Seen) -> tuple[Floats, Floats]:
    """(n, n), (n, n): l' of each pair, 0 on the diagonal, and how near in time they are, 0 there too."""
    count = len(seen)
    said = seen.values >= 0
    columns: list[NDArray[np.bool_]] = []
    gains: list[float] = []
    losses: list[float] = []
    for dimension in range(seen.values.shape[1]):
        agree, differ = _odds(np.bincount(seen.values[said[:, dimension], dimension]))
        losses.append(differ)
        for value in np.unique(seen.values[said[:, dimension], dimension]):
            columns.append(seen.values[:, dimension] == value)
            gains.append(agree - differ)
    same = np.array(columns, dtype=np.float32).reshape(len(columns), count)
    both = said.T.astype(np.float32)
    pairs = both.T @ (both * np.array(losses, dtype=np.float32)[:, None])
    pairs += same.T @ (same * np.array(gains, dtype=np.float32)[:, None])
    for measure, is_set in zip(seen.amounts.T, seen.is_set.T, strict=True):
        pairs += _apart(measure, is_set)
    lag = np.abs(np.subtract.outer(np.arange(count), np.arange(count))).astype(np.float32)
    switched = 1 - (1 - SWITCH) ** np.maximum(lag, 1)
    alike = np.log((1 - switched) * np.exp(np.clip(pairs, -30, 30)) + switched)
    nearness = np.exp(-lag / MEMORY)
    np.fill_diagonal(nearness, 0)
    return alike.astype(np.float32), nearness.astype(np.float32)


def _apart(amount: Floats, is_set: NDArray[np.bool_]) -> Floats:
    """(n, n): what two amounts say of their lessons being of one circle. One that was let be says less than one that was
    set, and where it lies below it, nothing: a bound leaves room."""
    seen = np.isfinite(amount)
    wide = 2 * max(float(np.std(amount[seen])) if seen.any() else 0.0, 0.3) ** 2
    apart = np.square(amount[:, None] - amount[None])
    near = 2 * CLOSE**2
    odds = np.log((1 - SLIP) * np.sqrt(wide / near) * np.exp(apart / (2 * wide) - apart / (2 * near)) + SLIP)
    weight = np.where(is_set[:, None] & is_set[None], 1.0, np.where(is_set[:, None] | is_set[None], 0.7, 0.4))
    below = (is_set[:, None] & ~is_set[None] & (amount[None] < amount[:, None])) | (
        is_set[None] & ~is_set[:, None] & (amount[:, None] < amount[None])
    )
    told: Floats = np.where(np.isfinite(apart), np.where(below, np.maximum(odds, 0), odds) * weight * TWICE, 0)
    return told.astype(np.float32)


def _odds(counts: Ids) -> tuple[float, float]:
    """log P(two agree | same circle) / P(two agree), and of their differing, where values have these counts."""
    total = counts.sum()
    by_chance = (np.square(counts / max(total, 1)).sum() * total + 0.4 * 5) / (total + 5)
    chance = float(np.clip(by_chance, 0.15, 0.9))
    return float(np.log((1 - SLIP) / chance)), float(np.log(SLIP / (1 - chance)))


def _text(product: Floats, square: Floats, own: Floats, size: Floats, dimension: int) -> Floats:
    """t_ik, from x_i . sum_k, |sum_k|^2, |x_i|^2 and n_k."""
    directions = max(min(DIRECTIONS, dimension), 1)
    variance = (1 - ALIKE) / directions
    ratio = (1 - ALIKE) / (ALIKE - UNLIKE)
    shrunk = size + ratio
    spread, open_spread = 1 + 1 / shrunk, 1 + 1 / ratio
    apart = own - 2 * product / shrunk + square / np.square(shrunk)
    scores: Floats = (
        -0.5 * directions * np.log(spread / open_spread)
        - apart / (2 * variance * spread)
        + own / (2 * variance * open_spread)
    )
    return scores


def _square(total: Floats) -> Floats:
    squares: Floats = np.square(total).sum(axis=1)
    return squares


def _one_hot(codes: Ids, count: int | None = None) -> Floats:
    """(n, count); a row of zeros for a code of -1."""
    width = max(int(codes.max(initial=-1)) + 1, 1) if count is None else count
    made: Floats = (codes[:, None] == np.arange(width)[None]).astype(np.float32)
    return made


def _shares(scores: Floats) -> Floats:
    """Softmax over the last axis."""
    risen = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = risen / risen.sum(axis=-1, keepdims=True)
    return shares
