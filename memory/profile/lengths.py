"""Lengths that a user may want, and what became of texts of some length: what `aims` and `bounds` believe by.

It knows numbers alone, and no text. A hypothesis is so many sentences, so many words, or last, no length at all. With texts
in order of time, and what each of the two says of a text under every hypothesis:

    P(h) <- ((1 - TURN) P(h) + TURN prior) P(what became of the text | h)     now and then the user changes their mind
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from memory.embed import Ids
from memory.profile.evidence import Evidences

Numbers = NDArray[np.float64]

SENTENCES = np.arange(1.0, 16.0)
WORDS = np.exp(np.arange(np.log(25), np.log(500), 0.09))
HYPOTHESES = len(SENTENCES) + len(WORDS) + 1
LENGTHS = ("sentences", "words")
SLIP = 0.15
"""How likely a text that was changed shows another length than the one that is wanted."""
TURN = 0.01
FLOOR, SURELY = 0.05, 0.95
"""How likely the user changes a text that has the length they want, and one that is far from it."""
LET_BE, CHANGED = 0.1, 0.35
"""The shares by which a text misses a length that is let be, and that is not."""
ABOUT = 0.12
WORDS_SCATTER = 0.3
"""In logarithms: how far the words lie apart that are meant to be as many, and those of as many sentences."""
USUAL, WIDELY = 120.0, 0.8
"""The words of any text, and how far in logarithms they scatter."""
A_SENTENCE = 20.0
"""Its words, where no text tells."""
ANYWHERE = 1 / len(SENTENCES)
LEAST = 1e-30
"""No text makes a length impossible."""
LATEST = 60
"""Texts of a circle that are looked at."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What became of n texts, in order of time: sentences and words (n, 2) as they were left, and as they came (NaN where
    that is not known), whether the user's own hand changed them (`is_made`), or they were let be at a length that Telos
    chose (`is_chosen`), and how much each tells, in [0, 1]: one that was let be at the length that it happened to have,
    nothing."""

    left: Numbers
    came: Numbers
    is_made: NDArray[np.bool_]
    is_chosen: NDArray[np.bool_]
    weight: Numbers

    @classmethod
    def of(cls, evidence: Evidences, lessons: Ids) -> Self:
        """Of these lessons (places), those that show a length."""
        codes = [_code(evidence, name) for name in LENGTHS]
        rows: dict[int, dict[int, int]] = defaultdict(dict)
        for row in np.flatnonzero(np.isin(evidence.dimension, codes) & np.isin(evidence.lesson, lessons)).tolist():
            rows[int(evidence.lesson[row])][codes.index(int(evidence.dimension[row]))] = row
        count = min(len(rows), LATEST)
        left, came = np.full((count, 2), np.nan), np.full((count, 2), np.nan)
        is_made, is_chosen = (np.zeros(count, dtype=np.bool_) for _ in range(2))
        weight = np.zeros(count)
        for number, lesson in enumerate(sorted(rows)[-LATEST:]):
            shown = list(rows[lesson].values())
            made = [row for row in shown if evidence.is_active[row]]
            for measure, row in rows[lesson].items():
                left[number, measure] = evidence.amount[row]
                came[number, measure] = evidence.before[row] if row in made else evidence.amount[row]
            strength = float(evidence.strength[made or shown].max())
            is_made[number], is_chosen[number] = bool(made), not made and strength > 0
            weight[number] = min(strength * (1 if made else 2), 1.0)
        return cls(left, came, is_made, is_chosen, weight)

    def words_a_sentence(self) -> float:
        ratios = self.left[:, 1] / np.maximum(self.left[:, 0], 1.0)
        known = ratios[np.isfinite(ratios)]
        return float(np.median(known)) if len(known) else A_SENTENCE

    def whole(self, words_a_sentence: float) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
        """`left` and `came` with either measure told from the other where it lacks, and whether it is known how each came;
        what is not came as it was left."""
        left = _whole(self.left, words_a_sentence)
        is_known = np.any(np.isfinite(self.came), axis=1)
        came = _whole(np.where(np.isfinite(self.came), self.came, left), words_a_sentence)
        return left, came, is_known


def prior(nothing: float, in_words: float) -> Numbers:
    """(hypotheses,): `nothing` is how likely the user wants no length, `in_words` that a length is one in words."""
    return np.concatenate(
        [
            np.full(len(SENTENCES), (1 - nothing) * (1 - in_words) / len(SENTENCES)),
            np.full(len(WORDS), (1 - nothing) * in_words / len(WORDS)),
            np.full(1, nothing),
        ]
    )


def believed(before: Numbers, likelihood: Numbers) -> Numbers:
    """(hypotheses,): how likely each is after all texts, (texts, hypotheses), the prior `before`."""
    belief = before.copy()
    for told in likelihood:
        belief = ((1 - TURN) * belief + TURN * before) * np.maximum(told, LEAST)
        belief /= belief.sum()
    return belief


def missed(length: Numbers | float, wanted: Numbers) -> Numbers:
    """How surely a text of that length is changed: 0 where it is about as wanted."""
    apart = np.abs(length - wanted) / np.maximum(wanted, 1.0)
    shares: Numbers = np.clip((apart - LET_BE) / (CHANGED - LET_BE), 0.0, 1.0)
    return shares


def written(left: Numbers, words_a_sentence: float) -> Numbers:
    """(texts, hypotheses): P(left | h), of texts that the user changed: as many sentences as h says, or about as many words,
    but for `SLIP`; the other measure follows from it."""
    sentences, words = np.maximum(left[:, :1], 1.0), np.maximum(left[:, 1:], 1.0)
    by_sentences = (1 - SLIP) * (sentences == SENTENCES) + SLIP * ANYWHERE
    about = (1 - SLIP) * bell(np.log(words / WORDS), ABOUT) + SLIP * bell(np.log(words / USUAL), WIDELY)
    either = np.concatenate([by_sentences, about / sentences, np.full((len(left), 1), ANYWHERE)], axis=1)
    return either * scattered(left, words_a_sentence)


def scattered(left: Numbers, words_a_sentence: float) -> Numbers:
    """(texts, 1): how usual it is that so many sentences have so many words."""
    sentences, words = np.maximum(left[:, :1], 1.0), np.maximum(left[:, 1:], 1.0)
    return bell(np.log(words / sentences / words_a_sentence), WORDS_SCATTER)


def bell(apart: Numbers, scatter: float) -> Numbers:
    density: Numbers = np.exp(-np.square(apart / scatter) / 2) / (scatter * np.sqrt(2 * np.pi))
    return density


def _whole(lengths: Numbers, words_a_sentence: float) -> Numbers:
    sentences, words = lengths.T
    sentences = np.where(np.isfinite(sentences), sentences, np.maximum(np.round(words / words_a_sentence), 1.0))
    return np.stack([sentences, np.where(np.isfinite(words), words, sentences * words_a_sentence)], axis=1)


def _code(evidence: Evidences, name: str) -> int:
    return evidence.dimensions.index(name) if name in evidence.dimensions else -1
