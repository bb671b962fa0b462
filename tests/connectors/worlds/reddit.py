"""Reddit as a test plays it: one subreddit, by the API with its tokens (`RedditWorld`) and by its feed (`RedditFeedWorld`)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any, ClassVar

from connectors.base import Connector, Options
from connectors.reddit import Reddit, RedditOptions
from connectors.transport import WaysOut
from tests.connectors.worlds.web import WebWorld, as_json
from tests.servers import Request, Response

CLIENT_ID = "app-id-1"
CLIENT_SECRET = "app-secret-2345"
PASSWORD = "pass-word-6789"
REFRESH = "refresh-token-8901"
TOKEN = "access-token-4567"
LOGIN = f"Basic {base64.b64encode(f'{CLIENT_ID}:{CLIENT_SECRET}'.encode()).decode()}"

MADE: dict[str, Any] = {
    "author": "ada", "subreddit": "engines", "is_self": True, "score": 5, "num_comments": 0, "upvote_ratio": 0.9,
    "edited": False, "is_robot_indexable": True, "removed_by_category": None, "over_18": False,
}  # fmt: skip


@dataclass
class Post:
    """A submission: its number makes its id. `body` is what the API serves beyond what is usual."""

    number: int
    title: str
    text: str
    at: datetime
    body: dict[str, Any] = field(default_factory=dict)
    edited: datetime | None = None

    @property
    def name(self) -> str:
        return f"t3_1{self.number:06d}"

    @property
    def permalink(self) -> str:
        return f"/r/engines/comments/{self.name.removeprefix('t3_')}/a_title/"

    def served(self) -> dict[str, Any]:
        markup = f'<div class="md"><p>{escape(self.text)}</p>\n</div>'
        data = {
            **MADE,
            "id": self.name.removeprefix("t3_"),
            "name": self.name,
            "title": self.title,
            "selftext": self.text,
            "selftext_html": markup if self.text else None,
            "created_utc": self.at.timestamp(),
            "permalink": self.permalink,
            "url": f"https://www.reddit.com{self.permalink}",
        }
        if self.edited:
            data["edited"] = self.edited.timestamp()
        return {"kind": "t3", "data": {**data, **self.body}}


class RedditWorld(WebWorld):
    """The API. It shows a thousand posts of a listing, as the real one does."""

    connector_class: ClassVar[type[Connector]] = Reddit
    hosts: ClassVar[tuple[str, ...]] = ("www.reddit.com", "oauth.reddit.com")
    page_size = 100
    window: int | None = 1000

    def __init__(self, reader: WaysOut | None = None) -> None:
        super().__init__(reader)
        self.posts: dict[str, Post] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.headers: dict[str, str] = {}
        self._count = 0

    # As a test plays it

    def options(self, **changes: Any) -> Options:
        named = {"subreddits": ("engines",), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return RedditOptions(**{**named, **changes})

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        return [self.add(f"Post {self._count + 1}", at=instant).name for instant in self.timeline.take(count, at)]

    def add(self, title: str, text: str = "", *, at: datetime | None = None, **body: Any) -> Post:
        self._count += 1
        instant = at or self.timeline.take()[0]
        post = Post(self._count, title, text or f"What there is to say of it, {self._count}", instant, body)
        self.posts[post.name] = post
        return post

    def edit(self, external_id: str) -> None:
        post = self.posts[external_id]
        post.text += " EDIT: corrected"
        post.edited = self.timeline.take()[0]

    def delete(self, external_id: str) -> None:
        """As its author does: it leaves the listings, and what is left of it says so."""
        self.posts[external_id].body |= {
            "author": "[deleted]", "selftext": "[deleted]", "selftext_html": None, "removed_by_category": "deleted",
            "is_robot_indexable": False,
        }  # fmt: skip

    # As Reddit answers

    def is_for_items(self, request: Request) -> bool:
        return "access_token" not in request.path

    def answer(self, request: Request) -> Response:
        match request.path.strip("/").split("/"):
            case ["api", "v1", "access_token"]:
                return self._log_in(request)
            case _ if request.headers["Authorization"] != f"bearer {TOKEN}":
                return as_json({"message": "Unauthorized", "error": 401}, status=401)
            case ["api", "info"]:
                names = request.query["id"].split(",")
                return as_json(listing([self.posts[name].served() for name in names if name in self.posts]))
            case ["comments", identity]:
                return self._thread(f"t3_{identity}")
            case ["r", "engines", "new" | "hot" | "top"] | ["user", "ada", "m", "machines", "new"] | ["new" | "hot"]:
                return self._listing(request)
            case ["r", "secret", _]:
                return as_json({"reason": "private", "message": "Forbidden", "error": 403}, status=403)
            case ["r", "banned", _]:
                return as_json({"reason": "banned", "message": "Not Found", "error": 404}, status=404)
            case ["r", name, _]:
                return Response(
                    status=302, headers={"Location": f"https://oauth.reddit.com/subreddits/search?q={name}"}
                )
        return as_json({"message": "Not Found", "error": 404}, status=404)

    def _log_in(self, request: Request) -> Response:
        if request.headers["Authorization"] != LOGIN:
            return as_json({"message": "Unauthorized", "error": 401}, status=401)
        form = request.body.decode()
        if "grant_type=password" in form and f"password={PASSWORD}" not in form:
            return as_json({"error": "invalid_grant"})
        if "grant_type=refresh_token" in form and f"refresh_token={REFRESH}" not in form:
            return as_json({"error": "invalid_grant"}, status=400)
        return as_json({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86400, "scope": "*"})

    def _listing(self, request: Request) -> Response:
        shown = self.newest_first()
        after, most = request.query.get("after", ""), int(request.query.get("limit", 25))
        place = next((number + 1 for number, post in enumerate(shown) if post.name == after), 0)
        if self.befalls("empty_page"):
            return as_json(listing([]))
        if after and self.befalls("duplicate_page"):
            place = max(0, place - most)
        posts = shown[place : place + most]
        is_last = place + most >= len(shown)
        return as_json(
            listing([post.served() for post in posts], None if is_last or not posts else posts[-1].name),
            headers=self.headers,
        )

    def newest_first(self) -> list[Post]:
        there = [post for post in self.posts.values() if not post.body.get("removed_by_category")]
        return sorted(there, key=lambda post: (post.at, post.number), reverse=True)[: self.window]

    def _thread(self, name: str) -> Response:
        comments = [{"kind": "t1", "data": comment} for comment in self.comments.get(name, [])]
        more = {"kind": "more", "data": {"children": ["abc"]}}
        return as_json([listing([self.posts[name].served()]), listing([*comments, more])])


class RedditFeedWorld(RedditWorld):
    """The feeds of the same posts, for whoever has no credentials."""

    hosts: ClassVar[tuple[str, ...]] = ("www.reddit.com",)
    window: int | None = 100
    deletes = False

    def __init__(self, reader: WaysOut) -> None:
        super().__init__(reader)

    def options(self, **changes: Any) -> Options:
        return RedditOptions(**{"subreddits": ("engines",), **changes})

    def answer(self, request: Request) -> Response:
        match request.path.strip("/").split("/"):
            case ["r", "engines", _, ".rss"] | ["user", "ada", "m", _, _, ".rss"]:
                if self.befalls("empty_page"):
                    return Response(headers=ATOM, body=FEED.format(entries="").encode())
                posts = self.newest_first()[: int(request.query.get("limit", 25))]
                return Response(headers=ATOM, body=FEED.format(entries="".join(map(_entry, posts))).encode())
            case ["r", "secret", _, ".rss"]:
                return Response(status=403, body=b"{}")
        return Response(status=404, body=b"{}")


ATOM = {"Content-Type": "application/atom+xml; charset=UTF-8"}
FEED = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">
<category term="engines" label="r/engines"/><updated>2026-04-13T12:00:00+00:00</updated><id>/r/engines/new/.rss</id>
<title>Engines</title>{entries}</feed>"""
ENTRY = """<entry><author><name>/u/{author}</name><uri>https://www.reddit.com/user/{author}</uri></author>
<category term="engines" label="r/engines"/><content type="html">{content}</content><id>{name}</id>
<link href="https://www.reddit.com{permalink}"/><updated>{at}</updated><published>{at}</published>
<title>{title}</title></entry>"""
CONTENT = """<!-- SC_OFF --><div class="md"><p>{text}</p> </div><!-- SC_ON --> &#32; submitted by &#32;
<a href="https://www.reddit.com/user/{author}"> /u/{author} </a> <br/>
<span><a href="{url}">[link]</a></span> &#32; <span><a href="https://www.reddit.com{permalink}">[comments]</a></span>"""


def _entry(post: Post) -> str:
    data = post.served()["data"]
    content = CONTENT.format(
        text=escape(post.text), author=data["author"], url=escape(data["url"]), permalink=post.permalink
    )
    return ENTRY.format(
        author=data["author"],
        content=escape(content),
        name=post.name,
        permalink=post.permalink,
        at=post.at.isoformat(),
        title=escape(post.title),
    )


def listing(children: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": after, "before": None, "dist": len(children), "children": children}}
