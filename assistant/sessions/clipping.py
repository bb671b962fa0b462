"""Texts cut to so many tokens, beginning and end kept, and what is missing said in the place where it is missing.

It knows no conversation. `context`, `compaction` and `tail` measure and cut with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Lengths = Callable[[Sequence[str]], list[int]]
"""Tokens of each text, as `engine.lengths` tells them."""

BEGINNING_SHARE = 2 / 3
"""Of what is kept of a text that is cut; the rest is its end."""
TRIALS = 8
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Clipped:
    """A text as it fits: its tokens, and how many characters of the whole are missing."""

    text: str
    tokens: int
    missing: int = 0


def plain(text: str) -> str:
    """`text` as a prompt may hold it: no control characters but line ends and tabs, no half characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    return _CONTROL.sub("", text)


def clip(text: str, room: int, lengths: Lengths, what: str = "text") -> Clipped:
    """`text` in at most `room` tokens; if it is longer, its beginning and end with a note between them.

    The same text, room and tokenizer give the same cut, so that a prompt built from it again is the same.
    """
    room = max(room, 0)
    whole = lengths([text])[0]
    if whole <= room:
        return Clipped(text, whole)
    for shorten in (_without_middle, _without_end):
        keep, tokens = len(text), whole
        for _ in range(TRIALS):
            keep = min(keep * room // max(tokens, 1), keep - 8)
            if keep < 1:
                break
            shorter = shorten(text, keep, what)
            tokens = lengths([shorter])[0]
            if tokens <= room:
                return Clipped(shorter, tokens, len(text) - keep)
    return Clipped("", 0, len(text))


def _without_middle(text: str, keep: int, what: str) -> str:
    first = int(keep * BEGINNING_SHARE)
    last = keep - first
    end = text[len(text) - last :] if last else ""
    return f"{text[:first]}\n[… {len(text) - keep:,} characters of this {what} are left out here …]\n{end}"


def _without_end(text: str, keep: int, _what: str) -> str:
    """For the little room in which the note about the middle does not fit."""
    return f"{text[:keep]} …"
