"""The source kind `x`: lists, users, searches and the home timeline of X, by tweepy over the guarded session.

The connector itself is small: a poll is `connectors.x.reading`'s work, which loads tweepy, so it is imported when the first
poll begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import ClassVar

from connectors.base import API_VERSION, Batch, Cursor, Options
from connectors.transport import WaysOut
from connectors.x.options import XOptions

__all__ = ["X", "XOptions"]


class X:
    kind: ClassVar[str] = "x"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = XOptions
    every: ClassVar[timedelta] = timedelta(hours=1)
    """Lists cost posts at each poll."""
    quiet_after: ClassVar[timedelta] = timedelta(days=7)

    def __init__(self, options: XOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        from connectors.x.api import Api  # weight: tweepy
        from connectors.x.reading import Reading  # weight

        api = Api(self._options, self._ways_out)
        yield from Reading.of(cursor, api, self._options, now=now, room=limit, cancelled=cancelled).batches()
