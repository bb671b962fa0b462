"""The source kind `hackernews`: stories of the front page, by least score, by words or by user, and what becomes of them.

Here are the options. `reading` polls: it finds stories through `search` (Algolia's index of Hacker News) and asks
`official` (the site's own API) for the best comments and for what is gone. No account is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from connectors.base import API_VERSION, Batch, Cursor, Options, asked
from connectors.transport import WaysOut

__all__ = ["HackerNews", "HackerNewsOptions"]

Listing = Literal["front", "ask", "show", "new"]


class HackerNewsOptions(Options):
    """Stories on any of `lists`, found by any of `queries`, or written by any of `users`; the front page if none is named."""

    queries: tuple[str, ...] = Field(
        default=(), json_schema_extra=asked("Words to look for? (empty: the front page, or the lists and users below)")
    )
    users: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Users whose stories and comments to read?"))
    lists: tuple[Listing, ...] = Field(default=(), json_schema_extra=asked("Lists to read? (front, ask, show, new)"))
    min_points: int = Field(default=0, ge=0, json_schema_extra=asked("The least score that a story must have?"))
    """A story comes when it reaches this. It holds for all but what `users` write."""
    top_comments: int = Field(default=3, ge=0, le=10)
    """So many of the best comments of a story that is discussed are kept with it."""
    follow_days: int = Field(default=3, ge=0, le=14)
    """For so long after it appeared, the score, comments, edits and deletion of a story are followed."""

    @field_validator("queries")
    @classmethod
    def _say_something(cls, queries: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, (query.strip() for query in queries))))

    @field_validator("users")
    @classmethod
    def _are_names(cls, users: tuple[str, ...]) -> tuple[str, ...]:
        for user in users:
            if not re.fullmatch(r"[\w-]{2,15}", user):
                raise ValueError(f"{user!r} is no name of a user of Hacker News")
        return tuple(dict.fromkeys(users))

    @property
    def lists_read(self) -> tuple[Listing, ...]:
        """The lists, with the one that is meant where nothing is named."""
        if self.lists or self.queries or self.users:
            return self.lists
        return ("new",) if self.min_points else ("front",)

    @property
    def shown(self) -> str:
        """What is read, for the eye."""
        named = {"front": "front page", "ask": "Ask HN", "show": "Show HN", "new": "new stories"}
        read = [
            *(named[name] for name in self.lists_read),
            *map("{!r}".format, self.queries),
            *map("by {}".format, self.users),
        ]
        return ", ".join(read) + (f" (from {self.min_points} points)" if self.min_points else "")


class HackerNews:
    """What one user wants of Hacker News."""

    kind: ClassVar[str] = "hackernews"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = HackerNewsOptions
    every: ClassVar[timedelta] = timedelta(minutes=30)
    quiet_after: ClassVar[timedelta] = timedelta(days=7)

    def __init__(self, options: HackerNewsOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        from connectors.hackernews.reading import Reading  # weight: what reads, needed by a poll alone

        return Reading(self._options, self._ways_out, now, cancelled).poll(cursor, limit)
