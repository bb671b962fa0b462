"""A feed document's bytes to `Document`: RSS, Atom or JSON Feed. Knows no network; `connectors.feeds` calls `read`.

`read` runs in the reader child (`WaysOut.read`), under its time and memory limits, because what it parses is hostile
until proven otherwise. It gives what the document says: what to believe of it (dates) or to take of it (age, number)
is decided by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from urllib.parse import urlsplit, urlunsplit

from connectors.base import Item, Misconfigured
from connectors.reading import charset, json_feed, language, xml_feed
from connectors.reading.entry import Entry, Feed
from connectors.reading.links import absolute, canonical, is_web
from connectors.reading.markup import Reading, clean, line, tidy, title_of
from connectors.reading.markup import read as read_markup

_LONGEST_ID = 300
_MOST_LINKS = 50
_MOST_TOPICS = 20
_WORD = re.compile(r"\w\w")
_LINK_ELEMENT = re.compile(r"<link\b[^>]{0,1000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(r"""type\s*=\s*["']?application/(rss\+xml|atom\+xml|feed\+json)""", re.IGNORECASE)
_HREF = re.compile(r"""href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a feed says. `kind` is `rss`, `atom` or `json`; the items come in the document's order."""

    kind: str
    title: str = ""
    home: str = ""
    items: tuple[Item, ...] = ()
    notices: tuple[str, ...] = ()


def read(body: bytes, headers: Mapping[str, str], url: str) -> Document:
    """Parse a feed that came from `url` (empty for a file) with these HTTP headers.

    Raises: Misconfigured where it is no feed; the sentence names the feeds that a web page offers instead.
    """
    text = charset.decode(body, headers)
    parsed = json_feed.parse(text) if text.lstrip()[:1] == "{" else xml_feed.parse(text)
    if parsed is None:
        raise Misconfigured(_no_feed(text, url))
    origin = _public(url)
    home = absolute(origin, parsed.home)
    base = (home or origin) if parsed.kind == "rss" else (origin or home)
    items, notices = _distinct(item for entry in parsed.entries if (item := _item(entry, base, parsed)))
    return Document(
        kind=parsed.kind,
        title=title_of(parsed.title),
        home=home,
        items=items,
        notices=notices,
    )


def _public(url: str) -> str:
    """`url` without user, query and fragment, so that nothing relative to it carries a secret along."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _item(entry: Entry, base: str, feed: Feed) -> Item | None:
    """The item that an entry stands for, or `None` if it says nothing at all."""
    address = absolute(base, entry.link)
    if not address and is_web(entry.id):
        address = absolute("", entry.id)
    html, reading = _body(entry, absolute(base, entry.base) or base)
    title = title_of(entry.title) if entry.title_is_html else line(entry.title)
    if not (title or reading.text or address):
        return None
    links = (*(absolute(base, link) for link in entry.other_links), *reading.links)
    return Item(
        external_id=_identity(entry, address, title, reading.text),
        title=title,
        text=reading.text,
        html=html,
        url=address,
        authors=_names(entry.authors) or _names(feed.authors),
        topics=_names(entry.topics)[:_MOST_TOPICS],
        links=tuple(link for link in dict.fromkeys(links) if link and link != address)[:_MOST_LINKS],
        published=entry.published or entry.updated,
        updated=entry.updated or entry.published,
        language=language.code(entry.language) or language.code(feed.language),
    )


def _body(entry: Entry, base: str) -> tuple[str, Reading]:
    """The content and how it reads, or the summary where the content says no more than the title."""
    content = _rendered(entry.content, base, is_html=entry.content_is_html)
    summary = _rendered(entry.summary, base, is_html=entry.summary_is_html)
    is_stub = not _WORD.search(content[1].text) or content[1].text == line(entry.title)
    return summary if is_stub and summary[1].text else content


def _rendered(text: str, base: str, *, is_html: bool) -> tuple[str, Reading]:
    """Clean HTML and how it reads; plain text has no HTML."""
    if not is_html:
        return "", Reading(tidy(text), ())
    html = clean(text, base)
    return html, read_markup(html)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(line(name) for name in names) if name)


def _identity(entry: Entry, address: str, title: str, text: str) -> str:
    """The entry's own id, else its address, else a digest of what stays the same when a text is corrected."""
    if own := line(entry.id):
        return own if len(own) <= _LONGEST_ID else _fingerprint(own)
    if address:
        return canonical(address)
    return _fingerprint(title or text, entry.published.date().isoformat() if entry.published else "")


def _fingerprint(*parts: str) -> str:
    return f"sha256:{sha256('|'.join(parts).encode()).hexdigest()}"


def _distinct(items: Iterable[Item]) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Of entries with the same id and address the latest, in the place of the first, and a notice about the others.

    One id on two addresses (or titles, where there are none) is two texts: both stay, and the store tells them apart.
    """
    groups: dict[str, dict[str, Item]] = {}
    repeated = 0
    for item in items:
        group = groups.setdefault(item.external_id, {})
        key = canonical(item.url) or item.title
        held = group.get(key)
        repeated += held is not None
        if held is None or (item.updated and held.updated and item.updated > held.updated):
            group[key] = item
    return tuple(item for group in groups.values() for item in group.values()), _repetition(repeated)


def _repetition(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} entr{'y' if count == 1 else 'ies'} repeated the id and address of another; the latest was kept.",)


def _no_feed(text: str, url: str) -> str:
    """A sentence for the user about what stands where a feed should be."""
    opening = text.lstrip()[:2000].lower()
    if "<html" in opening or opening.startswith("<!doctype html"):
        offered = _offered(text, url)
        hint = f"It offers: {', '.join(offered)}." if offered else "Look for its RSS or Atom address."
        return f"It is a web page, not a feed. {hint}"
    if not opening:
        return "It is empty, not a feed. Check the address."
    if opening.startswith("{"):
        return "It is JSON but no JSON Feed: it has no list `items`. Check the address."
    what = "XML of another kind" if opening.startswith("<") else "no XML and no JSON"
    return f"It is {what}, not a feed. RSS, Atom and JSON Feed can be read; check the address."


def _offered(text: str, url: str) -> list[str]:
    """The feeds that a web page links to in its head."""
    elements = (match[0] for match in _LINK_ELEMENT.finditer(text[:200_000]))
    hrefs = (_HREF.search(element) for element in elements if _FEED_TYPE.search(element))
    found = (absolute(_public(url), unescape(href[1])) or line(href[1]) for href in hrefs if href)
    return list(dict.fromkeys(found))[:3]
