"""RSS 0.9x, 1.0 and 2.0 and Atom to `Feed`, by feedparser. `connectors.reading.documents` calls `parse`.

feedparser gets a stream of UTF-8 bytes and headers that say so: a string, or bytes, it would try to open as a URL or a
local file. It neither cleans nor resolves HTML here; `connectors.reading.markup` does both.
"""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from connectors.reading import dates
from connectors.reading.entry import Entry, Feed
from connectors.reading.mending import mended

_MAILBOX = re.compile(r"^<?[^\s@<>]+@[^\s@<>]+>?\s*\(([^)]+)\)?$")
_ENTRY_ELEMENT = re.compile(r"<(item|entry)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_FEED_ELEMENT = re.compile(r"<(?:\w+:)?(rss|feed|RDF)\b")


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What we take of feedparser's result."""

    version: str
    feed: Any
    entries: list[Any]


def parse(text: str) -> Feed | None:
    """The feed that `text` is, or `None` if it is none."""
    xml = mended(text)
    parsed = _parsed(xml) or _pieced_together(xml)
    root = _FEED_ELEMENT.search(text)
    if not parsed.version and not (root and (parsed.entries or parsed.feed)):
        return None
    is_atom = parsed.version.startswith("atom") or (not parsed.version and root is not None and root[1] == "feed")
    return Feed(
        kind="atom" if is_atom else "rss",
        title=parsed.feed.get("title") or "",
        home=parsed.feed.get("link") or "",
        language=parsed.feed.get("language") or "",
        authors=_authors(parsed.feed) if is_atom else (),
        entries=tuple(_entry(entry) for entry in parsed.entries),
    )


def _parsed(xml: str) -> _Parsed | None:
    """What feedparser makes of it; `None` where it stumbles, as it does over some misplaced tags.

    It is not told where the feed came from: it would make an address of an id such as `4711`, and a feed that moves
    would bring all its entries again.
    """
    import feedparser  # heavy, and only the reader child needs it

    headers = {"content-type": "application/xml; charset=utf-8"}
    stream = BytesIO(xml.encode())
    try:
        found = feedparser.parse(stream, response_headers=headers, resolve_relative_uris=False, sanitize_html=False)
    except (LookupError, AttributeError, TypeError, ValueError, AssertionError, RecursionError):
        return None
    return _Parsed(found.get("version") or "", found.feed, found.entries)


def _pieced_together(xml: str) -> _Parsed:
    """The same entry by entry, so that the one that feedparser stumbles over costs no other."""
    first = _ENTRY_ELEMENT.search(xml)
    opening = xml[: first.start()] if first else ""
    alone = (_parsed(opening + match[0]) for match in _ENTRY_ELEMENT.finditer(xml))
    found = [parsed for parsed in alone if parsed is not None]
    if not found:
        return _Parsed("", {}, [])
    return _Parsed(found[0].version, found[0].feed, [entry for parsed in found for entry in parsed.entries])


def _entry(entry: Any) -> Entry:
    title = _detail(entry, "title_detail")
    content: Any = max(entry.get("content", ()), key=lambda part: len(part.get("value") or ""), default={})
    summary = _detail(entry, "summary_detail")
    links = [link for link in entry.get("links", ()) if link.get("href")]
    return Entry(
        id=entry.get("id") or "",
        link=_page(links) or entry.get("link") or "",
        title=title.get("value") or "",
        title_is_html=_is_html(title),
        content=content.get("value") or "",
        content_is_html=_is_html(content),
        summary=summary.get("value") or "",
        summary_is_html=_is_html(summary),
        authors=_authors(entry),
        topics=tuple(tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", ())),
        other_links=tuple(link["href"] for link in links if link.get("rel") in ("related", "via", "enclosure")),
        base=(content or summary).get("base") or "",
        language=(content or summary or title).get("language") or "",
        published=_instant(entry, "published"),
        updated=_instant(entry, "updated"),
    )


def _detail(entry: Any, name: str) -> Any:
    return entry.get(name) or {}


def _page(links: list[Any]) -> str:
    """Of several alternates the web page, if one says that it is."""
    alternates = [link for link in links if link.get("rel") == "alternate"]
    pages = [link for link in alternates if link.get("type", "text/html") in ("text/html", "application/xhtml+xml")]
    return next((link["href"] for link in pages or alternates), "")


def _is_html(detail: Any) -> bool:
    """feedparser guesses from the text where a format leaves it open."""
    return detail.get("type", "text/plain") in ("text/html", "application/xhtml+xml")


def _authors(element: Any) -> tuple[str, ...]:
    return tuple(_name(author) for author in element.get("authors", ()))


def _name(author: Any) -> str:
    """The name of `ann@example.org (Ann)`; an address stands for who gives no name."""
    name, address = author.get("name") or "", author.get("email") or ""
    if name and address and not name.endswith(")") and "(" in name:
        # feedparser 6 takes a top-level domain for over after four letters and leaves its rest before the name.
        name = f"{address}{name})"
    match = _MAILBOX.match(name)
    return match[1] if match else name or address


def _instant(entry: Any, name: str) -> datetime | None:
    """Our reading of a date first: feedparser drops the "PM" of a twelve-hour clock. Then its many other formats."""
    if name not in entry.keys():  # noqa: SIM118  (its `in` answers for `published` when asked for `updated`)
        return None
    written = entry[name] or ""
    found = dates.parse(written)
    parts = entry.get(f"{name}_parsed")
    if found or not parts or dates.HALF_DAY.search(written):
        return found
    try:
        return datetime.fromtimestamp(timegm(parts), UTC)
    except (ValueError, OverflowError):
        return None
