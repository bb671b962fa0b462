"""Algolia's index of Hacker News: pages of a listing from an instant down, and the present state of known stories.

An answer shows no more than the first thousand of what it found, so pages are asked for by date and not by number. It
knows no cursor and makes no items. `connectors.hackernews.reading` asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from connectors.base import TryLater
from connectors.transport import WaysOut

PAGE = 100
_AT_ONCE = 50
_ADDRESS = "https://hn.algolia.com/api/v1"
_KINDS = "(story,poll,job)"

Hit = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """What is looked for. `overlap_s` is how far below the newest one known is looked again, for stories that only now
    have the score or the place, or that the index was late with."""

    key: str
    tags: str
    query: str = ""
    min_points: int = 0
    overlap_s: int = 600

    def filters(self, after: int, until: int | None) -> str:
        wanted = [f"created_at_i>{after}"]
        if until is not None:
            wanted.append(f"created_at_i<={until}")
        if self.min_points:
            wanted.append(f"points>={self.min_points}")
        return ",".join(wanted)


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `is_all` says that nothing else fits."""

    hits: tuple[Hit, ...]
    is_all: bool


class Search:
    def __init__(self, ways_out: WaysOut) -> None:
        self._ways_out = ways_out

    def page(self, listing: Listing, *, after: int, until: int | None) -> Page:
        """The newest of a listing, created after one instant and until another, in seconds since 1970.

        Raises: NeedsLogin, TryLater or Misconfigured.
        """
        asked: dict[str, str | int] = {
            "tags": listing.tags,
            "numericFilters": listing.filters(after, until),
            "hitsPerPage": PAGE,
        }
        if listing.query:
            asked["query"] = listing.query
        hits, found, pages = self._ask("search_by_date", asked)
        within = [hit for hit in hits if after < created(hit) and (until is None or created(hit) <= until)]
        if found and not within:
            raise TryLater(
                "The search of Hacker News sent another page than was asked for; it will be asked again later."
            )
        return Page(tuple(sorted(within, key=created, reverse=True)), is_all=pages <= 1)

    def stories(self, ids: Iterable[str]) -> dict[str, Hit]:
        """Those of these stories that the index still has, by id."""
        wanted = list(ids)
        found: dict[str, Hit] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            tags = f"{_KINDS},({','.join(f'story_{identity}' for identity in part)})"
            hits, _, _ = self._ask("search", {"tags": tags, "hitsPerPage": len(part)})
            found |= {str(hit["objectID"]): hit for hit in hits if str(hit["objectID"]) in part}
        return found

    def _ask(self, path: str, asked: Mapping[str, str | int]) -> tuple[list[Hit], int, int]:
        """The hits, how many there are in all, and on how many pages."""
        fetched = self._ways_out.fetch(f"{_ADDRESS}/{path}?{urlencode(asked)}", shown=f"{_ADDRESS}/{path}")
        try:
            answer = json.loads(fetched.body)
            hits = [hit for hit in answer["hits"] if hit["objectID"] and created(hit)]
            return hits, int(answer["nbHits"]), int(answer["nbPages"])
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as err:
            raise TryLater(
                "The search of Hacker News sent an answer that cannot be read; it will be asked again later."
            ) from err


def created(hit: Hit) -> int:
    """When it was written, in seconds since 1970."""
    return int(hit["created_at_i"])


def listings(
    lists: Iterable[str], queries: Iterable[str], users: Iterable[str], min_points: int, follow_days: int
) -> list[Listing]:
    """What the options ask for, one by one."""
    tags = {"front": "front_page", "ask": "story,ask_hn", "show": "story,show_hn", "new": "story"}
    follow_s = max(follow_days, 1) * 86_400
    late_s = follow_s if min_points else 600
    wanted = [Listing(name, tags[name], "", min_points, 14 * 86_400 if name == "front" else late_s) for name in lists]
    wanted += [Listing(f"query {query}", "story", query, min_points, late_s) for query in queries]
    wanted += [Listing(f"user {user}", f"(story,comment),author_{user}", "", 0, follow_s) for user in users]
    return wanted
