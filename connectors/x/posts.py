"""A post of X as an `Item`: t.co links resolved, quotes quoted, reposts credited, edits as versions of one item.

Pure: it knows pages as `connectors.x.api` gives them, and nothing of how they come. `connectors.x.reading` calls `item_of`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import TYPE_CHECKING, Any

from connectors.base import Item
from connectors.reading import dates, language
from connectors.x.place import instant_of, is_id

if TYPE_CHECKING:
    from connectors.x.api import Page

_SHORT_LINK = re.compile(r"https?://t\.co/\w+")
_COUNTS = {"like_count": "likes", "retweet_count": "boosts", "reply_count": "replies"}
_NO_WORDS = "(a picture or film, without words)"
"""A post must say something to be kept. What the picture shows would have to be paid for."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Me:
    """The user on X, as far as it is known. The handle is in lower case."""

    id: str = ""
    handle: str = ""


def item_of(post: Json, page: Page, topic: str, me: Me) -> Item:
    """The item that a post stands for. A repost is the original, credited; one whose original is gone is itself."""
    original = page.referenced.get(_reference(post, "retweeted"))
    if original is None:
        return _item(post, page, topic, me)
    item = _item(original, page, topic, me)
    return replace(item, details={**item.details, "boosted_by": _author(post, page)})


def shown_id(post: Json, page: Page) -> int:
    """The id of the post whose text the item has."""
    original = _reference(post, "retweeted")
    return int(original if original in page.referenced else post["id"])


def _item(post: Json, page: Page, topic: str, me: Me) -> Item:
    history = [each for each in _list(post.get("edit_history_tweet_ids")) if is_id(each)]
    first = history[0] if history else post["id"]
    text, links = _reading(post, page)
    written = dates.parse(str(post.get("created_at") or "")) or instant_of(int(post["id"]))
    return Item(
        external_id=first,
        kind="post",
        text=text,
        url=_permalink(post, page),
        authors=tuple(filter(None, [_author(post, page)])),
        topics=tuple(dict.fromkeys(filter(None, [topic, *_tags(post)]))),
        links=tuple(dict.fromkeys(links)),
        thread_id=str(post.get("conversation_id") or first),
        revision=f"v{len(history)}" if len(history) > 1 else "",
        published=instant_of(int(first)) if len(history) > 1 else written,
        updated=written,
        language=language.code(str(post.get("lang") or "")),
        private=page.users.get(str(post.get("author_id")), {}).get("protected") is True,
        to_me=_speaks_to(post, me),
        by_me=_is_by(post, page, me),
        details=_details(post, page),
    )


def _reading(post: Json, page: Page) -> tuple[str, list[str]]:
    """The text in plain words, and the addresses in it. What is quoted follows under its author's name."""
    quoted = page.referenced.get(_reference(post, "quoted"))
    quoted_link = f"/status/{quoted['id']}" if quoted else None
    shortened = {entity["url"]: entity for entity in _urls(post)}
    links: list[str] = []

    def shown(match: re.Match[str]) -> str:
        entity = shortened.get(match[0])
        if entity is None:
            return match[0]
        target = _target(entity)
        if _is_attachment(entity) or (quoted_link and target.partition("?")[0].endswith(quoted_link)):
            return ""
        links.append(target)
        return target

    text = _SHORT_LINK.sub(shown, unescape(_written(post))).strip()
    if not text and any(map(_is_attachment, shortened.values())):
        text = _NO_WORDS
    if quoted is not None:
        quotation, more = _reading(quoted, replace(page, referenced={}))  # one step deep: who is quoted may quote
        author = _author(quoted, page)
        text = f"{text}\n\n> {author + ': ' if author else ''}{quotation}".strip()
        links += [*more, _permalink(quoted, page)]
    return text, links


def _written(post: Json) -> str:
    """The whole text: that of a long post stands apart, what is in its usual place is cut off."""
    note = post.get("note_tweet")
    whole = note.get("text") if isinstance(note, Mapping) else None
    return whole if isinstance(whole, str) and whole else str(post.get("text") or "")


def _entities(post: Json, name: str) -> Iterator[dict[str, Any]]:
    for holder in (post, post.get("note_tweet")):
        entities = holder.get("entities") if isinstance(holder, Mapping) else None
        if isinstance(entities, Mapping):
            yield from (entity for entity in _list(entities.get(name)) if isinstance(entity, dict))


def _urls(post: Json) -> Iterator[dict[str, Any]]:
    return (entity for entity in _entities(post, "urls") if isinstance(entity.get("url"), str) and _target(entity))


def _target(entity: Json) -> str:
    found = entity.get("unwound_url") or entity.get("expanded_url") or ""
    return found if isinstance(found, str) and found.startswith(("http://", "https://")) else ""


def _is_attachment(entity: Json) -> bool:
    """Whether it is the link of a picture or film that the post shows itself."""
    return "media_key" in entity or str(entity.get("display_url", "")).startswith(("pic.x.com/", "pic.twitter.com/"))


def _tags(post: Json) -> Iterator[str]:
    return (tag["tag"] for tag in _entities(post, "hashtags") if isinstance(tag.get("tag"), str))


def _reference(post: Json, kind: str) -> str:
    """The id of the post that this one reposts, quotes or answers; empty where it does not."""
    for reference in _list(post.get("referenced_tweets")):
        if isinstance(reference, Mapping) and reference.get("type") == kind:
            return str(reference.get("id", ""))
    return ""


def _author(post: Json, page: Page) -> str:
    user = page.users.get(str(post.get("author_id")))
    if user is None or not isinstance(user.get("username"), str):
        return ""
    name = str(user.get("name") or "").strip()
    return f"{name} (@{user['username']})" if name else f"@{user['username']}"


def _permalink(post: Json, page: Page) -> str:
    user = page.users.get(str(post.get("author_id")), {})
    return f"https://x.com/{user.get('username') or 'i'}/status/{post['id']}"


def _details(post: Json, page: Page) -> dict[str, Any]:
    metrics = post.get("public_metrics")
    counted = metrics if isinstance(metrics, Mapping) else {}
    details: dict[str, Any] = {name: counted[key] for key, name in _COUNTS.items() if isinstance(counted.get(key), int)}
    if answered := _reference(post, "replied_to"):
        details["in_reply_to"] = answered
    if quoted := page.referenced.get(_reference(post, "quoted")):
        details["quotes"] = _permalink(quoted, page)
    return details


def _speaks_to(post: Json, me: Me) -> bool:
    if me.id and post.get("in_reply_to_user_id") == me.id:
        return True
    mentions = list(_entities(post, "mentions"))
    by_id = bool(me.id) and any(mention.get("id") == me.id for mention in mentions)
    return by_id or (bool(me.handle) and any(str(mention.get("username")).lower() == me.handle for mention in mentions))


def _is_by(post: Json, page: Page, me: Me) -> bool:
    author = str(post.get("author_id"))
    if me.id:
        return author == me.id
    return bool(me.handle) and str(page.users.get(author, {}).get("username", "")).lower() == me.handle


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
