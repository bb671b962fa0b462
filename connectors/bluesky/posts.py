"""Posts of Bluesky as entries of a timeline, read by atproto's models. Runs in the reader child, which alone imports them.

Every function takes the body of an answer and returns None where that is no answer of its kind. A post that the
models refuse costs a notice, not its page. A repost is the post, with who reposted it; facets give the text its links.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from connectors.base import Item
from connectors.bluesky.richtext import Reading, read_text
from connectors.reading import dates, language
from connectors.reading.markup import line, tidy
from connectors.timelines import Entry, Page

_UNREADABLE = (ValueError, TypeError, AttributeError, KeyError)
_MEDIA = {"app.bsky.embed.images#view": "images", "app.bsky.embed.gallery#view": "items"}


def read_feed(body: bytes, me: str, topic: str) -> Page | None:
    """A page of a feed: `{"feed": [...], "cursor": "..."}`."""
    from atproto_client import exceptions, models  # type: ignore[import-untyped]  # weight: 40 MB and half a second

    answer = _parsed(body)
    if answer is None or not isinstance(answer.get("feed"), list):
        return None
    entries: list[Entry] = []
    for row in answer["feed"]:
        try:
            found: Any = models.get_or_create(row, models.AppBskyFeedDefs.FeedViewPost)
            entries.append(_entry(found, me, topic))
        except (exceptions.ModelError, *_UNREADABLE):
            continue
    unread = len(answer["feed"]) - len(entries)
    if unread and not entries:
        return None
    notices = (f"{unread} of {len(answer['feed'])} posts cannot be read and were left out.",) if unread else ()
    return Page(entries=tuple(entries), following=answer.get("cursor") or None, notices=notices)


def read_posts(body: bytes, me: str, instants: Mapping[str, str]) -> list[Entry] | None:
    """Posts by their addresses, `{"posts": [...]}`, in the order of `instants`, which says when each came in. Those of
    people whom the user has muted are left out."""
    from atproto_client import exceptions, models  # weight, as above

    answer = _parsed(body)
    if answer is None or not isinstance(answer.get("posts"), list):
        return None
    found: dict[str, Item] = {}
    for row in answer["posts"]:
        try:
            post: Any = models.get_or_create(row, models.AppBskyFeedDefs.PostView)
            if not getattr(post.author.viewer, "muted", False):
                found[post.uri] = item_of(post, me)
        except (exceptions.ModelError, *_UNREADABLE):
            continue
    return [
        _placed(uri, dates.parse(instant) or found[uri].published, found[uri])
        for uri, instant in instants.items()
        if uri in found
    ]


def item_of(post: Any, me: str, topic: str = "", boosted_by: str = "", answered: str = "") -> Item:
    """A `PostView` as an item. `answered` is the did of whom it answers, where the page says it."""
    record = post.record
    reading = read_text(record)
    told, links, details = _embedded(post.embed)
    warning = ", ".join(_warnings(post.labels, getattr(record, "labels", None)))
    reply = getattr(record, "reply", None)
    parent = reply.parent.uri if reply else ""
    quoted = details.get("quotes", "")
    indexed = dates.parse(post.indexed_at)
    created = dates.parse(str(record.created_at)) or indexed
    published = min(created, indexed) if created and indexed else created or indexed
    counts = {"likes": post.like_count, "boosts": post.repost_count, "replies": post.reply_count}
    facts = {"warning": warning, "boosted_by": boosted_by, "in_reply_to": parent, **counts, **details}
    return Item(
        external_id=post.uri,
        kind="post",
        title=f"CW: {warning}" if warning else "",
        text="\n\n".join(filter(None, (tidy(reading.text), *told))) or "(no text)",
        url=_address(post.uri, post.author),
        authors=(name_of(post.author),),
        topics=tuple(dict.fromkeys(filter(None, (topic, *reading.tags)))),
        links=tuple(
            dict.fromkeys(link for link in (*reading.links, *links) if link.startswith(("http://", "https://")))
        ),
        thread_id=reply.root.uri if reply else post.uri,
        published=published,
        language=language.code(str(next(iter(getattr(record, "langs", None) or ()), ""))),
        to_me=me in (*reading.mentions, answered, _did(parent), _did(quoted)),
        by_me=post.author.did == me,
        details={name: value for name, value in facts.items() if value},
    )


def name_of(author: Any) -> str:
    """An account as a reader knows it: "Ada Lovelace (@ada.bsky.social)"."""
    handle = author.did if author.handle == "handle.invalid" else f"@{author.handle}"
    name = line(author.display_name or "")
    return f"{name} ({handle})" if name else handle


def _entry(row: Any, me: str, topic: str) -> Entry:
    is_repost = getattr(row.reason, "py_type", "") == "app.bsky.feed.defs#reasonRepost"
    parent = getattr(row.reply, "parent", None)
    answered = getattr(getattr(parent, "author", None), "did", "") or ""
    boosted_by = name_of(row.reason.by) if is_repost else ""
    item = item_of(row.post, me, topic, boosted_by, answered)
    at = dates.parse(row.reason.indexed_at) if is_repost else item.published
    return _placed(f"{row.post.uri} {row.reason.by.did}" if is_repost else row.post.uri, at, item)


def _placed(place: str, at: datetime | None, item: Item) -> Entry:
    if at is None:
        raise ValueError("a post without a date")
    return Entry(
        key=blake2b(place.encode(), digest_size=8).hexdigest(),
        order=at.isoformat(timespec="microseconds"),
        at=at,
        external_id=item.external_id,
        item=item,
    )


def _embedded(embed: Any) -> tuple[list[str], list[str], dict[str, Any]]:
    """What a post shows below its text: in words, its links, and its facts."""
    kind = getattr(embed, "py_type", "")
    if kind == "app.bsky.embed.recordWithMedia#view":
        media, quote = _embedded(embed.media), _embedded(embed.record)
        return [*media[0], *quote[0]], [*media[1], *quote[1]], {**media[2], **quote[2]}
    if kind in _MEDIA:
        shown = [_described("Image", getattr(image, "alt", "")) for image in getattr(embed, _MEDIA[kind])]
        return ["\n".join(shown)], [], {}
    if kind == "app.bsky.embed.video#view":
        return [_described("Video", embed.alt)], [], {}
    if kind == "app.bsky.embed.external#view":
        title = line(embed.external.title)
        return [], [embed.external.uri], {"card": title}
    quoted: Any = getattr(embed, "record", None)
    if kind == "app.bsky.embed.record#view" and getattr(quoted, "py_type", "") == "app.bsky.embed.record#viewRecord":
        reading: Reading = read_text(quoted.value)
        said = f"Quoting {name_of(quoted.author)}: {tidy(reading.text)}"
        return [said], [_address(quoted.uri, quoted.author), *reading.links], {"quotes": quoted.uri}
    return [], [], {}


def _described(name: str, description: str | None) -> str:
    shown = line(description or "")
    return f"[{name}: {shown}]" if shown else f"[{name} without a description]"


def _warnings(labels: Any, own: Any) -> list[str]:
    """What the author or a moderator warns of. Labels with ! speak to programs, not of the content."""
    given = [label for label in labels or () if not label.neg] + list(getattr(own, "values", None) or ())
    return list(dict.fromkeys(line(label.val) for label in given if not label.val.startswith("!")))


def _address(uri: str, author: Any) -> str:
    name = author.did if author.handle == "handle.invalid" else author.handle
    return f"https://bsky.app/profile/{name}/post/{uri.rpartition('/')[2]}"


def _did(uri: str) -> str:
    return uri.removeprefix("at://").partition("/")[0]


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
