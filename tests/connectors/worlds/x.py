"""X as a test plays it: users, lists, the recent search and the home timeline of API v2, with tokens, edits and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, ClassVar

from connectors.base import Connector, Options
from connectors.x import X, XOptions
from connectors.x.place import id_at
from tests.connectors.worlds.web import WebWorld, as_json
from tests.servers import Request, Response

BEARER = "AAAAbearerAAAA1234"
KEYS = {"api_key": "key-1", "api_secret": "secret-2", "access_token": "42-token-3", "access_secret": "secret-4"}
ME, ADA = "42", "7"
LIST = "1234"

NOT_FOUND = "https://api.twitter.com/2/problems/resource-not-found"


@dataclass
class Post:
    """What the world knows of a post; `body` is what it serves beyond that."""

    id: int
    text: str
    history: tuple[int, ...]
    author: str = ADA
    body: dict[str, Any] = field(default_factory=dict)

    def served(self) -> dict[str, Any]:
        written = datetime.fromtimestamp(((self.id >> 22) + 1_288_834_974_657) / 1000, UTC)
        return {
            "id": str(self.id),
            "text": self.text,
            "author_id": self.author,
            "conversation_id": str(self.history[0]),
            "created_at": f"{written:%Y-%m-%dT%H:%M:%S.000Z}",
            "edit_history_tweet_ids": [str(each) for each in self.history],
            "lang": "en",
            "public_metrics": {"like_count": 3, "retweet_count": 2, "reply_count": 1, "quote_count": 0},
            **self.body,
        }


class XWorld(WebWorld):
    """One timeline: every feed that is asked for shows it. `feed` is what the connector's options name unasked."""

    connector_class: ClassVar[type[Connector]] = X
    hosts: ClassVar[tuple[str, ...]] = ("api.twitter.com",)
    page_size = 100

    def __init__(self, feed: str = "users") -> None:
        super().__init__()
        self.feed = feed
        self.posts: dict[int, Post] = {}
        self.gone: set[int] = set()
        self.users: dict[str, dict[str, Any]] = {
            ADA: {"id": ADA, "name": "Ada Lovelace", "username": "ada"},
            ME: {"id": ME, "name": "Me Myself", "username": "Myself"},
        }
        self.spent_tokens: set[str] = set()
        self.refuses_tokens = False
        self._count = 0
        self._tokens = count(1)

    # As a test plays it

    def options(self, **changes: Any) -> Options:
        named: dict[str, Any] = {"users": ("ada",)} if self.feed == "users" else {"lists": (LIST,)}
        return XOptions(**{**named, "bearer_token": BEARER, "posts_a_month": 100_000_000, **changes})

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        return [
            str(self.add(f"Post number {self._count + 1}", at=instant).id) for instant in self.timeline.take(count, at)
        ]

    def add(self, text: str, *, at: datetime | None = None, **body: Any) -> Post:
        """A post of Ada's, or of whom `author_id` names, with more fields as the API has them."""
        self._count += 1
        instant = at or self.timeline.take()[0]
        identity = id_at(instant) + self._count
        post = Post(identity, text, (identity,), body.pop("author_id", ADA), body)
        self.posts[identity] = post
        return post

    def edit(self, external_id: str) -> None:
        old = self.posts.pop(int(external_id))
        new = self.add(f"{old.text}, corrected", **old.body)
        new.history = (*old.history, new.id)

    def delete(self, external_id: str) -> None:
        del self.posts[int(external_id)]
        self.gone.add(int(external_id))

    # As X answers

    def is_for_items(self, request: Request) -> bool:
        return request.path.endswith(("/tweets", "/recent", "/reverse_chronological"))

    def answer(self, request: Request) -> Response:
        if not request.headers["Authorization"].startswith((f"Bearer {BEARER}", "OAuth ")):
            return as_json({"title": "Unauthorized", "status": 401, "detail": "Unauthorized"}, status=401)
        match request.path.strip("/").split("/")[1:]:
            case ["users", "by"]:
                return self._users(request.query["usernames"].split(","))
            case ["lists", identity]:
                return (
                    as_json({"data": {"id": identity, "name": "Engines"}})
                    if identity == LIST
                    else not_found("list", identity)
                )
            case ["tweets"]:
                return self._looked_up([int(each) for each in request.query["ids"].split(",")])
            case ["tweets", "search", "recent"]:
                return self._timeline(request, "next_token", least=10)
            case ["users", _, "tweets"]:
                return self._timeline(request, "pagination_token", least=5)
            case ["users", _, "timelines", "reverse_chronological"]:
                return self._timeline(request, "pagination_token", least=1)
            case ["lists", _, "tweets"]:
                return self._timeline(request, "pagination_token", least=1)
        return Response(status=404, body=b"{}")

    def _users(self, handles: list[str]) -> Response:
        known = {user["username"].lower(): user for user in self.users.values()}
        found = [known[handle.lower()] for handle in handles if handle.lower() in known]
        missing = [problem("user", handle) for handle in handles if handle.lower() not in known]
        return as_json({**({"data": found} if found else {}), **({"errors": missing} if missing else {})})

    def _looked_up(self, ids: list[int]) -> Response:
        everything = {each: post for post in self.posts.values() for each in post.history}
        found = [everything[each].served() | {"id": str(each)} for each in ids if each in everything]
        missing = [problem("tweet", str(each)) for each in ids if each not in everything]
        return as_json({**({"data": found} if found else {}), **({"errors": missing} if missing else {})})

    def _timeline(self, request: Request, token_name: str, *, least: int) -> Response:
        size, token = int(request.query["max_results"]), request.query.get(token_name, "")
        is_list = "/lists/" in request.path
        if not least <= size <= 100 or (is_list and {"since_id", "until_id"} & set(request.query)):
            return as_json({"errors": [{"message": "One or more parameters to your request was invalid."}]}, status=400)
        if token and (self.refuses_tokens or token in self.spent_tokens):
            wrong = {"parameters": {token_name: [token]}, "message": f"The value of {token_name} is invalid"}
            return as_json({"errors": [wrong], "title": "Invalid Request"}, status=400)
        if token and self.befalls("duplicate_page"):
            return self._page(request, self._before(token), size)
        if self.befalls("empty_page"):
            return as_json({"meta": {"result_count": 0, "next_token": token or "page-top"}})
        until = 0 if token in ("", "page-top") else int(token.removeprefix("page-").partition("-")[0])
        return self._page(request, until, size)

    def _before(self, token: str) -> int:
        return int(token.partition("-from-")[2].partition("-")[0] or 0)

    def _page(self, request: Request, until: int, size: int) -> Response:
        """Posts with ids under `until`, or all if that is 0. A token names where the next page starts, and this one did."""
        until = until or int(request.query.get("until_id", 0))
        since = int(request.query.get("since_id", 0))
        shown = [post for post in self._newest_first() if post.id > since and not 0 < until <= post.id]
        posts, rest = shown[:size], shown[size:]
        meta: dict[str, Any] = {"result_count": len(posts)}
        if rest:
            meta["next_token"] = f"page-{posts[-1].id}-from-{until}-{next(self._tokens)}"
        body: dict[str, Any] = {"meta": meta}
        if posts:
            body |= {"data": [post.served() for post in posts], "includes": self._includes(posts)}
        return as_json(body)

    def _newest_first(self) -> list[Post]:
        return [self.posts[identity] for identity in sorted(self.posts, reverse=True)]

    def _includes(self, posts: list[Post]) -> dict[str, Any]:
        referenced = [self.posts[each] for post in posts for each in self._references(post) if each in self.posts]
        authors = {post.author for post in (*posts, *referenced)}
        users = [self.users[author] for author in sorted(authors) if author in self.users]
        return {"users": users, **({"tweets": [post.served() for post in referenced]} if referenced else {})}

    def _references(self, post: Post) -> Iterator[int]:
        return (int(reference["id"]) for reference in post.body.get("referenced_tweets", []))


def problem(kind: str, value: str) -> dict[str, Any]:
    return {
        "resource_type": kind,
        "resource_id": value,
        "value": value,
        "detail": f"Could not find {kind} with id: [{value}].",
        "title": "Not Found Error",
        "type": NOT_FOUND,
    }


def not_found(kind: str, value: str) -> Response:
    return as_json({"errors": [problem(kind, value)]})
