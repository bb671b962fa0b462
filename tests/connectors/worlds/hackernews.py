"""Hacker News, as a test plays it: Algolia's search of it, with its cap of a thousand hits, and the site's own API."""

from __future__ import annotations

import operator
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.hackernews import HackerNews, HackerNewsOptions
from tests.connectors.world import EVERYTHING
from tests.connectors.worlds.web import WebWorld, as_json
from tests.servers import Request, Response

_FIRST_ID = 40_000_000
_MOST_HITS = 1000
_COMPARED = re.compile(r"(created_at_i|points|num_comments)(>=|<=|>|<|=)(-?\d+)")
_COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}


@dataclass
class Thing:
    """A story or a comment. `state` is what the site's own API says of it beside: deleted, dead."""

    number: int
    at: int
    facts: dict[str, Any]
    tags: set[str]
    state: dict[str, Any] = field(default_factory=dict)
    kids: list[int] = field(default_factory=list)
    is_indexed: bool = True

    @property
    def identity(self) -> str:
        return str(self.number)


class HackerNewsWorld(WebWorld):
    """With `is_front`, the connector reads the front page, which shows the newest alone; else all new stories."""

    connector_class = HackerNews
    hosts = ("hn.algolia.com", "hacker-news.firebaseio.com")

    def __init__(self, *, is_front: bool = False) -> None:
        super().__init__()
        self.is_front = is_front
        self.window = 500 if is_front else None
        self.things: dict[str, Thing] = {}
        self._by_date: list[Thing] = []
        self._last_page: list[Thing] = []

    def options(self, **changes: Any) -> HackerNewsOptions:
        return HackerNewsOptions(**{"lists": ("front" if self.is_front else "new",), **EVERYTHING, **changes})

    def is_for_items(self, request: Request) -> bool:
        return request.path.endswith("/search_by_date")

    def publish(
        self, count: int = 1, *, at: datetime | None = None, tags: tuple[str, ...] = ("story",), **facts: Any
    ) -> list[str]:
        ids: list[str] = []
        for instant in self.timeline.take(count, at):
            number = _FIRST_ID + len(self.things)
            told = {
                "title": f"Story {number}",
                "url": f"https://site.example/{number}",
                "author": "ada",
                "points": 5,
                "num_comments": 0,
            }
            thing = Thing(
                number, int(instant.timestamp()), {**told, **facts}, {*tags, f"author_{facts.get('author', 'ada')}"}
            )
            thing.tags.add(f"story_{facts.get('story_id', number)}")
            self.things[thing.identity] = thing
            self._by_date.insert(bisect_left(self._by_date, thing.at, key=lambda other: other.at), thing)
            ids.append(thing.identity)
        return ids

    def comment(self, story: str, text: str, author: str = "grace", **state: Any) -> str:
        """Answer a story; the first answer is the best."""
        thing = Thing(_FIRST_ID + len(self.things), 0, {"by": author, "text": text}, set(), state, is_indexed=False)
        self.things[thing.identity] = thing
        self.things[story].kids.append(thing.number)
        return thing.identity

    def edit(self, external_id: str) -> None:
        self.things[external_id].facts["title"] += " (edited)"

    def delete(self, external_id: str) -> None:
        thing = self.things[external_id]
        thing.is_indexed = False
        thing.state = {"deleted": True}

    def answer(self, request: Request) -> Response:
        if request.path.startswith("/v0/item/"):
            thing = self.things.get(request.path.removeprefix("/v0/item/").removesuffix(".json"))
            return as_json(_item(thing) if thing else None)
        by_date = request.path == "/api/v1/search_by_date"
        found = self._found(request)
        if self.window and by_date:
            found = found[: self.window]
        size = int(request.query.get("hitsPerPage", 20))
        shown = found[:_MOST_HITS][:size]
        if by_date and self.befalls("empty_page"):
            shown = []
        elif by_date and self.befalls("duplicate_page"):
            shown = self._last_page or shown
        self._last_page = shown if by_date else self._last_page
        pages = -(-min(len(found), _MOST_HITS) // size)
        return as_json({"hits": list(map(_hit, shown)), "nbHits": len(found), "nbPages": pages, "hitsPerPage": size})

    def _found(self, request: Request) -> list[Thing]:
        """What fits, newest first."""
        tags = [
            set(either.split(",") if either else [one]) - {"front_page"}
            for either, one in re.findall(r"\(([^)]*)\)|([^,()]+)", request.query["tags"])
        ]
        compared = [
            (name, _COMPARISONS[comparison], int(number))
            for name, comparison, number in _COMPARED.findall(request.query.get("numericFilters", ""))
        ]
        words = request.query.get("query", "").lower().split()
        named = {tag.removeprefix("story_") for wanted in tags for tag in wanted if tag.startswith("story_")}
        among = [self.things[identity] for identity in named if identity in self.things] if named else self._by_date
        return [
            thing
            for thing in reversed(among)
            if thing.is_indexed
            and all(
                compare(thing.at if name == "created_at_i" else thing.facts[name], number)
                for name, compare, number in compared
            )
            and all(not wanted or wanted & thing.tags for wanted in tags)
            and all(word in f"{thing.facts['title']} {thing.facts.get('story_text')}".lower() for word in words)
        ]


def _hit(thing: Thing) -> dict[str, Any]:
    return {"objectID": thing.identity, "created_at_i": thing.at, "_tags": sorted(thing.tags), **thing.facts}


def _item(thing: Thing) -> dict[str, Any]:
    if thing.state.get("deleted"):
        return {"id": thing.number, "time": thing.at, **thing.state}
    told = {"by": thing.facts.get("author"), "title": thing.facts.get("title"), "score": thing.facts.get("points")}
    return {"id": thing.number, "time": thing.at, "kids": thing.kids, **told, **thing.facts, **thing.state}
