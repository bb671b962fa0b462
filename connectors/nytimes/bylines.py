"""Bylines as The New York Times prints them, to names. Pure text; `feed` and `top_stories` call it."""

from __future__ import annotations

import re

from connectors.reading.markup import line

_BY = re.compile(r"^(?:by|text by|written by|reported by|por)\b:?\s*", re.IGNORECASE)
_CREDIT = re.compile(
    r"[,;]?\s*(?:\band\s+)?\b(?:photographs|photos|video|visuals|graphics|illustrations?|photo illustrations?|produced|"
    r"interviews?|translated)(?:\s+and\s+\w+)?\s+by\b.*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*[,;、]\s*(?:and\s+)?|\s+(?:and|&)\s+", re.IGNORECASE)
_PART_OF_A_NAME = re.compile(r"(?i)^(?:jr|sr|ii|iii|iv|m\.?d|ph\.?d)\.?$")


def names(byline: str) -> tuple[str, ...]:
    """The authors of `By ADA LOVELACE, Alan Turing and Grace Hopper`, without those of the pictures."""
    words = _CREDIT.sub("", _BY.sub("", line(byline)))
    found: list[str] = []
    for name in _BETWEEN.split(words):
        if found and _PART_OF_A_NAME.match(name):
            found[-1] += f", {name}"
        elif name.strip(" .-"):
            found.append(_spelt(name))
    return tuple(dict.fromkeys(found))


def _spelt(name: str) -> str:
    """A name of capitals alone, as older bylines have it, in small letters."""
    is_shouted = name.isupper() and any(len(word) > 2 for word in name.split())
    if not is_shouted:
        return name
    return re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), name)
