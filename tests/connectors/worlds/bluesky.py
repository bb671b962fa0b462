"""A Bluesky with one user and those they follow: logins that expire and the part of XRPC that a reader needs, with the
shapes and the opaque cursors of the real one. Posts are made with `write`, or by `publish`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from pydantic import SecretStr

from connectors.bluesky import Bluesky, BlueskyOptions
from connectors.transport import WaysOut
from tests.connectors.worlds.web import WebWorld, as_json
from tests.servers import Request, Response

PASSWORD = "abcd-efgh-ijkl-mnop"
CID = "bafyreifzi5xyrf3c5jw7cci4zrltyl25ik2dboznop4qo4cotcfbyjtita"
ME, ADA, BEN = "did:plc:me", "did:plc:ada", "did:plc:ben"
PROFILES: Mapping[str, dict[str, Any]] = {
    ME: {"did": ME, "handle": "me.bsky.social"},
    ADA: {"did": ADA, "handle": "ada.bsky.social", "displayName": "Ada Lovelace"},
    BEN: {"did": BEN, "handle": "ben.example", "displayName": "Ben"},
}
TIMELINE = "app.bsky.feed.getTimeline"
MENTIONS = "app.bsky.notification.listNotifications"


@dataclass
class _Row:
    """A place in a feed: a post, or a repost of one."""

    at: datetime
    uri: str
    view: dict[str, Any]


@dataclass
class _Feed:
    rows: list[_Row] = field(default_factory=list)
    last: Response | None = None


class BlueskyWorld(WebWorld):
    connector_class = Bluesky
    hosts = ("bsky.social", "pds.example")
    page_size = 100
    edits = False  # Bluesky shows the first version of a post for good

    def __init__(self, reader: WaysOut) -> None:
        super().__init__(reader)
        self.posts: dict[str, dict[str, Any]] = {}
        self.feeds: dict[str, _Feed] = {TIMELINE: _Feed(), MENTIONS: _Feed()}
        """By method, and for those with a parameter by "method parameter"."""
        self.lists: list[dict[str, Any]] = []
        self.logins = 0
        self.refreshes = 0
        self._access, self._refresh = "", ""
        self._written = 0

    def options(self, **changes: Any) -> BlueskyOptions:
        given = {"handle": "me.bsky.social", "password": SecretStr(PASSWORD), "mentions": False}
        return BlueskyOptions(**{**given, **changes})

    def expire(self, *, refresh: bool = False) -> None:
        """Let the login lapse, and with `refresh` also what it could be renewed by."""
        self._access = "expired"
        self._refresh = "expired" if refresh else self._refresh

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        return [self.write(f"Skeet number {self._written + 1}", at=at) for at in self.timeline.take(count, at)]

    def write(
        self,
        text: str,
        *,
        at: datetime | None = None,
        by: str = ADA,
        into: str = TIMELINE,
        embed: dict[str, Any] | None = None,
        row: Mapping[str, Any] | None = None,
        labels: tuple[str, ...] = (),
        **record: Any,
    ) -> str:
        """A post in a feed. `record` is what its record has besides, `embed` what the view shows below it."""
        at = at or self.timeline.take()[0]
        self._written += 1
        uri = f"at://{by}/app.bsky.feed.post/3k{self._written:011}"
        self.posts[uri] = {
            "uri": uri,
            "cid": CID,
            "author": PROFILES[by],
            "record": {
                "$type": "app.bsky.feed.post",
                "text": text,
                "createdAt": _spoken(at),
                "langs": ["en"],
                **record,
            },
            "indexedAt": _spoken(at),
            "likeCount": 0,
            "repostCount": 0,
            "replyCount": 0,
            "labels": [{"src": by, "uri": uri, "val": label, "cts": _spoken(at)} for label in labels],
            **({"embed": embed} if embed else {}),
        }
        self.list_in(into, uri, at, **(row or {}))
        return uri

    def list_in(self, feed: str, uri: str, at: datetime, **row: Any) -> None:
        post = self.posts[uri]
        if feed == MENTIONS:
            view = {
                "reason": "mention",
                "isRead": False,
                **{key: post[key] for key in ("uri", "cid", "author", "record")},
            }
            view |= {"indexedAt": _spoken(at)}
        else:
            view = {"post": post, **row}
        self.feeds.setdefault(feed, _Feed()).rows.append(_Row(at, uri, view))

    def repost(self, uri: str, *, by: str = BEN) -> None:
        (at,) = self.timeline.take()
        reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": PROFILES[by], "indexedAt": _spoken(at)}
        self.list_in(TIMELINE, uri, at, reason=reason)

    def edit(self, external_id: str) -> None:
        raise NotImplementedError

    def delete(self, external_id: str) -> None:
        del self.posts[external_id]
        for feed in self.feeds.values():
            feed.rows = [row for row in feed.rows if row.uri != external_id]

    def is_for_items(self, request: Request) -> bool:
        return self._feed(request) is not None

    def answer(self, request: Request) -> Response:
        method = request.path.removeprefix("/xrpc/")
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if method == "com.atproto.server.createSession":
            return self._log_in(json.loads(request.body))
        if method == "com.atproto.server.refreshSession":
            if token != self._refresh:
                return as_json({"error": "ExpiredToken", "message": "Token has been revoked"}, 400)
            self.refreshes += 1
            return self._session()
        if token != self._access:
            return as_json({"error": "ExpiredToken", "message": "Token has expired"}, 400)
        if feed := self._feed(request):
            return self._page(method, feed, request)
        match method:
            case "app.bsky.feed.getPosts":
                wanted = parse_qs(request.asked)["uris"]
                return as_json({"posts": [self.posts[uri] for uri in wanted if uri in self.posts]})
            case "app.bsky.graph.getLists":
                return as_json({"lists": self.lists})
            case "com.atproto.identity.resolveHandle":
                dids = {profile["handle"]: did for did, profile in PROFILES.items()}
                if did := dids.get(request.query["handle"]):
                    return as_json({"did": did})
        return as_json({"error": "InvalidRequest", "message": "Could not be found"}, 400)

    def _log_in(self, given: Mapping[str, str]) -> Response:
        if given != {"identifier": "me.bsky.social", "password": PASSWORD}:
            return as_json({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
        self.logins += 1
        return self._session()

    def _session(self) -> Response:
        number = self.logins + self.refreshes
        self._access, self._refresh = f"access-{number}", f"refresh-{number}"
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://pds.example"}
        tokens = {"accessJwt": self._access, "refreshJwt": self._refresh}
        return as_json({**tokens, "did": ME, "handle": "me.bsky.social", "didDoc": {"id": ME, "service": [service]}})

    def _feed(self, request: Request) -> _Feed | None:
        method = request.path.removeprefix("/xrpc/")
        of = next((request.query[name] for name in ("actor", "list", "feed") if name in request.query), "")
        return self.feeds.get(f"{method} {of}".strip())

    def _page(self, method: str, feed: _Feed, request: Request) -> Response:
        if self.befalls("duplicate_page") and feed.last:
            return feed.last
        rows = sorted(feed.rows, key=_place, reverse=True)
        start = next((i for i, row in enumerate(rows) if _place(row) < request.query.get("cursor", "~")), len(rows))
        page = rows[start : start + int(request.query.get("limit", 50))]
        is_empty = self.befalls("empty_page")
        if is_empty:
            page = []
        name = "notifications" if method == MENTIONS else "feed"
        found: dict[str, Any] = {name: [row.view for row in page]}
        if page and start + len(page) < len(rows):
            found["cursor"] = _place(page[-1])
        elif is_empty:
            found["cursor"] = request.query.get("cursor", "~")
        feed.last = as_json(found)
        return feed.last


def _place(row: _Row) -> str:
    return f"{_spoken(row.at)}::{row.uri}"


def _spoken(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
