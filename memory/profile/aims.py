"""How long texts of one circle are to be of which Telos decides how much is said, and whether that is counted in sentences or
in words: both believed together, by `memory.profile.lengths`. Of a text under a hypothesis h:

    P(changed | h)  rises from FLOOR to SURELY with the share by which a text misses h
    P(left | h)     of a changed text: as long as h says, but for a slip

So a text that was let be speaks for every length that it does not miss, and counts as no sign of the measure it was written
in: whoever is always shown four sentences and lets them be may as well want eighty words.
"""

from __future__ import annotations

import numpy as np

from memory.profile import lengths
from memory.profile.lengths import FLOOR, SENTENCES, SURELY, WORDS, Numbers, Texts, missed, written

NOTHING = 0.03
"""How likely the user wants no length at all, before anything was seen."""
IN_WORDS = 0.5
_PRIOR = lengths.prior(NOTHING, IN_WORDS)


def believed(texts: Texts, words_a_sentence: float) -> Numbers:
    """(hypotheses,): how likely each is after all these texts."""
    left, came, is_known = texts.whole(words_a_sentence)
    made = np.where(is_known[:, None], _changed(came), 1.0) * written(left, words_a_sentence)
    told = np.where(texts.is_made[:, None], made, 1 - _changed(left))
    return lengths.believed(_PRIOR, told ** texts.weight[:, None])


def costs(size: tuple[float, float]) -> Numbers:
    """(hypotheses,): about how many words the user will change in a text of that size, in sentences and words."""
    sentences, words = size
    a_sentence = words / max(sentences, 1.0)
    by_sentences = missed(sentences, SENTENCES) * np.abs(sentences - SENTENCES) * a_sentence
    by_words = missed(words, WORDS) * np.abs(words - WORDS)
    return np.concatenate([by_sentences, by_words, np.zeros(1)])


def _changed(size: Numbers) -> Numbers:
    """(texts, hypotheses): P(changed | h)"""
    by_length = np.concatenate([missed(size[:, :1], SENTENCES), missed(size[:, 1:], WORDS)], axis=1)
    unwanted = np.full((len(size), 1), NOTHING)
    return np.concatenate([FLOOR + (SURELY - FLOOR) * by_length, unwanted], axis=1)
