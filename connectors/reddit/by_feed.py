"""Reddit without credentials: the Atom feeds of its listings, by the source kind `feeds`, with its entries made posts.

A feed shows no scores and no comments. What is deleted mostly just leaves it; an entry that says that it was removed is gone
here too. Called by `connectors.reddit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from html import unescape
from threading import Event
from typing import TYPE_CHECKING

from connectors.base import Batch, Cursor, Item, NeedsLogin
from connectors.feeds import FeedOptions, Feeds
from connectors.reading.links import absolute, canonical
from connectors.reddit.listings import Listing, listings_of, poll_each
from connectors.reddit.submissions import GONE, is_of_reddit
from connectors.transport import WaysOut

if TYPE_CHECKING:
    from connectors.reddit import RedditOptions

_FOOTER = re.compile(r"\s*submitted by\s+/u/\S+(?:\s+to\s+\S+)?\s+\[link\]\s+\[comments\]\s*$")
_LINK = re.compile(r'<a\b[^>]*href="(?P<url>[^"]*)"[^>]*>\s*\[link\]')


class _ListingFeed(Feeds):
    remembers = 250
    """It shows 100; and the cursor holds those of all listings."""


def poll(
    options: RedditOptions, ways_out: WaysOut, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event
) -> Iterator[Batch]:
    """What `Connector.poll` yields."""
    listings = listings_of(options)
    each = max(1, options.first_run_items // len(listings))

    def read(listing: Listing, kept: Cursor | None, room: int) -> Iterator[Batch]:
        span = "&t=day" if options.sort == "top" else ""
        feed = FeedOptions(
            url=f"https://www.reddit.com{listing.path}/{options.sort}/.rss?limit=100{span}",
            first_run_items=each,
            first_run_days=options.first_run_days,
        )
        try:
            for batch in _ListingFeed(feed, ways_out).poll(kept, now=now, limit=room, cancelled=cancelled):
                posts = {item.external_id: post_of(item) for item in batch.items}
                gone = tuple(identity for identity, post in posts.items() if post is None)
                yield replace(batch, items=tuple(post for post in posts.values() if post), deleted=gone)
        except NeedsLogin as failure:
            raise NeedsLogin(
                f"{failure} Reddit shows {listing.shown} to no stranger: give client_id and client_secret "
                "(docs/sources/reddit.md), or take it out."
            ) from failure

    yield from poll_each(listings, cursor, read, limit=limit, cancelled=cancelled)


def post_of(item: Item) -> Item | None:
    """An entry of Reddit's feeds as a post, or None for one that says no more than that it is gone."""
    text = _FOOTER.sub("", item.text).strip()
    if text in GONE:
        return None
    link = _LINK.search(item.html)
    target = absolute(item.url, unescape(link["url"])) if link else ""
    links = [target, *item.links]
    name = next((author.removeprefix("/") for author in item.authors), "")
    return replace(
        item,
        kind="post",
        text=text,
        html="",
        authors=(name,) if name else (),
        topics=tuple(topic if topic.startswith("r/") else f"r/{topic}" for topic in item.topics),
        links=tuple(
            dict.fromkeys(
                each for each in links if each and not is_of_reddit(each) and canonical(each) != canonical(item.url)
            )
        ),
        thread_id=item.external_id,
        details={},
    )
