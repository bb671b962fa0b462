"""The timelines of Bluesky, as `timelines.Timeline`: what each is asked for, and how a page of it becomes entries.

The answers are read in the reader child (`connectors.bluesky.posts`). Called by `connectors.bluesky`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from connectors.base import Item, Misconfigured, TryLater
from connectors.bluesky import posts
from connectors.bluesky.account import Account
from connectors.timelines import Page
from connectors.transport import WaysOut

PAGE = 100
"""The most posts that the server gives at once."""
_HYDRATED = 25
"""The most posts that it gives by their addresses."""
_COLLECTIONS = {"feed": "app.bsky.feed.generator", "lists": "app.bsky.graph.list"}
_ON_THE_WEB = re.compile(r"https://bsky\.app/profile/(?P<actor>[^/]+)/(?P<sort>feed|lists)/(?P<key>[^/?#]+)/?")
_URI = re.compile(r"at://(?P<actor>[^/]+)/(?P<collection>app\.bsky\.[a-zA-Z.]+)/(?P<key>[^/?#]+)")


class Places:
    """What an account can read."""

    def __init__(self, account: Account, ways_out: WaysOut) -> None:
        self._account = account
        self._ways_out = ways_out

    def timeline(self) -> FeedPlace:
        return self._place("timeline", "app.bsky.feed.getTimeline", {})

    def author(self, handle: str) -> FeedPlace:
        return self._place(f"@{handle}", "app.bsky.feed.getAuthorFeed", {"actor": handle})

    def list_(self, name: str, uri: str) -> FeedPlace:
        topic = "" if _ON_THE_WEB.match(name) or _URI.match(name) else name
        return self._place(uri, "app.bsky.feed.getListFeed", {"list": uri}, topic)

    def feed(self, name: str, uri: str) -> FeedPlace:
        place = self._place(uri, "app.bsky.feed.getFeed", {"feed": uri})
        place.is_ranked = True  # it may be in any order, and the protocol does not say
        place.window = 3 * PAGE
        return place

    def mentions(self) -> Mentions:
        return Mentions(self._account, self._ways_out)

    def uris(self, feeds: Sequence[str], lists: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
        """The lasting addresses of feeds and lists, those that are known already without asking."""
        found = {name: known.get(name) or self._uri(name, "feeds") for name in feeds}
        return found | {name: known.get(name) or self._uri(name, "lists") for name in lists}

    def _place(self, name: str, method: str, parameters: dict[str, str], topic: str = "") -> FeedPlace:
        return FeedPlace(name, self._account, self._ways_out, method, parameters, topic)

    def _uri(self, name: str, option: str) -> str:
        match = _ON_THE_WEB.fullmatch(name.strip()) or _URI.fullmatch(name.strip())
        if match is None and option == "lists":
            return self._own_list(name)
        if match is None:
            raise Misconfigured(f"{name!r} is no feed: give its address on bsky.app, as it stands in feeds.")
        parts = match.groupdict()
        collection = parts.get("collection") or _COLLECTIONS[parts["sort"]]
        return f"at://{self._did(parts['actor'])}/{collection}/{parts['key']}"

    def _did(self, actor: str) -> str:
        if actor.startswith("did:"):
            return actor
        method = "com.atproto.identity.resolveHandle"
        did = str(self._account.ask_json(method, handle=actor).get("did", ""))
        if not did.startswith("did:"):
            raise _illegible(method)
        return did

    def _own_list(self, name: str) -> str:
        answer = self._account.ask_json("app.bsky.graph.getLists", actor=self._account.did, limit=100)
        there: dict[str, str] = {}
        with suppress(KeyError, TypeError):
            there = {str(found["name"]): str(found["uri"]) for found in answer["lists"]}
        for title, uri in there.items():
            if title.casefold() == name.strip().casefold():
                return uri
        named = ", ".join(sorted(there)) or "none"
        raise Misconfigured(f"You have no list {name!r} on Bluesky; there are: {named}. Correct lists.")


@dataclass
class FeedPlace:
    """A method that answers with posts and a cursor."""

    name: str
    account: Account
    ways_out: WaysOut
    method: str
    parameters: Mapping[str, str]
    topic: str = ""
    page_size: int = PAGE
    window: int = 80
    """Less than a page, so that a quiet poll asks for one."""
    is_ranked: bool = False

    def page(self, at: str | None, most: int) -> Page:
        body = _page(self.account, self.method, at, **self.parameters, limit=most)
        if body is None:
            return Page()
        page = self.ways_out.read(posts.read_feed, body, self.account.did, self.topic)
        if page is None:
            raise _illegible(self.method)
        return page

    def gone(self, external_ids: Sequence[str]) -> set[str]:
        return _gone(self.account, external_ids)

    def completed(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return tuple(items)


@dataclass
class Mentions:
    """The notifications about posts that name, answer or quote the user, with these posts as others see them."""

    account: Account
    ways_out: WaysOut
    name: str = "mentions"
    page_size: int = _HYDRATED
    window: int = 20
    is_ranked: bool = False

    def page(self, at: str | None, most: int) -> Page:
        method = "app.bsky.notification.listNotifications"
        body = _page(self.account, method, at, limit=most, reasons=("mention", "reply", "quote"))
        if body is None:
            return Page()
        try:
            told = json.loads(body)
            instants = {str(row["uri"]): str(row["indexedAt"]) for row in told["notifications"]}
        except (KeyError, TypeError, ValueError) as err:
            raise _illegible(method) from err
        following = told.get("cursor") or None
        if not instants:
            return Page(following=following)
        found = self.account.ask("app.bsky.feed.getPosts", uris=tuple(instants))
        entries = self.ways_out.read(posts.read_posts, found, self.account.did, instants)
        if entries is None:
            raise _illegible("app.bsky.feed.getPosts")
        return Page(entries=tuple(entries), following=following)

    def gone(self, external_ids: Sequence[str]) -> set[str]:
        return _gone(self.account, external_ids)

    def completed(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return tuple(items)


def _page(account: Account, method: str, at: str | None, **parameters: str | int | Sequence[str]) -> bytes | None:
    """The page at `at`, None where the server does not know that place any more, as after a long outage."""
    try:
        return account.ask(method, **parameters, cursor=at or "")
    except Misconfigured:
        if at is None:
            raise
        return None


def _illegible(method: str) -> TryLater:
    return TryLater(f"Bluesky answered {method} with something that cannot be read; it will be asked again later.")


def _gone(account: Account, uris: Sequence[str]) -> set[str]:
    method = "app.bsky.feed.getPosts"
    answer: Any = account.ask_json(method, uris=tuple(uris[:_HYDRATED]))
    try:
        there = {str(post["uri"]) for post in answer["posts"]}
    except (KeyError, TypeError) as err:
        raise _illegible(method) from err
    return set(uris[:_HYDRATED]) - there
