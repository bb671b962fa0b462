"""What the user writes of preferences by hand, made sure of: a dimension that there is, a value that it may have, a scope.

`assistant.profile` asks for everything that is stated, changed or imported, so that no row holds what no trait can write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from email.utils import parseaddr

from assistant.errors import BadRequest
from assistant.learning.scope_words import KINDS
from assistant.style.traits import TRAITS
from memory.profile.scope import Scope

LONGEST_VALUE = 500
"""Characters."""
LONGEST_SCOPE = 320

_YES_NO = ("yes", "no")
FIXED: Mapping[str, tuple[str, ...]] = {
    "layout": ("prose", "bullets", "numbered"),
    "layout/frames": ("items", "prose"),
    "layout/stops": _YES_NO,
    "heading": _YES_NO,
    "person": ("i", "we", "impersonal"),
    "contractions": _YES_NO,
    "formality": ("formal", "neutral", "informal"),
    "emoji": _YES_NO,
    "exclamation": _YES_NO,
    "times": ("24h", "12h"),
    "numbers": ("digits", "words"),
    "spelling": ("en-GB", "en-US"),
    "sentence/": _YES_NO,
    "section/": _YES_NO,
}
"""The dimensions that have but these values; those that end in a slash stand for all that begin so."""
MEASURED = {"words": 20_000, "sentences": 2_000, "paragraphs": 200, "sentence_length": 200}
"""The dimensions that are amounts, and the most of each."""
_OPEN = ("phrase", "section")
"""Dimensions that no trait writes: a model follows phrases, the digest sections."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def dimension_of(written: str) -> str:
    """The dimension that is meant. Raises: BadRequest, with the nearest name."""
    name = written.strip()
    families = [trait.name.rstrip("/") for trait in TRAITS] + list(_OPEN)
    head, slash, rest = name.partition("/")
    if name in families or (head in families and slash and rest.strip()):
        return name
    near = get_close_matches(head, families, n=1)
    remedy = f"Did you mean {near[0]!r}? " if near else ""
    raise BadRequest(f"There is no dimension {name!r}.", f"{remedy}There are: {', '.join(sorted(families))}.")


def value_of(dimension: str, written: str) -> str:
    """The value as rows keep it. Raises: BadRequest for one that the dimension does not have."""
    value = "\n".join(" ".join(line.split()) for line in written.strip().splitlines())
    if not value or len(value) > LONGEST_VALUE or "\0" in value:
        raise BadRequest(
            f"A value has from 1 to {LONGEST_VALUE} characters.", "To want none, say `none`, or forget the preference."
        )
    if dimension in MEASURED:
        return _measured(dimension, value)
    allowed = FIXED.get(dimension) or FIXED.get(dimension.partition("/")[0] + "/")
    if allowed is None:
        return value
    for one in allowed:
        if one.casefold() == value.casefold():
            return one
    raise BadRequest(f"{dimension} is not {value!r}.", f"It is one of: {', '.join(allowed)}.")


def amount_of(dimension: str, value: str) -> float | None:
    """The amount that a value of `value_of` stands for, where the dimension is measured."""
    return float(value) if dimension in MEASURED else None


def scope_of(kind: str, recipient: str, domain: str, source: str) -> Scope:
    """A scope as it was written. Raises: BadRequest for a kind of text that there is not, or for overlong parts."""
    if kind and kind not in KINDS:
        raise BadRequest(f"There is no kind of text {kind!r}.", f"There are: {', '.join(KINDS)}.")
    for part in (recipient, domain, source):
        if len(part) > LONGEST_SCOPE or "\n" in part or "\0" in part:
            raise BadRequest("That is no recipient, domain or source.", "Name one on one line.")
    address = parseaddr(recipient)[1] if "@" in recipient else ""
    return Scope(
        kind=kind,
        recipient=(address or " ".join(recipient.split())).casefold(),
        domain=domain.strip().lstrip("@").casefold(),
        source=source.strip(),
    )


def _measured(dimension: str, value: str) -> str:
    number = _NUMBER.match(value)
    amount = float(number[0].replace(",", ".")) if number else 0.0
    if not 0 < amount <= MEASURED[dimension]:
        raise BadRequest(
            f"{dimension} is an amount from 1 to {MEASURED[dimension]:,}, and not {value!r}.", "Example: 40"
        )
    return f"{amount:g}"
