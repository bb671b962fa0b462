"""Circles: which texts want the same. Nobody labels contexts, so they are found, from who reads a text, what it is about,
and what the user made of it. One circle serves all dimensions, since it is the same text that has them all.

It knows numbers only: vectors, codes of readers and of values. `memory.profile.deriving` makes the arrays and reads the
circles; `memory.profile.profile` asks how likely a new text belongs to each. The maths, with i, j lessons and k circles:

    text     x_i = (vector - background); members of k scatter about m_k with variance s2 in D directions, the m_k about 0
             with a variance that makes two of a kind as alike as embedders find them (`ALIKE`, against `UNLIKE`).
             t_ik = log N(x_i; E m_k, Var) - log N(x_i; 0, Var_0): for k against a circle of its own  (k = s2 / var m)
    readers  r_ik = log P(reader_i | k) - log P(reader_i), the one counted in k, its domain smoothing the reader, the other in all
    values   v_ik = what was seen of i beside what was seen of members of k (`memory.profile.compared`)
    score    s_ik = log n_k + g_t t_ik + g_r r_ik + v_ik,  and 0 for a circle of its own

Each lesson in turn joins the best (a pass in order of time, then passes over all at once); then a circle is
taken apart by the two members most at odds, if lessons fit much better so. A score depends on the lesson and the circle alone: while
circles are taken apart, none is made again of those that keep their members. How far text and readers are
to be trusted (g_t, g_r) differs between users, and is what best foretells the circles found without each lesson itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from memory.embed import Ids, Rows
from memory.profile.compared import Compared, Floats, Seen

ALIKE, UNLIKE = 0.22, 0.05
"""Cosines of two texts on one subject, and of any two of a user's."""
DIRECTIONS = 90.0
"""In how many directions texts on one subject scatter; embedders have more, which hang together."""
PASSES = 4
PARTED_FROM, PARTED_FOR = 6, 0.5
"""A circle of so many lessons may be two; they are, where lessons then fit theirs better by so much, in the mean."""
GAINS = ((1.0, 1.0), (0.6, 1.0), (0.3, 1.0), (1.0, 0.6), (1.0, 0.3))
"""(g_t, g_r); the first where nothing speaks against it."""
STRANGER = 1.0
"""How much of a circle's readers, and of a domain's in it, are as anywhere, in lessons."""


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
class Sums:
    """Of the members of k circles: `size` (k,), `total` (k, dimension) of centred vectors, `by_reader` (k, readers), `by_domain`
    (k, domains)."""

    size: Floats
    total: Floats
    by_reader: Floats
    by_domain: Floats

    @classmethod
    def of(cls, of: Ids, circles: Ids, compared: Compared) -> Self:
        seen = compared.seen
        members = [np.flatnonzero(of == circle) for circle in circles]
        return cls(
            np.array([len(one) for one in members], dtype=np.float32),
            np.array([compared.centred[one].sum(axis=0) for one in members], dtype=np.float32),
            np.array([_counted(seen.readers[one], seen.readers) for one in members], dtype=np.float32),
            np.array([_counted(seen.domains[one], seen.domains) for one in members], dtype=np.float32),
        )

    def some(self, circles: Ids) -> Sums:
        return Sums(self.size[circles], self.total[circles], self.by_reader[circles], self.by_domain[circles])

    def with_others(self, is_other: NDArray[np.bool_], others: Sums) -> Sums:
        """These where `is_other` (k,) is false, in their order, and `others` where it is true."""
        return Sums(
            _merged(is_other, self.size, others.size),
            _merged(is_other, self.total, others.total),
            _merged(is_other, self.by_reader, others.by_reader),
            _merged(is_other, self.by_domain, others.by_domain),
        )


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells of each lesson for each of some circles, itself taken out of its own, (n, circles) each: whether it is a
    `member`, `prior` (log n_k), `text` (t) and `reader` (r)."""

    member: Floats
    prior: Floats
    text: Floats
    reader: Floats


@dataclass(frozen=True, slots=True)
class Circles:
    """k circles: `of` (n,) names each lesson's, `sums` are those of its members, `gains` how far text and readers are trusted."""

    of: Ids
    sums: Sums
    background: Floats
    readers: Readers
    gains: tuple[float, float] = GAINS[0]

    def __len__(self) -> int:
        return len(self.sums.size)

    @classmethod
    def find(cls, seen: Seen) -> Self:
        """Group the lessons. The same lessons give the same circles, whatever was before."""
        compared = Compared.of(seen)
        found = cls.grouped(_in_turn(compared, GAINS[0]), compared)
        gains = found._trust(found._signs(compared))
        if gains != GAINS[0]:
            found = cls.grouped(_in_turn(compared, gains), compared)
        for _ in range(PASSES):
            signs = found._signs(compared)
            found = replace(found, gains=found._trust(signs))
            better = found._again(found._weighed(compared, signs))
            if np.array_equal(better, found.of):
                break
            found = cls.grouped(better, compared, found.gains)
        return found.parted(compared)

    @classmethod
    def grouped(cls, of: Ids, compared: Compared, gains: tuple[float, float] = GAINS[0]) -> Self:
        """The lessons in these circles, text and readers trusted so far."""
        names, of = np.unique(of, return_inverse=True)
        sums = Sums.of(of, np.arange(len(names)), compared)
        return cls(of, sums, compared.background, Readers.of(compared.seen), gains)

    def regrouped(self, of: Ids, compared: Compared, scores: Floats) -> tuple[Self, Floats]:
        """The lessons in these circles instead, and their scores, from the `scores` of this grouping: circles that keep their
        members keep both."""
        moved = of != self.of
        if not moved.any():
            return self, scores
        names, codes = np.unique(of, return_inverse=True)
        is_other = np.isin(names, np.concatenate([of[moved], self.of[moved]]))
        kept, others = names[~is_other], np.flatnonzero(is_other)
        sums = self.sums.some(kept).with_others(is_other, Sums.of(codes, others, compared))
        found = replace(self, of=codes, sums=sums)
        return found, _merged(is_other, scores.T[kept], found._scores(compared, others).T).T

    def belonging(self, vector: Rows | None, reader: int, domain: int, *, has_reader: bool) -> Floats:
        """(k + 1,): how likely a new text belongs to each circle, and last, to none of them."""
        size, total = self.sums.size, self.sums.total
        scores = np.log(size)
        if vector is not None:
            centred = vector - self.background
            own = np.square(centred).sum()
            scores += self.gains[0] * _text(total @ centred, _square(total), own, size, vector.size)
        if has_reader:
            by_reader = self.sums.by_reader[:, reader] if reader >= 0 else np.zeros_like(size)
            by_domain = self.sums.by_domain[:, domain] if domain >= 0 else np.zeros_like(size)
            known = self.sums.by_reader.sum(axis=1)
            scores += self.gains[1] * self.readers.score(reader, domain, by_reader, by_domain, known)
        return _shares(np.append(scores, 0.0).astype(np.float32))

    def parted(self, compared: Compared) -> Self:
        """These circles, or with one of them in two where lessons then fit theirs much better: where two have grown into one,
        each lesson by itself is best off with the many, whichever of the two it is of."""
        scores = self._scores(compared)
        best, most = self, self._fit(scores) + PARTED_FOR
        for circle in np.flatnonzero(self.sums.size >= PARTED_FROM).tolist():
            halved = _halved(self.of, circle, compared)
            if halved is None:
                continue
            parted, fitting = self.regrouped(halved, compared, scores)
            for _ in range(PASSES):
                better = parted._again(fitting)
                if np.array_equal(better, parted.of):
                    break
                parted, fitting = parted.regrouped(better, compared, fitting)
            fit = parted._fit(fitting)
            if fit > most:
                best, most = parted, fit
        return best

    def _again(self, scores: Floats) -> Ids:
        """Where each lesson would go, the others staying; one that is best off alone stays where it is alone already."""
        best: Ids = np.argmax(scores, axis=1).astype(np.int64)
        alone = np.flatnonzero(scores[np.arange(len(best)), best] < 0)
        best[alone] = len(self) + alone
        stays = alone[(self.sums.size[self.of[alone]] == 1) & ~np.isin(self.of[alone], best)]
        best[stays] = self.of[stays]
        return best

    def _fit(self, scores: Floats) -> float:
        """The mean of s over lessons in their own circles; one that is alone has 0."""
        own = scores[np.arange(len(self.of)), self.of]
        return float(np.where(self.sums.size[self.of] > 1, own, 0.0).mean())

    def _scores(self, compared: Compared, circles: Ids | None = None) -> Floats:
        """s (n, circles) of each lesson for all or for some circles, itself taken out of its own."""
        return self._weighed(compared, self._signs(compared, circles))

    def _weighed(self, compared: Compared, signs: Signs) -> Floats:
        scores: Floats = signs.prior + self.gains[0] * signs.text + self.gains[1] * signs.reader
        return scores + compared.values(signs.member)

    def _signs(self, compared: Compared, circles: Ids | None = None) -> Signs:
        circles = np.arange(len(self)) if circles is None else circles
        seen, centred, sums = compared.seen, compared.centred, self.sums.some(circles)
        member = (self.of[:, None] == circles[None]).astype(np.float32)
        own = compared.squares[:, None]
        product = centred @ sums.total.T
        square = _square(sums.total)[None] - member * (2 * product - own)
        size = sums.size[None] - member
        text = np.where(own > 0, _text(product - member * own, square, own, size, centred.shape[1]), 0)
        named = (seen.readers >= 0)[:, None]
        by_reader = np.maximum(sums.by_reader.T[seen.readers] - member, 0)
        by_domain = np.maximum(sums.by_domain.T[seen.domains] - member, 0)
        known = np.maximum(sums.by_reader.sum(axis=1)[None] - member, 0)
        reader = np.where(
            named, self.readers.score(seen.readers[:, None], seen.domains[:, None], by_reader, by_domain, known), 0
        )
        return Signs(member, np.log(np.maximum(size, 1e-6)), text.astype(np.float32), reader.astype(np.float32))

    def _trust(self, signs: Signs) -> tuple[float, float]:
        """The gains that best foretell the circles of lessons from text and reader alone."""
        if not self.sums.by_reader.any() or len(self) < 2:
            return GAINS[0]
        counted = self.sums.size[self.of] > 1
        best, most = GAINS[0], -np.inf
        for gains in GAINS:
            shares = _shares(signs.prior + gains[0] * signs.text + gains[1] * signs.reader)
            told = np.log(np.maximum((shares * signs.member).sum(axis=1)[counted], 1e-3)).sum()
            if told > most + 1e-6:
                best, most = gains, told
        return best


