"""The gate: what a connector hands over becomes what memory keeps. Everything from outside is cleaned here once more.

Connectors clean too, but they may be anybody's. `assistant.ingest.polling` calls `admitted` for each item, and takes a
`ValueError` for the reason why one is left out.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.base import Item
from connectors.reading import links, markup
from connectors.reading.dates import is_credible
from memory import languages
from memory.store.items import NewItem

LONGEST_TEXT = 1_000_000
"""Characters that are kept of a text: a long book. What is longer is data."""
LONGEST_LINE = 1000
LONGEST_LIST = 200
LONGEST_DETAILS = 20_000
"""Characters of JSON: a mail to hundreds has so many."""


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
        to_me=item.to_me,
        by_me=item.by_me,
        details=_details(item.details),
    )


def _text(written: str) -> str:
    return markup.tidy(unicodedata.normalize("NFC", written[:LONGEST_TEXT]))


def _line(written: str) -> str:
    return markup.line(unicodedata.normalize("NFC", written[:LONGEST_LINE]))


def _lines(written: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(_line, written))))[:LONGEST_LIST]


def _details(written: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as JSON will hold them, their texts as clean lines."""
    details: dict[str, Any] = _fact(dict(written))
    if len(json.dumps(details)) > LONGEST_DETAILS:
        raise ValueError(f"its details are longer than {LONGEST_DETAILS} characters")
    return details


def _fact(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case str():
            return _line(value)
        case Mapping():
            return {_line(str(key)): _fact(held) for key, held in value.items()}
        case list() | tuple():
            return [_fact(held) for held in value[:LONGEST_LIST]]
    raise ValueError(f"its details hold a {type(value).__name__}, which is no JSON")
