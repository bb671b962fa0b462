"""Hits of the search to items: stories, which lead to their page and to their discussion, and comments. No network here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from html import unescape
from typing import Any

from connectors.base import Item
from connectors.hackernews.search import Hit, created
from connectors.reading.links import absolute
from connectors.reading.markup import Reading, clean, line, plain, read

_SHORTENED = re.compile(r'(<a\b[^>]{0,2000}?\bhref="([^"]{1,2000})"[^>]{0,200}>)[^<]{0,500}\.\.\.(?=</a>)')
_TOPICS = {"ask_hn": "Ask HN", "show_hn": "Show HN", "launch_hn": "Launch HN", "job": "Jobs", "poll": "Polls"}


def address(identity: str) -> str:
    """The page of a story or comment on the site."""
    return f"https://news.ycombinator.com/item?id={identity}"


def is_comment(hit: Hit) -> bool:
    return "comment" in _tags(hit)


def is_readable(hit: Hit) -> bool:
    """Whether it says anything: a comment that was taken back has no text."""
    return bool(hit.get("comment_text") if is_comment(hit) else hit.get("title"))


def item_of(hit: Hit, comments: Sequence[dict[str, str]] = ()) -> Item:
    """A story with these of its comments, or a comment."""
    return _comment(hit) if is_comment(hit) else _story(hit, comments)


def points(hit: Hit) -> int:
    return _number(hit.get("points"))


def count_of_comments(hit: Hit) -> int:
    return _number(hit.get("num_comments"))


def says(hit: Hit) -> str:
    """Stands for what it says."""
    fields = ("title", "url", "story_text", "text", "comment_text")
    said = "\n".join(str(hit.get(name) or "") for name in fields)
    return blake2b(said.encode(errors="replace"), digest_size=4).hexdigest()


def text_of(written: Any) -> Reading:
    """The text and links of what users write; links that the site shows cut off stand in full."""
    return read(clean(_whole_links(written) if isinstance(written, str) else ""))


def _story(hit: Hit, comments: Sequence[dict[str, str]]) -> Item:
    identity = str(hit["objectID"])
    discussion = address(identity)
    written = hit.get("story_text") or hit.get("text") or ""
    reading = text_of(written)
    page = absolute("", str(hit.get("url") or ""))
    details: dict[str, Any] = {"score": points(hit), "comments": count_of_comments(hit), "discussion": discussion}
    if comments:
        details["top_comments"] = list(comments)
    return Item(
        external_id=identity,
        kind="post",
        title=_title(hit.get("title")),
        text=reading.text,
        html=clean(_whole_links(str(written))),
        url=page or discussion,
        authors=_author(hit),
        topics=tuple(topic for tag, topic in _TOPICS.items() if tag in _tags(hit)),
        links=tuple(dict.fromkeys(filter(None, (page, discussion, *reading.links)))),
        thread_id=identity,
        published=datetime.fromtimestamp(created(hit), UTC),
        details=details,
    )


def _comment(hit: Hit) -> Item:
    identity = str(hit["objectID"])
    story = str(hit.get("story_id") or "")
    reading = text_of(hit.get("comment_text"))
    page = absolute("", str(hit.get("story_url") or ""))
    details = {"story": _title(hit.get("story_title")), "discussion": address(story) if story else ""}
    return Item(
        external_id=identity,
        kind="post",
        text=reading.text,
        html=clean(_whole_links(str(hit.get("comment_text") or ""))),
        url=address(identity),
        authors=_author(hit),
        topics=("Comments",),
        links=tuple(dict.fromkeys(filter(None, (page, details["discussion"], *reading.links)))),
        thread_id=story,
        published=datetime.fromtimestamp(created(hit), UTC),
        details={name: value for name, value in details.items() if value},
    )


def _whole_links(html: str) -> str:
    return _SHORTENED.sub(lambda match: match[1] + match[2], html)


def _title(title: Any) -> str:
    written = str(title or "")
    return line(plain(written) if "<" in written else unescape(written))


def _author(hit: Hit) -> tuple[str, ...]:
    return tuple(filter(None, [line(str(hit.get("author") or ""))]))


def _tags(hit: Hit) -> frozenset[str]:
    tags = hit.get("_tags")
    return frozenset(map(str, tags)) if isinstance(tags, list) else frozenset()


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
