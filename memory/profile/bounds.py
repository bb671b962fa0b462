"""How much of what the user gave is to be said in texts of one circle: a bound that they cut to, in sentences or in words,
or all of it. Believed by `memory.profile.lengths`; with nothing left out a text shorter than a bound is as it should be.
Of a text under a bound h, or under none:

    P(changed | h)     rises from FLOOR to SURELY with the share by which a text exceeds h, or stays below it where something
                       was left out of it
    P(changed | none)  CUTS; SURELY where something was left out
    P(left | h)        of a text that was cut: as long as h says, but for a slip; under none, a sentence less, two with OUT
                       times that, and so on; of one in which something was put back, as likely for all bounds that it does
                       not exceed

Whoever gives something misses it more than they mind striking it out (`CARE`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory.profile import lengths
from memory.profile.lengths import (
    ANYWHERE,
    FLOOR,
    SENTENCES,
    SLIP,
    SURELY,
    WORDS,
    Numbers,
    Texts,
    missed,
    scattered,
    written,
)

UNBOUNDED = 0.5
"""How likely the user wants all that they gave to be said, before anything was seen."""
IN_WORDS = 0.25
CUTS = 0.15
"""How likely they take something out though they have no bound. It is `SLIP`, or nearly: so a cut to a length that no bound
has says nothing."""
OUT = 0.5
LET = 0.6
"""How much a text tells that was let be with all in it."""
CARE = 1.5
"""What a word that the user has to put back weighs, where one that they strike out weighs 1."""
OVER = 1.15
"""By how much words may exceed a bound: a sentence is not cut for it."""
_PRIOR = lengths.prior(UNBOUNDED, IN_WORDS)


def believed(texts: Texts, words_a_sentence: float) -> Numbers:
    """(hypotheses,): how likely each is after all these texts. A text of which it is not known how it came says what a text
    says that was let be."""
    left, came, is_known = texts.whole(words_a_sentence)
    is_made = texts.is_made & is_known
    more_sentences = left[:, 0] - came[:, 0]
    is_longer = is_made & ((more_sentences > 0) | ((more_sentences == 0) & (left[:, 1] > came[:, 1])))
    changed = _changed(came, texts.is_chosen | is_longer)
    left_so = np.where(is_longer[:, None], _put_back(left, words_a_sentence), _cut(left, came, words_a_sentence))
    told = np.where(is_made[:, None], changed * left_so, 1 - changed)
    weight = np.where(texts.weight > 0, texts.weight, LET)
    return lengths.believed(_PRIOR, told ** weight[:, None])


def costs(size: tuple[float, float], whole: tuple[float, float]) -> Numbers:
    """(hypotheses,): about how many words the user will change in a text of that size, in sentences and words, that is
    `whole` with all in it."""
    sentences, words = size
    most, all_words = whole
    by_sentences = _off(sentences, np.minimum(SENTENCES, most)) * all_words / max(most, 1.0)
    return np.concatenate([by_sentences, _off(words, np.minimum(WORDS, all_words)), _off(words, np.array([all_words]))])


def _off(length: float, wanted: Numbers) -> Numbers:
    """What is a little too long is let be; what was left out is missed however little it is."""
    apart = length - wanted
    return np.where(apart > 0, missed(length, wanted) * apart, -CARE * apart)


def _changed(came: Numbers, is_short: NDArray[np.bool_]) -> Numbers:
    """(texts, hypotheses): P(changed | h), of texts of which something was left out, or nothing."""
    off = [
        np.where((size > wanted) | is_short[:, None], missed(size, wanted), 0.0)
        for size, wanted in ((came[:, :1], SENTENCES), (came[:, 1:], WORDS))
    ]
    unbounded = np.where(is_short, SURELY, CUTS)[:, None]
    return np.concatenate([FLOOR + (SURELY - FLOOR) * np.concatenate(off, axis=1), unbounded], axis=1)


def _cut(left: Numbers, came: Numbers, words_a_sentence: float) -> Numbers:
    """(texts, hypotheses): P(left | h), of texts of which something was taken."""
    likely = written(left, words_a_sentence)
    out = np.maximum(came[:, :1] - left[:, :1], 1.0)
    likely[:, -1:] = (1 - OUT) * OUT ** (out - 1) * scattered(left, words_a_sentence)
    return likely


def _put_back(left: Numbers, words_a_sentence: float) -> Numbers:
    """(texts, hypotheses): P(left | h), of texts in which something was put back: all of it, or as much as is wanted."""
    sentences, words = left[:, :1], left[:, 1:]
    fits = np.concatenate([sentences <= SENTENCES, words <= OVER * WORDS, np.ones((len(left), 1), dtype=bool)], axis=1)
    likely: Numbers = np.where(fits, 1.0, SLIP) * ANYWHERE * scattered(left, words_a_sentence)
    return likely
