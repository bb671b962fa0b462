"""What puts a fact or a slip right and says nothing of taste: another number, another name, a typing mistake.

It reads single differences of wording. `observing` asks; dates, numbers and spellings in another form are other
dimensions, whose traits compare forms and never see values.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from rapidfuzz.distance import OSA

from assistant.engine.sentences import STOPWORDS
from assistant.style.trait import Difference

_TERM = "term/"
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 4
"""Shorter words differ by a letter and are others: `he`, `the`."""
_ENDINGS = 0.8


def is_correction(difference: Difference) -> bool:
    """Whether a replaced term is another fact, or the same word spelt right, and no wording that the user prefers."""
    if not difference.dimension.startswith(_TERM):
        return False
    old, new = difference.dimension.removeprefix(_TERM), difference.after.value
    was, shown = difference.quote_before or difference.before, difference.after.quote or new
    return _has_number(old, new) or _is_name(old, was) or _is_name(new, shown) or is_slip(old, new)


def is_slip(old: str, new: str) -> bool:
    """Whether `new` is `old` with a letter or two put right, or in another form: `recieve`, `teh`, `meeting`, `meetings`."""
    one, other = old.casefold(), new.casefold()
    if one == other:
        return True
    if min(len(one), len(other)) < _LEAST:
        return sorted(one) == sorted(other)
    if one.removesuffix("s") == other.removesuffix("s"):
        return True
    within = 1 if max(len(one), len(other)) < 8 else 2
    return (
        OSA.distance(one, other, score_cutoff=within) <= within
        and SequenceMatcher(None, one, other).ratio() >= _ENDINGS
    )


def _has_number(old: str, new: str) -> bool:
    return bool(_DIGIT.search(old) or _DIGIT.search(new))


def _is_name(term: str, quote: str) -> bool:
    """Whether a term stands in its sentence with a capital that the sentence's beginning does not account for."""
    for match in _WORD.finditer(quote):
        if match[0].casefold() not in term.casefold().split() or match[0].casefold() in STOPWORDS:
            continue
        if match[0][0].isupper() and not _begins(quote, match.start()):
            return True
    return False


def _begins(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \t\"'“‘«([*-–—")
    return not before or before[-1] in ".!?:\n…"
