"""The running words of a piece: what may be reworded in it, and in which language it is.

Greeting, closing and signature are others' ground; what is kept as it stands or is quoted is nobody's. Addresses, links,
code, quotations and marked gaps inside a sentence are masked, so that no pattern finds anything in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from assistant.style.blocks import Block
from assistant.style.names import People
from assistant.style.piece import Piece
from assistant.style.quotations import quoted_parts
from assistant.style.splitting import GAP
from memory.languages import detect

MASK = "\ue000"
"""Stands for each character that may not be touched: no letter, no digit, no white space."""
_SURE_FROM = 12
"""From so many words on, what a text's words say of its language counts for more than what was said of it."""
_OPENING = " \t\"'“‘«([*_-–—•"
_QUOTED = 80
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|St|Rev|Hon|Sen|Gov|No|vs|e\.g|i\.e)\.$")
_NAME_FOLLOWS = re.compile(r" [A-Z][a-z]")

_KEPT = re.compile(
    GAP + r"|(?:https?|ftp|file|mailto):\S+|\bwww\.\S+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)*"
    r"|(?<![\w/])[@#][A-Za-z_]\w*"
    r"|`[^`\n]+`|\{\w+\}|</?\w[^<>\n]*>"
    r"|(?<![\w.])(?:[A-Za-z]:\\|~?/)[\w.-]+[\\/][\w./\\-]*"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|edu|gov|de|fr|es|co\.uk|eu|ch|at|py|md|txt|pdf|csv|json|docx?|xlsx?|pptx?"
    r"|png|jpe?g|zip|html?|toml|ya?ml)\b(?:/\S*)?"
    r"|\"[^\"\n]{1,400}\"|“[^”\n]{1,400}”|„[^“”\n]{1,400}[“”]|«[^»\n]{1,400}»"
    r"|(?<![\w'’])‘[^’\n]{1,400}’(?!\w)",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[@#/\\`{<\"“„«‘\[.]")
"""One of these begins or stands in whatever is masked."""


@lru_cache(maxsize=2048)
def masked(text: str) -> str:
    """`text`, as long as it was, with what may not be touched as `MASK`."""
    return _KEPT.sub(lambda match: MASK * len(match[0]), text) if _SIGNS.search(text) else text


def replaced(text: str, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str]) -> str:
    """`pattern.sub(change, text)` where it finds nothing in what is masked."""
    made: list[str] = []
    end = 0
    for match in pattern.finditer(masked(text)):
        made += (text[end : match.start()], change(match))
        end = match.end()
    return "".join([*made, text[end:]]) if made else text


def spliced(text: str, changes: Mapping[int, tuple[int, str]]) -> str:
    """`text` with each start -> (end, words) put in; they do not overlap."""
    made: list[str] = []
    end = 0
    for start, (stop, words) in sorted(changes.items()):
        made += (text[end:start], words)
        end = stop
    return "".join([*made, text[end:]])


def begins(text: str, at: int) -> bool:
    """Whether a sentence begins there."""
    before = text[:at].rstrip(_OPENING)
    return not before or (before[-1] in ".!?:\n…" and not _TITLE.search(before))


def is_name(text: str, match: re.Match[str], group: str | int = 0) -> bool:
    """Whether words have a capital that no sentence's beginning accounts for, or that another capital follows."""
    if match[group].islower() or match[group].isupper() or not match[group][:1].isalpha():
        return False
    return not begins(text, match.start(group)) or bool(_NAME_FOLLOWS.match(text, match.end(group)))


def quoted_from(text: str, at: int) -> str:
    """A few words of a masked text, for `Reading.quote`."""
    return " ".join(text[at : at + _QUOTED].partition("\n")[0].split(MASK)[0].split()[:6])


@lru_cache(maxsize=64)
def running(piece: Piece) -> str:
    """The masked sentences, items, headings and postscript, a line each."""
    return "\n".join(masked(part) for part in own_parts(piece))


def own_parts(piece: Piece) -> list[str]:
    """The sentences, items, headings and postscript that are the writer's own words."""
    found = []
    for block in piece.blocks:
        if block.kind != "verbatim":
            quoted = quoted_parts(block.parts)
            found += [part for number, part in enumerate(block.parts) if part and number not in quoted]
    return [*found, piece.postscript] if piece.postscript else found


def reworded(piece: Piece, change: Callable[[str], str]) -> Piece:
    """The piece with `change` made to each of these."""
    blocks = tuple(_reworded(block, change) for block in piece.blocks)
    return replace(piece, blocks=blocks, postscript=change(piece.postscript) if piece.postscript else "")


_detected = lru_cache(maxsize=128)(detect)


@lru_cache(maxsize=64)
def language_of(piece: Piece, people: People) -> str:
    """The code of the language, without a region; empty where nothing tells."""
    text, given = running(piece), people.language[:2].casefold()
    if given and text.count(" ") + 1 < _SURE_FROM:
        return given
    return _detected(text) or given or ("en" if text.isascii() else "")


def is_english(piece: Piece, people: People) -> bool:
    return language_of(piece, people) == "en"


def like(word: str, shown: str) -> str:
    """`word` in the case of `shown`: small, Capital or CAPITALS."""
    if len(shown) > 1 and shown.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if shown[:1].isupper() else word


def _reworded(block: Block, change: Callable[[str], str]) -> Block:
    if block.kind == "verbatim":
        return block
    quoted = quoted_parts(block.parts)
    parts = tuple(part if number in quoted else change(part) for number, part in enumerate(block.parts))
    return block if parts == block.parts else replace(block, parts=parts)
