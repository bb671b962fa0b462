"""A Mastodon server with one user and those they follow: it speaks the part of the API that a reader needs, with the
shapes, the paging by `max_id` and the snowflake ids of the real one. Posts are made with `write`, or by `publish`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from connectors.mastodon import Mastodon, MastodonOptions
from tests.connectors.worlds.web import WebWorld, as_json
from tests.servers import Request, Response

HOST = "mastodon.example"
TOKEN = "a-token-that-nobody-may-see"
ME = "1"


def account(identity: str, name: str, acct: str) -> dict[str, Any]:
    return {
        "id": identity,
        "username": acct.partition("@")[0],
        "acct": acct,
        "display_name": name,
        "url": f"https://{HOST}/@{acct}",
        "uri": f"https://{HOST}/ap/users/{identity}",
        "emojis": [],
        "bot": False,
    }


ADA = account("2", "Ada Lovelace", "ada")
BEN = account("3", "Ben", "ben@elsewhere.example")
MYSELF = account(ME, "", "me")


@dataclass
class _Feed:
    """What a path lists, by id; each id is a post, or a boost or notification of one."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    last: list[dict[str, Any]] = field(default_factory=list)


class MastodonWorld(WebWorld):
    connector_class = Mastodon
    hosts = (HOST,)
    page_size = 40

    def __init__(self) -> None:
        super().__init__()
        self.statuses: dict[str, dict[str, Any]] = {}
        self.feeds: dict[str, _Feed] = {"/api/v1/timelines/home": _Feed(), "/api/v1/notifications": _Feed()}
        self.lists: list[dict[str, Any]] = []
        self._written = 0

    def options(self, **changes: Any) -> MastodonOptions:
        return MastodonOptions(**{"server": HOST, "token": SecretStr(TOKEN), "mentions": False, **changes})

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        return [self.write(f"<p>Toot number {self._written + 1}</p>", at=at) for at in self.timeline.take(count, at)]

    def write(
        self,
        content: str,
        *,
        at: datetime | None = None,
        by: dict[str, Any] = ADA,
        into: Sequence[str] = ("/api/v1/timelines/home",),
        **changes: Any,
    ) -> str:
        """A post in the timelines of these paths. `changes` replace fields of the status."""
        at = at or self.timeline.take()[0]
        self._written += 1
        identity = self._identity(at)
        self.statuses[identity] = {
            "id": identity,
            "created_at": _spoken(at),
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": "en",
            "uri": f"https://{HOST}/ap/users/{by['id']}/statuses/{identity}",
            "url": f"https://{HOST}/@{by['acct']}/{identity}",
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": 0,
            "edited_at": None,
            "content": content,
            "reblog": None,
            "account": by,
            "media_attachments": [],
            "mentions": [],
            "tags": [],
            "emojis": [],
            "card": None,
            "poll": None,
            "quote": None,
            "filtered": [],
            **changes,
        }
        for path in into:
            self.feeds.setdefault(path, _Feed()).rows[identity] = self.statuses[identity]
        return identity

    def boost(self, identity: str, *, by: dict[str, Any] = BEN) -> str:
        """Returns the id that the boost has in the home timeline."""
        (at,) = self.timeline.take()
        self._written += 1
        key = self._identity(at)
        wrapper = {**self.statuses[identity], "id": key, "created_at": _spoken(at), "account": by, "content": ""}
        self.feeds["/api/v1/timelines/home"].rows[key] = wrapper | {"reblog": self.statuses[identity]}
        return key

    def notify(self, identity: str) -> None:
        """A mention of the user."""
        status = self.statuses[identity]
        rows = self.feeds["/api/v1/notifications"].rows
        key = str(len(rows) + 1)
        about = {"type": "mention", "created_at": status["created_at"], "account": status["account"], "status": status}
        rows[key] = {"id": key, **about}

    def edit(self, external_id: str) -> None:
        (at,) = self.timeline.take()
        status = self.statuses[external_id]
        status["content"] += "<p>Corrected.</p>"
        status["edited_at"] = _spoken(at)

    def delete(self, external_id: str) -> None:
        del self.statuses[external_id]
        for feed in self.feeds.values():
            feed.rows = {key: row for key, row in feed.rows.items() if external_id not in _named(row)}

    def is_for_items(self, request: Request) -> bool:
        return request.path in self.feeds

    def answer(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return as_json({"error": "The access token is invalid"}, status=401)
        if request.path in self.feeds:
            return as_json(self._page(self.feeds[request.path], request))
        found: Any = None
        match request.path.removeprefix("/api/v1/").split("/"):
            case ["accounts", "verify_credentials"]:
                found = MYSELF
            case ["accounts", "lookup"]:
                found = next((known for known in (ADA, BEN) if known["acct"] == request.query["acct"]), None)
            case ["lists"]:
                found = self.lists
            case ["statuses", identity]:
                found = self.statuses.get(identity)
            case ["statuses", identity, "context"] if identity in self.statuses:
                found = {"ancestors": self._ancestors(identity), "descendants": []}
        return as_json({"error": "Record not found"}, status=404) if found is None else as_json(found)

    def _page(self, feed: _Feed, request: Request) -> list[dict[str, Any]]:
        if self.befalls("duplicate_page") and feed.last:
            return feed.last
        below = int(request.query.get("max_id", 2**100))
        keys = sorted((key for key in map(int, feed.rows) if key < below), reverse=True)
        if self.befalls("empty_page"):
            keys = []
        feed.last = [feed.rows[str(key)] for key in keys[: min(int(request.query.get("limit", 20)), 40)]]
        return feed.last

    def _ancestors(self, identity: str) -> list[dict[str, Any]]:
        above: list[dict[str, Any]] = []
        while parent := self.statuses.get(self.statuses[identity]["in_reply_to_id"]):
            above.insert(0, parent)
            identity = parent["id"]
        return above

    def _identity(self, at: datetime) -> str:
        return str((int(at.timestamp() * 1000) << 16) + self._written % 65_536)


def _named(row: dict[str, Any]) -> set[str]:
    """The ids of the posts that a row is about."""
    inner = row.get("reblog") or row.get("status") or {}
    return {row["id"], inner.get("id", "")}


def _spoken(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
