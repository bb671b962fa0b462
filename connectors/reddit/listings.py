"""What of Reddit is read: one `Listing` a subreddit, multireddit or front page, each polled by itself.

One that has gone private or is banned is said and costs the others nothing. It knows neither feeds nor the API: both hand
in how one listing is read. Called by `connectors.reddit.by_feed` and `connectors.reddit.by_api`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Any

from connectors.base import Batch, Cursor, Misconfigured, NeedsLogin, SourceFailure, TryLater

if TYPE_CHECKING:
    from connectors.reddit import RedditOptions


@dataclass(frozen=True, slots=True)
class Listing:
    """`path` is where it is, as Reddit has it in addresses: "/r/python", "/user/ada/m/science", or empty."""

    path: str

    @property
    def shown(self) -> str:
        return self.path.lstrip("/") or "the front page"


class Locked(NeedsLogin):
    """Reddit refuses the app or the user: no listing can be read."""


Read = Callable[[Listing, Cursor | None, int], Iterator[Batch]]
"""Polls one listing from its own cursor, with room for so many items."""


def listings_of(options: RedditOptions) -> list[Listing]:
    listings = [Listing("")] if options.front else []
    listings += [Listing(f"/r/{name}") for name in options.subreddits]
    return listings + [Listing(f"/user/{path}") for path in options.multireddits]


def poll_each(
    listings: Sequence[Listing], cursor: Cursor | None, read: Read, *, limit: int, cancelled: Event
) -> Iterator[Batch]:
    """One poll of all, first of those that were not read for longest. The cursor holds that of each listing, by its path,
    in the order in which they were read.

    Raises: what `read` raises; Misconfigured and NeedsLogin only where every listing fails so.
    """
    before: Mapping[str, Any] = (cursor or {}).get("listings", {})
    kept = {path: before[path] for path in before if path in {listing.path for listing in listings}}
    order = {path: place for place, path in enumerate(kept)}
    room = limit
    is_unfinished = False
    refused: list[SourceFailure] = []
    for listing in sorted(listings, key=lambda listing: order.get(listing.path, -1)):
        if room <= 0 or cancelled.is_set():
            is_unfinished = True
            break
        has_more = False
        try:
            for batch in read(listing, kept.get(listing.path), room):
                is_news = bool(batch.items or batch.deleted or batch.notices)
                kept.pop(listing.path, None)
                kept[listing.path] = dict(batch.cursor)
                room -= len(batch.items)
                has_more = batch.more
                if is_news:
                    yield replace(batch, cursor={"listings": dict(kept)}, moved_to=None, more=True)
        except Locked:
            raise
        except (Misconfigured, NeedsLogin) as failure:
            refused.append(failure)
        except TryLater:
            yield Batch(
                cursor={"listings": dict(kept)}, more=True
            )  # those that were read are the last of the next poll
            raise
        is_unfinished |= has_more
    if refused and len(refused) == len(listings):
        raise refused[0]
    if not cancelled.is_set():
        yield Batch(cursor={"listings": dict(kept)}, notices=tuple(map(str, refused)), more=is_unfinished)
