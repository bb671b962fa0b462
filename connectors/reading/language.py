"""Language tags as sources write them (`en-GB`, `pt_BR`), to the two-letter codes that an `Item` has. Whoever makes items calls it."""

from __future__ import annotations

import re

_TAG = re.compile(r"\s*([A-Za-z]{2})(?:[-_]|\s*$)")


def code(tag: str) -> str:
    """The ISO 639-1 code, in lower case; empty for what is no such tag."""
    match = _TAG.match(tag)
    return match[1].lower() if match else ""
