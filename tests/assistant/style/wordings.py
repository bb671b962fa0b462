"""One line of text through one trait, for the tables of cases."""

from __future__ import annotations

from assistant.style.piece import Block, People, Piece
from assistant.style.trait import Difference, Form, Setting, Trait

ENGLISH = People(language="en")


def body(text: str) -> Piece:
    """A sentence a line."""
    return Piece(blocks=(Block("prose", tuple(text.split("\n"))),))


def value_of(trait: Trait, text: str, people: People = ENGLISH, dimension: str = "") -> str | None:
    reading = trait.read(body(text), people).get(dimension or trait.name)
    return None if reading is None else reading.value


def text_of(piece: Piece) -> str:
    return "\n".join(part for block in piece.blocks for part in block.parts)


def written(trait: Trait, text: str, value: str, people: People = ENGLISH) -> str:
    return text_of(trait.write(body(text), {trait.name: Setting(value)}, people))


def in_form(trait: Trait, text: str, form: Form, people: People = ENGLISH) -> str:
    return text_of(trait.write(body(text), form, people))


def edited(trait: Trait, before: str, after: str, people: People = ENGLISH) -> list[Difference]:
    return trait.compare(body(before), body(after), people)
