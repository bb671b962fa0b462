"""What the two readers of feed documents agree on: a `Feed` of `Entry`s, as written, before anything is cleaned.

Strings are the document's own: relative links, HTML with whatever is in it. `connectors.reading.documents` makes items of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `base` is where relative links in its HTML start, if it says so; dates are aware and in UTC."""

    id: str = ""
    link: str = ""
    title: str = ""
    title_is_html: bool = False
    content: str = ""
    content_is_html: bool = True
    summary: str = ""
    summary_is_html: bool = True
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    other_links: tuple[str, ...] = ()
    base: str = ""
    language: str = ""
    published: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A document: `kind` is `rss`, `atom` or `json`. `authors` are those of entries that name none."""

    kind: str
    title: str = ""
    home: str = ""
    language: str = ""
    authors: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
