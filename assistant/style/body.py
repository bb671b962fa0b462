"""Walking over the body of a piece: its sentences and items, counted and left out.

Pure. What the traits share: none of them looks at headings, at what is kept as it stands, or at what is quoted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.engine.sentences import reading_length
from assistant.style.blocks import Block, joined
from assistant.style.piece import Piece

LISTS = ("bullets", "numbered")
COUNTED = ("prose", *LISTS)


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence of a paragraph or an item of a list, and where it stands."""

    block: int
    part: int
    text: str
    is_item: bool


def units(piece: Piece) -> list[Unit]:
    """Every sentence and item of the body, in order."""
    return [
        Unit(number, place, part, block.kind in LISTS)
        for number, block in enumerate(piece.blocks)
        if block.kind in COUNTED
        for place, part in enumerate(block.parts)
    ]


def prose(piece: Piece) -> list[str]:
    """The sentences of the body's paragraphs."""
    return [part for block in piece.blocks if block.kind == "prose" for part in block.parts]


def words_of(text: str) -> int:
    """How many words a reader counts."""
    return reading_length(text)


def without(piece: Piece, dropped: frozenset[tuple[int, int]]) -> Piece:
    """The piece without the units at these (block, part). A block that is left empty goes too, and lists that it kept apart
    are one."""
    return replace(piece, blocks=tuple(joined(_left(piece.blocks, dropped))))


def capitalised(text: str) -> str:
    """With a capital first letter, where the first word is no name with capitals of its own ("iPhone")."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[:1].upper() + text[1:] if first.islower() or len(first) == 1 else text


def _left(blocks: tuple[Block, ...], dropped: frozenset[tuple[int, int]]) -> Iterator[Block]:
    for number, block in enumerate(blocks):
        parts = tuple(part for place, part in enumerate(block.parts) if (number, place) not in dropped)
        if parts == block.parts:
            yield block
        elif parts:
            yield replace(block, parts=parts)
