"""A site with a feed: an RSS document of all that it ever published, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from connectors.feeds import FeedOptions, Feeds
from connectors.transport import WaysOut
from tests.connectors.conformance import Trouble
from tests.connectors.worlds.web import ALL_TROUBLES, WebWorld
from tests.servers import Request, Response, loopback_policy


@dataclass
class _Entry:
    identity: str
    at: datetime
    text: str


class FeedsWorld(WebWorld):
    """`reader` has the process that reads the documents, to share with other worlds, for each takes a while to start."""

    connector_class = Feeds
    deletes = False  # what leaves a feed is only old
    troubles: frozenset[Trouble] = ALL_TROUBLES

    def __init__(self, reader: WaysOut | None = None) -> None:
        super().__init__()
        self._reader = reader or WaysOut(loopback_policy(timeout_s=20.0))
        self._has_own_reader = reader is None
        self._entries: list[_Entry] = []
        self._published = 0

    def options(self, **changes: Any) -> FeedOptions:
        return FeedOptions(**{"url": self.server.url("/feed"), **changes})

    def ways_out(self, monotonic: Callable[[], float] | None = None) -> WaysOut:
        made = super().ways_out(monotonic)
        made.reader = self._reader.reader
        return made

    def close(self) -> None:
        if self._has_own_reader:
            self._reader.close()
        self._end_server()

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        first = self._published + 1
        self._published += count
        new = [
            _Entry(f"entry-{number}", instant, f"What the site says in number {number}.")
            for number, instant in enumerate(self.timeline.take(count, at), first)
        ]
        self._entries = sorted(self._entries + new, key=lambda entry: entry.at)
        return [entry.identity for entry in new]

    def edit(self, external_id: str) -> None:
        (entry,) = (entry for entry in self._entries if entry.identity == external_id)
        entry.text += " Corrected."

    def delete(self, external_id: str) -> None:
        self._entries = [entry for entry in self._entries if entry.identity != external_id]

    def answer(self, request: Request) -> Response:
        entries = list(reversed(self._entries))
        if self.befalls("empty_page"):
            entries = []
        if self.befalls("duplicate_page"):
            entries += entries
        document = f'<rss version="2.0"><channel><title>A site</title>{"".join(map(_rss, entries))}</channel></rss>'
        return Response(headers={"Content-Type": "application/rss+xml"}, body=document.encode())


def _rss(entry: _Entry) -> str:
    return (
        f"<item><guid>{entry.identity}</guid><title>News {entry.identity}</title>"
        f"<link>https://site.example/{entry.identity}</link><description>{entry.text}</description>"
        f"<pubDate>{format_datetime(entry.at)}</pubDate></item>"
    )
