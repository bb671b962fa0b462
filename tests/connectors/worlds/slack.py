"""A Slack workspace with one user and those they talk with: it speaks the methods of the Web API that a reader needs,
with the shapes, the cursors and the errors of the real one. Messages are written with `say`, or by `publish`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from pydantic import SecretStr

from connectors.slack import Slack, SlackOptions
from tests.connectors.worlds.web import WebWorld, as_json
from tests.servers import Request, Response

TOKEN = "xoxp-nobody-may-see-this"
APP_TOKEN = "xapp-nobody-may-see-this-either"
ME, ADA, BEN = "U0ME", "U0ADA", "U0BEN"
GENERAL = "C0GENERAL"
URL = "https://tidewatch.slack.com/"
_ITEMS = ("conversations.history", "conversations.replies")

Row = dict[str, Any]


def user(identity: str, handle: str, name: str) -> Row:
    return {"id": identity, "name": handle, "real_name": name, "profile": {"real_name": name, "display_name": handle}}


@dataclass
class Room:
    """A conversation, and what was said in it, by ts. Answers in threads stand apart from what the room shows."""

    about: Row
    kind: str = "public_channel"
    messages: dict[str, Row] = field(default_factory=dict)
    answers: dict[str, dict[str, Row]] = field(default_factory=dict)
    last: Row = field(default_factory=dict)


class SlackWorld(WebWorld):
    connector_class = Slack
    hosts = ("slack.com",)
    page_size = 100

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.identity: Row = {"team_id": "T0TIDE", "team": "Tidewatch", "user_id": ME, "user": "me", "url": URL}
        people = (user(ME, "me", "Maria Engel"), user(ADA, "ada", "Ada Lovelace"), user(BEN, "ben", "Ben Okri"))
        self.users: dict[str, Row] = {one["id"]: one for one in people}
        self.rooms: dict[str, Room] = {GENERAL: Room({"id": GENERAL, "name": "general", "is_member": True})}
        self.lacking: dict[str, str] = {}
        """Methods, or methods with a kind of conversation after a blank, that want a scope the token does not have."""
        self.errors: dict[str, str] = {}
        """Errors by method and conversation."""
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.websocket = ""
        self.empty_threads = 0
        """So many times a thread is answered with nothing at all."""
        self._written = 0

    def options(self, **changes: Any) -> SlackOptions:
        return SlackOptions(**{"token": SecretStr(self.token), **changes})

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        return [self.say(f"Message number {self._written + 1}", at=at) for at in self.timeline.take(count, at)]

    def room(self, identity: str, kind: str = "public_channel", **about: Any) -> Room:
        """A further conversation: `name` for a channel, `user` for a direct message."""
        self.rooms[identity] = Room({"id": identity, **about}, kind)
        return self.rooms[identity]

    def say(
        self,
        text: str,
        *,
        at: datetime | None = None,
        by: str = ADA,
        into: str = GENERAL,
        thread: str = "",
        **changes: Any,
    ) -> str:
        """The external id of a message, or of an answer in the thread of the message `thread`. `changes` replace fields."""
        at = at or self.timeline.take()[0]
        self._written += 1
        ts = f"{int(at.timestamp())}.{self._written % 1_000_000:06d}"
        row: Row = {"type": "message", "user": by, "text": text, "ts": ts, **changes}
        room = self.rooms[into]
        if not thread:
            room.messages[ts] = row
            return f"{into}/{ts}"
        parent = thread.partition("/")[2]
        room.answers.setdefault(parent, {})[ts] = row | {"thread_ts": parent}
        self._count_answers(room, parent)
        return f"{into}/{ts}"

    def edit(self, external_id: str) -> None:
        row = self._row(external_id)
        row["text"] += " (corrected)"
        row["edited"] = {"user": row["user"], "ts": f"{int(self.timeline.take()[0].timestamp())}.000000"}

    def delete(self, external_id: str) -> None:
        identity, _, ts = external_id.partition("/")
        room = self.rooms[identity]
        if ts in room.messages and ts in room.answers:
            room.messages[ts] |= {"subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted."}
            return
        room.messages.pop(ts, None)
        for parent, answers in room.answers.items():
            if answers.pop(ts, None):
                self._count_answers(room, parent)

    def is_for_items(self, request: Request) -> bool:
        return request.path.removeprefix("/api/") in _ITEMS

    def answer(self, request: Request) -> Response:
        method = request.path.removeprefix("/api/")
        given = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
        self.asked.append((method, given))
        right = APP_TOKEN if method == "apps.connections.open" else self.token
        if request.headers.get("Authorization") != f"Bearer {right}":
            return said(ok=False, error="invalid_auth")
        for scope in (method, f"{method} {given.get('types') or self._kind(given)}"):
            if scope in self.lacking:
                return said(ok=False, error="missing_scope", needed=self.lacking[scope], provided="users:read")
        if error := self.errors.get(f"{method} {given.get('channel', '')}"):
            return said(ok=False, error=error)
        match method:
            case "auth.test":
                return said(**self.identity)
            case "users.list":
                return said(members=list(self.users.values()), response_metadata={"next_cursor": ""})
            case "users.info":
                found = self.users.get(given["user"])
                return said(user=found) if found else said(ok=False, error="user_not_found")
            case "users.conversations":
                rooms = [room.about for room in self.rooms.values() if room.kind == given["types"]]
                return _page(rooms, "channels", given, newest_first=False)
            case "conversations.history" if given["channel"] in self.rooms:
                return self._history(self.rooms[given["channel"]], given)
            case "conversations.replies" if given["channel"] in self.rooms:
                return self._replies(self.rooms[given["channel"]], given)
            case "apps.connections.open":
                return said(url=self.websocket)
        return said(ok=False, error="channel_not_found")

    def _history(self, room: Room, given: Mapping[str, str]) -> Response:
        if self.befalls("duplicate_page") and room.last:
            return said(**room.last)
        latest, oldest = given.get("latest", "9"), given.get("oldest", "")
        borders = {oldest, latest} if given.get("inclusive") else set()
        newest_first = sorted(room.messages, reverse=True)
        rows = [room.messages[ts] for ts in newest_first if oldest < ts < latest or ts in borders]
        if self.befalls("empty_page"):
            at = given.get("cursor") or _cursor("9")
            return said(messages=[], has_more=True, response_metadata={"next_cursor": at})
        return _page(rows, "messages", given, newest_first=True, into=room)

    def _replies(self, room: Room, given: Mapping[str, str]) -> Response:
        parent = given["ts"]
        if parent not in room.messages:
            return said(ok=False, error="thread_not_found")
        if self.empty_threads:
            self.empty_threads -= 1
            return said(messages=[], has_more=False)
        answers = room.answers.get(parent, {})
        rows = [answers[ts] for ts in sorted(answers) if ts > given.get("oldest", "")]
        return _page([room.messages[parent], *rows], "messages", given, newest_first=False)

    def _count_answers(self, room: Room, parent: str) -> None:
        answers = room.answers[parent]
        room.messages[parent] |= {
            "thread_ts": parent,
            "reply_count": len(answers),
            "latest_reply": max(answers, default=""),
        }

    def _row(self, external_id: str) -> Row:
        identity, _, ts = external_id.partition("/")
        room = self.rooms[identity]
        return room.messages.get(ts) or next(answers[ts] for answers in room.answers.values() if ts in answers)

    def _kind(self, given: Mapping[str, str]) -> str:
        room = self.rooms.get(given.get("channel", ""))
        return room.kind if room else ""


def said(**body: Any) -> Response:
    return as_json({"ok": True, **body})


def _cursor(ts: str) -> str:
    return base64.b64encode(f"next_ts:{ts}".encode()).decode()


def _page(
    rows: list[Row], key: str, given: Mapping[str, str], *, newest_first: bool, into: Room | None = None
) -> Response:
    """A page of rows; its cursor names the last one shown, so that what is written meanwhile moves nothing."""
    limit = min(int(given.get("limit", 100)), 999)
    at = base64.b64decode(given.get("cursor", "")).decode().removeprefix("next_ts:")
    if at:
        rows = [row for row in rows if (_place(row) < at if newest_first else _place(row) > at)]
    shown = rows[:limit]
    more = _cursor(_place(shown[-1])) if len(rows) > limit else ""
    body = {key: shown, "has_more": bool(more), "response_metadata": {"next_cursor": more}}
    if into is not None:
        into.last = body
    return said(**body)


def _place(row: Row) -> str:
    return str(row.get("ts") or row["id"])


def instant(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)
