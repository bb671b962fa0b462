"""JSON Feed (versions 1 and 1.1, jsonfeed.org) to `Feed`. Knows nothing of HTML; `connectors.reading.documents` calls `parse`.

Publishers get types wrong (numbers for ids, a string for a list), so each field is read for what it can be.
"""

from __future__ import annotations

import json
from typing import Any

from connectors.reading import dates
from connectors.reading.entry import Entry, Feed


def parse(text: str) -> Feed | None:
    """The feed that `text` is, or `None` if it is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return None
    return Feed(
        kind="json",
        title=_text(document.get("title")),
        home=_text(document.get("home_page_url")),
        language=_text(document.get("language")),
        authors=_authors(document),
        entries=tuple(_entry(item) for item in document["items"] if isinstance(item, dict)),
    )


def _entry(item: dict[str, Any]) -> Entry:
    html = _text(item.get("content_html"))
    external = _text(item.get("external_url"))
    attachments = (_text(attachment.get("url")) for attachment in _objects(item.get("attachments")))
    return Entry(
        id=_text(item.get("id")),
        link=_text(item.get("url")) or external,
        title=_text(item.get("title")),
        content=html or _text(item.get("content_text")),
        content_is_html=bool(html),
        summary=_text(item.get("summary")),
        summary_is_html=False,
        authors=_authors(item),
        topics=tuple(_text(tag) for tag in _list(item.get("tags"))),
        other_links=tuple(link for link in (external, *attachments) if link),
        language=_text(item.get("language")),
        published=dates.parse(_text(item.get("date_published"))),
        updated=dates.parse(_text(item.get("date_modified"))),
    )


def _authors(element: dict[str, Any]) -> tuple[str, ...]:
    """Version 1 has an object `author`, version 1.1 a list `authors`, and many feeds have both."""
    people = (*_objects([element.get("author")]), *_objects(element.get("authors")))
    return tuple(_text(person.get("name")) for person in people)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [member for member in _list(value) if isinstance(member, dict)]
