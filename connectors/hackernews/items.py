"""Hits of the search to items: stories, which lead to their page and to their discussion, and comments. No network here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from connectors.base import Item
from connectors.hackernews.search import Hit, created
from connectors.reading.links import absolute
from connectors.reading.markup import clean, line, read, title_of

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


def text_of(written: Any) -> str:
    """What a user wrote, as one reads it."""
    return read(_html(written)).text


def _story(hit: Hit, comments: Sequence[dict[str, str]]) -> Item:
    identity = str(hit["objectID"])
    discussion = address(identity)
    html = _html(hit.get("story_text") or hit.get("text"))
    reading = read(html)
    page = absolute("", str(hit.get("url") or ""))
    details: dict[str, Any] = {"score": points(hit), "comments": count_of_comments(hit), "discussion": discussion}
    if comments:
        details["top_comments"] = list(comments)
    return Item(
        external_id=identity,
        kind="post",
        title=title_of(str(hit.get("title") or "")),
        text=reading.text,
        html=html,
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
    html = _html(hit.get("comment_text"))
    reading = read(html)
    page = absolute("", str(hit.get("story_url") or ""))
    details = {"story": title_of(str(hit.get("story_title") or "")), "discussion": address(story) if story else ""}
    return Item(
        external_id=identity,
        kind="post",
        text=reading.text,
        html=html,
        url=address(identity),
        authors=_author(hit),
        topics=("Comments",),
        links=tuple(dict.fromkeys(filter(None, (page, details["discussion"], *reading.links)))),
        thread_id=story,
        published=datetime.fromtimestamp(created(hit), UTC),
        details={name: value for name, value in details.items() if value},
    )


def _html(written: Any) -> str:
    """What a user wrote, made harmless; links that the site shows cut off stand in full."""
    return clean(_SHORTENED.sub(lambda match: match[1] + match[2], written)) if isinstance(written, str) else ""


def _author(hit: Hit) -> tuple[str, ...]:
    return tuple(filter(None, [line(str(hit.get("author") or ""))]))


def _tags(hit: Hit) -> frozenset[str]:
    tags = hit.get("_tags")
    return frozenset(map(str, tags)) if isinstance(tags, list) else frozenset()


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
