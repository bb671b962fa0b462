"""All traits, in the order in which they are written, and what is asked of them together.

`assistant.learning` reads and compares texts with them, `assistant.drafting` writes drafts in a form. It knows no
preference and no row.
"""

from __future__ import annotations

from collections.abc import Collection

from assistant.style.closing import CLOSING
from assistant.style.contractions import CONTRACTIONS
from assistant.style.dates import DATES
from assistant.style.emoji import EMOJI
from assistant.style.exclamation import EXCLAMATION
from assistant.style.formality import FORMALITY
from assistant.style.greeting import GREETING
from assistant.style.heading import HEADING
from assistant.style.layout import LAYOUT
from assistant.style.length import SENTENCES, WORDS
from assistant.style.numbers import NUMBERS
from assistant.style.paragraphs import PARAGRAPHS
from assistant.style.person import PERSON
from assistant.style.piece import People, Piece
from assistant.style.sentence_kinds import SENTENCE_KINDS
from assistant.style.sentence_length import SENTENCE_LENGTH
from assistant.style.signature import SIGNATURE
from assistant.style.spelling import SPELLING
from assistant.style.stock import STOCK
from assistant.style.terms import TERMS
from assistant.style.thousands import THOUSANDS
from assistant.style.times import TIMES
from assistant.style.trait import Difference, Form, Reading, Setting, Trait, shown

TRAITS: tuple[Trait, ...] = (
    # what is said
    SENTENCE_KINDS,
    SENTENCE_LENGTH,
    SENTENCES,
    WORDS,
    HEADING,
    # how its sentences end: items that are to have no full stops get none for a mark that went
    EXCLAMATION,
    EMOJI,
    # how it is laid out
    LAYOUT,
    PARAGRAPHS,
    # how it is worded
    PERSON,
    CONTRACTIONS,
    SPELLING,
    FORMALITY,
    TERMS,
    # how its figures look
    DATES,
    TIMES,
    NUMBERS,
    THOUSANDS,
    # what the user says in their own words: nothing is changed in it
    STOCK,
    GREETING,
    CLOSING,
    SIGNATURE,
)
"""In the order in which they are written."""

PHRASE = "phrase/"
"""A preference in a model's words: no trait, and followed by models alone."""
SECTION = "section/"
"""Before the key of a section: whether the digest has it. No trait either, for it is of no text; the digest follows it."""
_REACH_OF_PHRASE = 0.2
_LEAST_REACH = 0.02


def read(piece: Piece, people: People) -> dict[str, Reading]:
    """What a text shows, by dimension."""
    return {dimension: reading for trait in TRAITS for dimension, reading in shown(trait, piece, people).items()}


def compare(before: Piece, after: Piece, people: People, dimensions: Collection[str] | None = None) -> list[Difference]:
    """What an edit changed; nothing where it changed nothing. With `dimensions` only the traits that these are of are asked."""
    if before == after:
        return []
    asked = TRAITS if dimensions is None else _traits_of(dimensions)
    return [one for trait in asked for one in trait.compare(before, after, people)]


def write(piece: Piece, form: Form, people: People) -> Piece:
    """The piece in a form. What the form does not name, or no trait knows, is left."""
    for trait in TRAITS:
        piece = trait.write(piece, form, people)
    return piece


def reach(dimension: str) -> float:
    """About which share of a text's words a value of the dimension changes, in (0, 1]."""
    if dimension.startswith(PHRASE):
        return _REACH_OF_PHRASE
    trait = trait_of(dimension)
    return trait.reach if trait else _LEAST_REACH


def say(dimension: str, setting: Setting) -> str:
    """The preference as a phrase. A dimension that no trait knows is said as it is: a file of another version has it."""
    if dimension.startswith(PHRASE):
        return setting.value
    if dimension.startswith(SECTION):
        named = dimension.removeprefix(SECTION)
        return f'no section "{named}"' if setting.value == "no" else f'a section "{named}"'
    trait = trait_of(dimension)
    return trait.say(dimension, setting) if trait else f"{dimension}: {setting.value}"


def trait_of(dimension: str) -> Trait | None:
    """`term/utilize` is `term`'s."""
    return _BY_NAME.get(dimension) or _BY_NAME.get(dimension.partition("/")[0])


def _traits_of(dimensions: Collection[str]) -> list[Trait]:
    names = {trait.name for trait in map(trait_of, dimensions) if trait is not None}
    return [trait for trait in TRAITS if trait.name in names]


_BY_NAME = {trait.name: trait for trait in TRAITS}
