"""The gate: what a connector hands over becomes what memory keeps. Everything from outside is cleaned here once more.

Connectors clean too, but they may be anybody's. `assistant.ingest.polling` calls `admitted` for each item, and takes a
`ValueError` for the reason why one is left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from connectors.base import Item
from connectors.reading import links, markup
from connectors.reading.dates import is_credible
from memory import languages
from memory.store.items import NewItem

LONGEST_TEXT = 1_000_000
"""Characters that are kept of a text: a long book. What is longer is data."""
LONGEST_LINE = 1000
LONGEST_LIST = 200


def admitted(item: Item, now: datetime) -> NewItem:
    """The item, clean and complete, or a ValueError that says what is wrong with it.

    A date that cannot be true is dropped, so that the time of its arrival stands for it. The language is read off the
    text; what the source says of it counts only where the text does not tell.
    """
    external_id = _line(item.external_id)
    if not external_id:
        raise ValueError("it has no id")
    title, text = _line(item.title), _text(item.text)
    html = markup.clean(item.html[:LONGEST_TEXT], item.url)
    if html and not text:
        text = _text(markup.plain(html))
    if not (title or text):
        raise ValueError("it has neither title nor text")
    url = links.untracked(links.absolute("", item.url))
    return NewItem(
        external_id=external_id,
        kind=item.kind,
        title=title,
        text=text,
        html=html,
        url=url,
        canonical_url=links.canonical(url) if url else "",
        authors=_lines(item.authors),
        topics=_lines(item.topics),
        links=tuple(dict.fromkeys(filter(None, (links.absolute(url, link) for link in item.links[:LONGEST_LIST])))),
        thread_id=_line(item.thread_id),
        revision=_line(item.revision),
        published=item.published if is_credible(item.published, now) else None,
        updated=item.updated if is_credible(item.updated, now) else None,
        language=languages.detect(f"{title}\n{text}") or item.language.lower()[:2],
        private=item.private,
    )


def _text(written: str) -> str:
    return markup.tidy(unicodedata.normalize("NFC", written[:LONGEST_TEXT]))


def _line(written: str) -> str:
    return markup.line(unicodedata.normalize("NFC", written[:LONGEST_LINE]))


def _lines(written: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(_line, written))))[:LONGEST_LIST]
