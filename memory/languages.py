"""Which language a text is in, by its script and its commonest words. Pure, and small enough for an idle service.

A trained identifier was measured at 75 MB resident; this one needs a few kilobytes and says "" where it cannot tell.
`assistant.ingest.polling` asks it of each item, `memory.lexical` of each query.
"""

from __future__ import annotations

import re
from collections import Counter

from memory import scripts
from memory.common_words import COMMON_WORDS

SAMPLE = 3000
"""Characters that are looked at."""

_WORD = re.compile(r"[^\W\d_]+")
_LANGUAGES_OF = {
    word: [code for code, words in COMMON_WORDS.items() if word in words]
    for word in frozenset().union(*COMMON_WORDS.values())
    if len(word) > 1
}
"""The languages that each telling word is common in. A single letter tells nothing: "a" is one in nine of them."""

_SCRIPTS = {
    "han": scripts.HAN,
    "kana": scripts.KANA,
    "ko": scripts.HANGUL,
    "th": scripts.THAI,
    "lo": scripts.LAO,
    "my": scripts.MYANMAR,
    "km": scripts.KHMER,
    "cyrillic": scripts.CYRILLIC,
    "arabic": scripts.ARABIC,
    "el": scripts.GREEK,
    "he": scripts.HEBREW,
    "hi": scripts.DEVANAGARI,
    "bn": scripts.BENGALI,
    "ta": scripts.TAMIL,
    "ka": scripts.GEORGIAN,
    "hy": scripts.ARMENIAN,
    "latin": scripts.LATIN,
}
_LETTERS = {name: re.compile(f"[{ranges}]") for name, ranges in _SCRIPTS.items()}
_DENSE = frozenset({"han", "kana", "ko"})
"""A letter of these says as much as three of the others."""


def detect(text: str) -> str:
    """The ISO 639-1 code of the language, or "" when nothing tells."""
    sample = text[:SAMPLE]
    if sample.isascii():
        return _by_common_words(sample)
    letters = {name: len(pattern.findall(sample)) * (3 if name in _DENSE else 1) for name, pattern in _LETTERS.items()}
    if letters["kana"] * 10 > letters["han"]:
        letters["kana"] += letters.pop("han")
    script = max(letters, key=lambda name: letters[name])
    if not letters[script]:
        return ""
    match script:
        case "latin":
            return _by_common_words(sample)
        case "han":
            return "zh"
        case "kana":
            return "ja"
        case "cyrillic":
            return _cyrillic(sample.lower())
        case "arabic":
            return _arabic(sample)
        case code:
            return code


def common_words(code: str) -> frozenset[str]:
    """The words of a language that say nothing about a text in it; none for a language that is not known."""
    return COMMON_WORDS.get(code, frozenset())


def _by_common_words(sample: str) -> str:
    """The language whose common words make up most of the text. A word that several share counts in part for each."""
    words = _WORD.findall(sample.lower())
    scores: Counter[str] = Counter()
    for word in words:
        codes = _LANGUAGES_OF.get(word, ())
        for code in codes:
            scores[code] += 1 / len(codes)  # type: ignore[assignment]  # Counter holds fractions as well
    ranked = scores.most_common(2)
    if not ranked or ranked[0][1] < 0.05 * len(words):
        return ""
    code, score = ranked[0]
    return "" if len(ranked) > 1 and ranked[1][1] > 0.8 * score else code


def _cyrillic(sample: str) -> str:
    if re.search("[ђћџљњј]", sample):
        return "sr"
    if re.search("[іїєґ]", sample):
        return "be" if "ў" in sample else "uk"
    return "ru" if re.search("[ыэё]", sample) or sample.count("ъ") * 100 < len(sample) else "bg"


def _arabic(sample: str) -> str:
    if re.search("[ٹڈڑںے]", sample):
        return "ur"
    return "fa" if re.search("[پچژگی]", sample) else "ar"
