"""What a fact is about, and whether a person has one such thing or several. Words only: it knows no rows and no model.

Readers name the same matter differently (`residence`, `home city`; `has two kids`, `children`), and here they become one
name. `memory.truth.relation` asks.
"""

from __future__ import annotations

import re
from enum import Enum, auto

_SAME = {
    "home city": "home, city, residence, location, home town, hometown, city of residence, place of residence, lives in, home address",
    "work": "job, occupation, profession, position, role, career",
    "employer": "company, workplace, place of work",
    "diet": "eating habit, dietary preference",
    "marital status": "relationship status, civil status",
    "native language": "mother tongue, first language",
    "language": "spoken language, languages spoken",
    "birthday": "birth, date of birth, birth date, birth year",
    "name": "first name, full name, user name",
    "child": "kid, children, kids",
    "driving": "car driving, drives",
}  # fmt: skip
_NAMES = {name: whole for whole, names in _SAME.items() for name in (whole, *names.split(", "))}
_SEVERAL_WORDS = (
    "language hobby interest like dislike preference allergy skill pet family friend sibling brother sister project tool health "
    "favourite taste habit goal plan possession instrument sport"
)
_SEVERAL = frozenset(_SEVERAL_WORDS.split())
_PERHAPS_SEVERAL = frozenset({"work", "employer", "study", "origin"})
"""Many have one of these, some have two."""
_FOR_LIFE = frozenset({"birthday", "native language", "handedness"})
"""These do not change: of two, one was misheard or is wrong."""
_LEADING = re.compile(
    r"^(?:the |an? |my |no |two |three |four |five |\d+ |small |young |little |old |has |have |owns? |does not )+"
)
_OWN = re.compile(
    r"^(?:the user['’]s|my|our) (?P<of>[a-z][a-z'’-]*(?: [a-z'’-]+){0,3}?) (?:is|are|was|were) (?!not\b)\S",
    re.IGNORECASE,
)


class Kind(Enum):
    """How many of it a person has at a time."""

    ONE = auto()
    FOR_LIFE = auto()
    """One, which does not change."""
    PERHAPS_SEVERAL = auto()
    SEVERAL = auto()
    UNKNOWN = auto()


def matter(slot: str, text: str = "") -> str:
    """What a fact is about, in one name for all who read it; from its words where it has no slot, else empty."""
    if not slot.strip():
        own = _OWN.match(text.strip())
        return matter(own["of"]) if own else ""
    words = " ".join(slot.casefold().replace("’", "'").split())
    if words in _NAMES:
        return _NAMES[words]
    head = _LEADING.sub("", words) or words
    *front, last = head.split()
    bare = " ".join([*front, singular(last)])
    return _NAMES.get(bare, bare)


def kind(name: str, *, is_by_rules: bool) -> Kind:
    """How many of a matter there are. What our own rules name is one thing, unless it is listed; a model's names tell less."""
    if name in _SEVERAL:
        return Kind.SEVERAL
    if name in _PERHAPS_SEVERAL:
        return Kind.PERHAPS_SEVERAL
    if name in _FOR_LIFE:
        return Kind.FOR_LIFE
    return Kind.ONE if is_by_rules or name in _SAME else Kind.UNKNOWN


def one_word(word: str) -> str:
    """A word of a value in the form in which it is compared."""
    return _NAMES.get(singular(word), singular(word)) if word in ("kid", "kids", "children") else singular(word)


def singular(word: str) -> str:
    """A noun without its plural's ending, as far as spelling tells."""
    if word == "children":
        return "child"
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
