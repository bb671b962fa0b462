"""How long texts of one circle are wanted, and whether that is counted in sentences or in words: both believed together.

It knows the lengths that texts had when they came and when they were left, and no text. `memory.profile.profile` asks it what
a text of a certain length would cost, where Telos decides how much is taken from items. With hypotheses h (so many sentences,
so many words, or no length at all), and texts in order of time:

    P(changed | h)  rises from FLOOR to SURELY with the share by which a text misses h
    P(left | h)     of a changed text: as many sentences as h says, or about as many words, but for SLIP; the other measure
                    follows from it, about WORDS_SCATTER off
    P(h)            <- ((1 - TURN) P(h) + TURN prior) P(what became of the text | h): now and then the user changes their mind

So a text that was let be speaks for every length that it does not miss, and counts as no sign of the measure it was written
in: whoever is always shown four sentences and lets them be may as well want eighty words.
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
NOTHING = 0.03
"""How likely the user wants no length at all, before anything was seen."""
SLIP = 0.15
TURN = 0.01
FLOOR, SURELY = 0.05, 0.95
LET_BE, CHANGED = 0.1, 0.35
"""The shares by which a text misses a length that is let be, and that is not."""
ABOUT = 0.12
WORDS_SCATTER = 0.3
"""In logarithms: how far the words lie apart that are meant to be as many, and those of as many sentences."""
USUAL, WIDELY = 120.0, 0.8
"""The words of any text, and how far in logarithms they scatter."""
A_SENTENCE = 20.0
"""Its words, where no text tells."""
LATEST = 60
"""Texts of a circle that are looked at."""

_NONE = 1
HYPOTHESES = len(SENTENCES) + len(WORDS) + _NONE
_PRIOR = np.concatenate(
    [
        np.full(len(SENTENCES), (1 - NOTHING) / 2 / len(SENTENCES)),
        np.full(len(WORDS), (1 - NOTHING) / 2 / len(WORDS)),
        np.full(_NONE, NOTHING),
    ]
)


@dataclass(frozen=True, slots=True)
class Texts:
    """What became of n texts, in order of time: sentences and words (n, 2) as they were left, and as they came (NaN where
    that is not known), whether the user's own hand changed them, and how much each tells, in [0, 1]."""

    left: Numbers
    came: Numbers
    is_made: NDArray[np.bool_]
    weight: Numbers

    @classmethod
    def of(cls, evidence: Evidences, lessons: Ids) -> Self:
        """Of these lessons (places), those that show a length."""
        codes = [_code(evidence, name) for name in ("sentences", "words")]
        rows: dict[int, dict[int, int]] = defaultdict(dict)
        for row in np.flatnonzero(np.isin(evidence.dimension, codes) & np.isin(evidence.lesson, lessons)).tolist():
            rows[int(evidence.lesson[row])][codes.index(int(evidence.dimension[row]))] = row
        count = min(len(rows), LATEST)
        left, came = np.full((count, 2), np.nan), np.full((count, 2), np.nan)
        is_made, weight = np.zeros(count, dtype=np.bool_), np.zeros(count)
        for number, lesson in enumerate(sorted(rows)[-LATEST:]):
            for measure, row in rows[lesson].items():
                is_active = bool(evidence.is_active[row])
                left[number, measure] = evidence.amount[row]
                came[number, measure] = evidence.before[row] if is_active else evidence.amount[row]
                is_made[number] |= is_active
                told = float(evidence.strength[row]) * (1 if is_active else 2)
                weight[number] = max(weight[number], min(told, 1.0))
        return cls(left, came, is_made, weight)

    def words_a_sentence(self) -> float:
        ratios = self.left[:, 1] / np.maximum(self.left[:, 0], 1.0)
        known = ratios[np.isfinite(ratios)]
        return float(np.median(known)) if len(known) else A_SENTENCE


def believed(texts: Texts, words_a_sentence: float) -> Numbers:
    """(hypotheses,): how likely each is after all these texts."""
    belief = _PRIOR.copy()
    for likelihood in _likelihood(texts, words_a_sentence):
        belief = ((1 - TURN) * belief + TURN * _PRIOR) * likelihood
        belief /= belief.sum()
    return belief


def costs(sentences: float, words: float) -> Numbers:
    """(hypotheses,): about how many words the user will change in a text of that length, under each."""
    a_sentence = words / max(sentences, 1.0)
    by_sentences = _missed(sentences, SENTENCES) * np.abs(sentences - SENTENCES) * a_sentence
    by_words = _missed(words, WORDS) * np.abs(words - WORDS)
    return np.concatenate([by_sentences, by_words, np.zeros(_NONE)])


def _likelihood(texts: Texts, words_a_sentence: float) -> Numbers:
    """(texts, hypotheses)"""
    left = _whole(texts.left, words_a_sentence)
    kept = 1 - _changed(left)
    is_known = np.isfinite(texts.came).any(axis=1, keepdims=True)
    came = _whole(np.where(np.isfinite(texts.came), texts.came, left), words_a_sentence)
    made = np.where(is_known, _changed(came), 1.0) * _written(left, words_a_sentence)
    told: Numbers = np.where(texts.is_made[:, None], made, kept) ** texts.weight[:, None]
    return told


def _whole(lengths: Numbers, words_a_sentence: float) -> Numbers:
    """With either measure told from the other, where it lacks."""
    sentences, words = lengths.T
    sentences = np.where(np.isfinite(sentences), sentences, np.maximum(np.round(words / words_a_sentence), 1.0))
    return np.stack([sentences, np.where(np.isfinite(words), words, sentences * words_a_sentence)], axis=1)


def _missed(length: Numbers | float, wanted: Numbers) -> Numbers:
    """How surely a text of that length is changed: 0 where it is about as wanted."""
    apart = np.abs(length - wanted) / np.maximum(wanted, 1.0)
    shares: Numbers = np.clip((apart - LET_BE) / (CHANGED - LET_BE), 0.0, 1.0)
    return shares


def _changed(lengths: Numbers) -> Numbers:
    """(texts, hypotheses): P(changed | h)"""
    by_length = np.concatenate([_missed(lengths[:, :1], SENTENCES), _missed(lengths[:, 1:], WORDS)], axis=1)
    unwanted = np.full((len(lengths), _NONE), NOTHING)
    return np.concatenate([FLOOR + (SURELY - FLOOR) * by_length, unwanted], axis=1)


def _written(left: Numbers, words_a_sentence: float) -> Numbers:
    """(texts, hypotheses): P(left | h), of texts that the user changed."""
    sentences, words = np.maximum(left[:, :1], 1.0), np.maximum(left[:, 1:], 1.0)
    scatter = _bell(np.log(words / sentences / words_a_sentence), WORDS_SCATTER)
    anywhere = 1 / len(SENTENCES)
    by_sentences = ((1 - SLIP) * (sentences == SENTENCES) + SLIP * anywhere) * scatter
    about = (1 - SLIP) * _bell(np.log(words / WORDS), ABOUT) + SLIP * _bell(np.log(words / USUAL), WIDELY)
    return np.concatenate([by_sentences, about * scatter / sentences, anywhere * scatter], axis=1)


def _bell(apart: Numbers, scatter: float) -> Numbers:
    density: Numbers = np.exp(-np.square(apart / scatter) / 2) / (scatter * np.sqrt(2 * np.pi))
    return density


def _code(evidence: Evidences, name: str) -> int:
    return evidence.dimensions.index(name) if name in evidence.dimensions else -1
