"""Names for sources that the user did not name: short, without blanks, and not taken. `assistant.sources` calls it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.reading.links import is_web

_LONGEST_NAME = 40


def free(name: str, taken: Collection[str]) -> str:
    candidates = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in candidates if candidate not in taken)


def plain(keys: Mapping[str, Any], kind: str) -> str:
    """The host of an address, else the kind."""
    url = keys.get("url", "")
    host = urlsplit(url).hostname if isinstance(url, str) and is_web(url) else None
    return (host or kind).removeprefix("www.")[:_LONGEST_NAME]


def slug(title: str) -> str:
    """A title as a name that needs no quotes: `the-verge`."""
    return re.sub(r"[\W_]+", "-", title.lower()).strip("-")[:_LONGEST_NAME].strip("-")