def _in_turn(compared: Compared, gains: tuple[float, float]) -> Ids:
    """The first pass: each lesson, in order of time, joins the best circle of those before it, or opens one."""
    seen, centred = compared.seen, compared.centred
    count, dimension = centred.shape
    of = np.zeros(count, dtype=np.int64)
    readers = Readers.of(seen)
    size, square, known = (np.zeros(count, dtype=np.float32) for _ in range(3))
    total = np.zeros((count, dimension), dtype=np.float32)
    by_reader = np.zeros((int(seen.readers.max(initial=-1)) + 1, count), dtype=np.float32)
    by_domain = np.zeros((int(seen.domains.max(initial=-1)) + 1, count), dtype=np.float32)
    found = 0
    for number in range(count):
        reader, domain, own = seen.readers[number], seen.domains[number], compared.squares[number]
        best, product = found, total[: found + 1] @ centred[number]
        if found:
            scores = np.log(size[:found]) + compared.values_before(number, of, found)
            if own > 0:
                scores += gains[0] * _text(product[:found], square[:found], own, size[:found], dimension)
            if reader >= 0:
                scores += gains[1] * readers.score(
                    reader, domain, by_reader[reader, :found], by_domain[domain, :found], known[:found]
                )
            highest = int(np.argmax(scores))
            best = highest if scores[highest] >= 0 else found
        found = max(found, best + 1)
        of[number] = best
        square[best] += 2 * product[best] + own
        total[best] += centred[number]
        size[best] += 1
        if reader >= 0:
            by_reader[reader, best] += 1
            by_domain[domain, best] += 1
            known[best] += 1
    return of


def _halved(of: Ids, circle: int, compared: Compared) -> Ids | None:
    """The circle in two, about those of its members that are most at odds; none where nobody is."""
    members = np.flatnonzero(of == circle)
    pair = compared.most_at_odds(members)
    if pair is None:
        return None
    to_one, to_other = compared.near(np.array(pair), members)
    halved = of.copy()
    halved[members[to_other > to_one]] = of.max() + 1
    halved[list(pair)] = circle, of.max() + 1
    return halved


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


def _counted(codes: Ids, every: Ids) -> Ids:
    """How often each code is among `codes`, of as many as there are in `every`; -1 is none."""
    counts: Ids = np.bincount(codes + 1, minlength=int(every.max(initial=0)) + 2)[1:]
    return counts


def _merged(is_other: NDArray[np.bool_], rows: Floats, others: Floats) -> Floats:
    """Rows of both, each in its order: of `others` where `is_other`."""
    made = np.empty((len(is_other), *rows.shape[1:]), dtype=np.float32)
    made[~is_other], made[is_other] = rows, others
    return made


def _shares(scores: Floats) -> Floats:
    """Softmax over the last axis."""
    risen = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = risen / risen.sum(axis=-1, keepdims=True)
    return shares
