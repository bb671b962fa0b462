"""A site with a feed: an RSS document of all that it ever published, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from connectors.feeds import FeedOptions, Feeds
from connectors.transport import WaysOut
from tests.connectors.worlds.web import WebWorld
from tests.servers import Request, Response


@dataclass
class _Entry:
    identity: str
    at: datetime
    text: str


class FeedsWorld(WebWorld):
    connector_class = Feeds
    deletes = False  # what leaves a feed is only old

    def __init__(self, reader: WaysOut) -> None:
        super().__init__(reader)
        self._entries: list[_Entry] = []
        self._published = 0

    def options(self, **changes: Any) -> FeedOptions:
        return FeedOptions(**{"url": self.server.url("/feed"), **changes})

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
