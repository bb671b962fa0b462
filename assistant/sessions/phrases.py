"""Words and phrases compared as people mean them: case, plural, spacing and typography aside.

Pure functions of strings, shared by what reads messages and what checks replies and verdicts.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

from memory.common_words import COMMON_WORDS

_LONGEST_QUOTE = 600
_APOSTROPHES = "'’‘`´"
_QUOTES = '"“”„«»'
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ASKING_WORDS = (
    "what where when who whom which how why would could can shall should may might do does did is are was were be been "
    "will you your yours i we our us me my it its the a an to for of in on at by with like want need know please any "
    "there that this them tell have has had"
)
_ASKING = frozenset(_ASKING_WORDS.split())


def words(text: str) -> list[str]:
    """Case-folded words, in order."""
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def normal(text: str) -> str:
    """A value as it is compared: its words, without case, punctuation and spacing."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def stem(word: str) -> str:
    """A word without the endings of an English plural; crude, and the same on both sides of a comparison."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def content(text: str) -> set[str]:
    """The words that say what a text is about, as stems."""
    common = COMMON_WORDS.get("en", frozenset())
    return {stem(word) for word in words(text) if word not in _ASKING and word not in common}


def overlap(one: str, other: str) -> float:
    """The share of the content words of the shorter text that the other has, too; 0 where one has none."""
    first, second = content(one), content(other)
    shorter = min(len(first), len(second))
    return len(first & second) / shorter if shorter else 0.0


def is_like(one: str, other: str) -> bool:
    """Whether two questions ask the same in about the same words."""
    first, second = words(one), words(other)
    return bool(first) and SequenceMatcher(None, first, second, autojunk=False).ratio() >= 0.8


@lru_cache(maxsize=4096)
def pattern_of(phrase: str) -> str:
    """A pattern for a phrase: any spacing, any apostrophe, singular or plural of its last word."""
    parts = [re.escape(part) for part in re.split(rf"\s+|[{_APOSTROPHES}]", phrase.strip()) if part]
    if not parts:
        return r"(?!)"
    last = phrase.split()[-1].casefold()
    base = stem(last)
    if base.isalpha() and base != last:
        parts[-1] = re.escape(base[:-1]) + "(?:y|ies)" if last.endswith("ies") else re.escape(base) + "(?:e?s)?"
    elif last.isalpha() and len(last) > 2:
        parts[-1] = re.escape(last[:-1]) + "(?:y|ies)" if last.endswith("y") else parts[-1] + "(?:e?s)?"
    between = rf"[\s{_APOSTROPHES}-]+"
    return rf"(?<!\w){between.join(parts)}(?!\w)"


def mentions(phrase: str, text: str) -> bool:
    """Whether the text has the phrase as whole words, in the singular or plural."""
    return re.search(pattern_of(phrase), text, re.IGNORECASE) is not None


def verbatim(quote: str, text: str) -> str:
    """The part of `text` that `quote` repeats, as it stands there; empty where it is nowhere.

    Spacing, case and the shape of quotation marks may differ: models straighten them. Letters may not.
    """
    quote = quote.strip().strip(_QUOTES + _APOSTROPHES).strip()
    if not quote or len(quote) > _LONGEST_QUOTE:
        return ""
    if quote in text:
        return quote
    found = re.search(r"\s+".join(_loose(part) for part in quote.split()), text, re.IGNORECASE)
    return found.group() if found else ""


def _loose(part: str) -> str:
    return "".join(
        f"[{_APOSTROPHES}]"
        if character in _APOSTROPHES
        else f"[{_QUOTES}]"
        if character in _QUOTES
        else re.escape(character)
        for character in part
    )
