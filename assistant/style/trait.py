"""A trait: something about a text's form that can be read from it, compared over an edit, and written into another text.

Each stands in a file of its own: `assistant.style.traits` lists them in the order in which they are written. They are
plain code, know no preference and no row, and work on a `Piece`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from assistant.style.piece import People, Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value as a text shows it. `amount` where it is measured. `quote` is the part that shows it, for `why`."""

    value: str
    amount: float | None = None
    strength: float = 1.0
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an edit made of a dimension. `before` is empty where the draft did not show it."""

    dimension: str
    before: str
    after: Reading
    quote_before: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value to be written: what `memory.profile` chose, or what an oracle knows."""

    value: str
    amount: float | None = None


Form = Mapping[str, Setting]
"""Dimension -> value: the form that a text is to have. What it does not name is left as it is."""


class Trait(Protocol):
    """A trait inherits from this, and with it the comparing."""

    def __hash__(self) -> int:
        """There is one of each."""
        return id(self)

    @property
    def name(self) -> str:
        """Its dimension, or what its dimensions begin with: `term` has `term/utilize`."""
        ...

    @property
    def reach(self) -> float:
        """About which share of a text's words writing it changes, in (0, 1]."""
        ...

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        """What a text shows by itself, by dimension; nothing where it does not show it."""
        ...

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """What an edit changed. By default both are read; some traits exist only between two texts (replaced terms)."""
        return compare_readings(shown(self, before, people), shown(self, after, people))

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        """The piece in that form. What it says stays."""
        ...

    def say(self, dimension: str, setting: Setting) -> str:
        """The preference as a phrase, for the user and for a model's instructions: `greet with "Hi {first},"`."""
        ...


@lru_cache(maxsize=512)
def shown(trait: Trait, piece: Piece, people: People) -> Mapping[str, Reading]:
    """What a trait reads, once: an edit is asked for it several times over."""
    return trait.read(piece, people)


def compare_readings(before: Mapping[str, Reading], after: Mapping[str, Reading]) -> list[Difference]:
    """What the second text shows and the first does not, or shows otherwise."""
    differences = []
    for dimension, reading in after.items():
        was = before.get(dimension)
        if was is None or was.value != reading.value:
            quote = was.quote if was else ""
            differences.append(
                Difference(dimension=dimension, before=was.value if was else "", after=reading, quote_before=quote)
            )
    return differences
