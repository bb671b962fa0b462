"""Standing sentences: what the user adds again and again, at the beginning or at the end, in the same words.

`stock/end/please-confirm-receipt` has the sentence as its value, or `none` once the user took it out. Only an edit shows
one: a sentence that takes nothing up from the draft and names no figure and nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from assistant.engine.sentences import content, covered, words
from assistant.style.blocks import Block, joined
from assistant.style.body import COUNTED, Unit, units
from assistant.style.kinds import FRAMING, kind_of
from assistant.style.names import names_of
from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting
from memory.languages import detect

_PREFIX = "stock/"
_SLUG_WORDS = 10
_MOST_WORDS = 30
_EDGE = 2
"""So many sentences from either end."""
_TAKEN_UP = 0.5
"""A sentence that shares so much with one of the draft is that one, changed."""
_STRENGTH = 0.6
_ONCE = 0.35
"""A sentence of no kind may be a fact of this one text: only a second time makes it a standing one."""
_FIGURE = re.compile(r"\d|@|https?:|\[(?:\.{3}|…)")
_NAME_INSIDE = re.compile(r"(?<=[\w,;] )(?!I\b|I['’])[^\W\d_a-zß-öø-ÿ]\w+")


class Stock:
    name = "stock"
    reach = 0.1

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        """Nothing: one text does not tell a standing sentence from any other."""
        return {}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        was, now = units(before), units(after)
        differences = [
            Difference(
                dimension=_dimension(place, text),
                before="",
                after=Reading(value=text, strength=_STRENGTH if kind_of(text) in FRAMING else _ONCE, quote=text),
            )
            for place, text in _standing(now, was, people)
        ]
        gone = _standing(was, now, people, are_gone=True)
        if not gone or not _mostly_stayed(was, now):
            return differences  # written anew: what is gone was not taken out for its own sake
        return differences + [
            Difference(
                dimension=_dimension(place, text),
                before=text,
                after=Reading(value="none", strength=_STRENGTH),
                quote_before=text,
            )
            for place, text in gone
        ]

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        for dimension, setting in form.items():
            if dimension.startswith(_PREFIX):
                at_end = dimension.startswith(f"{_PREFIX}end")
                if setting.value == "none":
                    piece = _taken_out(piece, dimension)
                elif not any(words(unit.text) == words(setting.value) for unit in units(piece)):
                    piece = _added(piece, setting.value, at_end=at_end)
        return piece

    def say(self, dimension: str, setting: Setting) -> str:
        place = "end" if dimension.startswith(f"{_PREFIX}end") else "begin"
        if setting.value == "none":
            sentence = dimension.rpartition("/")[2].replace("-", " ")
            return f'do not {place} with "{sentence}"'
        return f'{place} with "{setting.value}"'


STOCK = Stock()


def _dimension(place: str, sentence: str) -> str:
    return f"{_PREFIX}{place}/{'-'.join(words(sentence)[:_SLUG_WORDS])}"


def _mostly_stayed(was: list[Unit], now: list[Unit]) -> bool:
    """Whether half of the sentences still stand, be it in other words."""
    there = [content(unit.text) for unit in now]
    stayed = sum(any(covered(content(unit.text), one) >= _TAKEN_UP for one in there) for unit in was)
    return stayed * 2 >= len(was)


def _standing(
    these: list[Unit], others: list[Unit], people: People, *, are_gone: bool = False
) -> list[tuple[str, str]]:
    """Sentences at either end of `these` that none of `others` has anything of, with the end at which they stand. One that
    is gone may have stood beside another that was left."""
    elsewhere = [content(other.text) for other in others]
    left = {other.text for other in others} if are_gone else set()
    found: list[tuple[str, str]] = []
    for place, edge in (("end", these[::-1][:_EDGE]), ("begin", these[:_EDGE])):
        for unit in edge:
            if unit.text in left:
                continue
            own = content(unit.text)
            is_known = any(covered(own, other) >= _TAKEN_UP for other in elsewhere)
            if unit.is_item or is_known or not _is_general(unit.text, people):
                break
            if unit.text not in [seen for _, seen in found]:
                found.append((place, unit.text))
    return [] if len(found) == len(these) > 1 else found


def _is_general(sentence: str, people: People) -> bool:
    """Whether it could stand in any text: no figure, no gap, no name."""
    names = names_of(people.reader).full.split() + names_of(people.writer).full.split()
    if _FIGURE.search(sentence) or not 2 <= len(words(sentence)) <= _MOST_WORDS or sentence.endswith(":"):
        return False
    if (people.language or detect(sentence)) != "de" and _NAME_INSIDE.search(sentence):
        return False
    return not any(name.casefold() in words(sentence) for name in names)


def _added(piece: Piece, sentence: str, *, at_end: bool) -> Piece:
    """In the last paragraph or the first; in one of its own where a list or a heading stands there."""
    blocks = piece.blocks
    if at_end:
        if blocks and blocks[-1].kind == "prose":
            last = replace(blocks[-1], parts=(*blocks[-1].parts, sentence))
            return replace(piece, blocks=(*blocks[:-1], last))
        return replace(piece, blocks=(*blocks, Block("prose", (sentence,))))
    under = 1 if blocks and blocks[0].kind == "heading" else 0
    if len(blocks) > under and blocks[under].kind == "prose":
        first = replace(blocks[under], parts=(sentence, *blocks[under].parts))
        return replace(piece, blocks=(*blocks[:under], first, *blocks[under + 1 :]))
    return replace(piece, blocks=(*blocks[:under], Block("prose", (sentence,)), *blocks[under:]))


def _taken_out(piece: Piece, dimension: str) -> Piece:
    place = dimension.removeprefix(_PREFIX).partition("/")[0]
    blocks = []
    for block in piece.blocks:
        if block.kind in COUNTED:
            parts = tuple(part for part in block.parts if _dimension(place, part) != dimension)
            if not parts:
                continue
            block = replace(block, parts=parts)
        blocks.append(block)
    return replace(piece, blocks=tuple(joined(blocks))) if blocks else piece
