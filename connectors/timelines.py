"""Timelines that a server shows newest first, page by page: what is new, what has changed, what is gone.

The sources that have them (`connectors.slack`, `mastodon`, `bluesky`, `reddit`) say how a page is asked for, and `read` does the rest. It
walks from the top down to what it knows, so that all that happened since, and late arrivals, are met on the way. A
walk that ends early is finished by the next poll, from the page where it stood. It knows no protocol and no library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from threading import Event
from typing import Any, Protocol

from connectors.base import Batch, Cursor, Item, Options

_ABOVE_ALL = "\U0010ffff"
_MOST_IDLE = 5
_MOST_ASKED_AFTER = 20
"""Of the entries that are no longer where they were, so many are asked after for each page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A place in a timeline. `key` names it there (a boost has another key than its post), `order` compares as text
    like the entries' age, `at` is when it came in. `item` is None where the user does not want to see it."""

    key: str
    order: str
    at: datetime
    external_id: str
    item: Item | None

    @property
    def print(self) -> str:
        """Stands for what it says."""
        said = f"{self.item.title}\n{self.item.text}" if self.item else ""
        return blake2b(said.encode(), digest_size=5).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`following` is what the next page is asked for with, None where there is none."""

    entries: tuple[Entry, ...] = ()
    following: str | None = None
    notices: tuple[str, ...] = ()


class Timeline(Protocol):
    """How one timeline is asked. Every method raises: NeedsLogin, TryLater or Misconfigured."""

    name: str
    """Stands for it in the cursor."""
    page_size: int
    window: int
    """So many of its newest entries are looked at again by each poll, for edits, deletions and late arrivals."""
    is_ranked: bool
    """Its order is not that of time: only its first page is read, and `window` is how many of its entries are remembered."""

    def page(self, at: str | None, most: int) -> Page:
        """The page at `at`, the newest where that is None, with at most so many entries."""

    def gone(self, external_ids: Sequence[str]) -> set[str]:
        """Those that the source no longer has."""

    def completed(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """The items as they are handed on, with what is worth a request for new ones alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """A way down a timeline. It ends at `until`; the first also when `left` items are taken or at `oldest`.

    `below` is the order of the last entry met. `is_doubted` says that nothing was met at `at` although something
    should be: the next poll asks once more, and then believes it.
    """

    at: str | None = None
    below: str = _ABOVE_ALL
    until: str = ""
    left: int | None = None
    oldest: str = ""
    is_doubted: bool = False


@dataclass(kw_only=True)
class _Place:
    """Where reading a timeline stands. `known` has for each key its order, print, external id and, where it is no longer
    seen though it is not gone, the day on which that was asked. What is unknown at `floor` or below it is left out for good."""

    known: dict[str, list[str]] = field(default_factory=dict)
    floor: str = ""
    walk: _Walk | None = None

    @classmethod
    def of(cls, kept: Any) -> _Place:
        walk = kept.get("walk")
        return cls(known=dict(kept["known"]), floor=kept["floor"], walk=_Walk(**walk) if walk else None)

    def kept(self) -> dict[str, Any]:
        walk = {"walk": asdict(self.walk)} if self.walk else {}
        return {"known": dict(self.known), "floor": self.floor, **walk}

    def remember(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.known.pop(entry.key, None)
            self.known[entry.key] = [entry.order, entry.print, entry.external_id]

    def is_news(self, entry: Entry) -> bool:
        known = self.known.get(entry.key)
        return known is None or known[1] != entry.print

    def trim(self, window: int) -> None:
        """Forget all but the newest, and what the walk has yet to come to. What is forgotten is out of sight for good."""
        newest = sorted(self.known.items(), key=lambda known: known[1][0], reverse=True)
        ahead = self.walk.below if self.walk else ""
        for key, known in newest[window:]:
            if known[0] >= ahead:
                self.floor = max(self.floor, known[0])
                del self.known[key]


@dataclass
class _Poll:
    """What one poll may do. `left` items may still be yielded."""

    options: Options
    now: datetime
    left: int
    cancelled: Event
    first_run_items: int = 0
    """At most so many are taken from a timeline that was never read."""

    @property
    def is_over(self) -> bool:
        return self.left <= 0 or self.cancelled.is_set()

    @property
    def oldest(self) -> datetime:
        return self.now - timedelta(days=self.options.first_run_days)


def read(
    timelines: Sequence[Timeline],
    cursor: Cursor | None,
    options: Options,
    *,
    now: datetime,
    limit: int,
    cancelled: Event,
) -> Iterator[Batch]:
    """What `Connector.poll` yields. The bound of the first poll is shared out: what one does not need is left to the next.

    The cursor is this module's under the key "timelines"; what else stands in it is handed on.
    """
    kept = dict((cursor or {}).get("timelines", {}))
    kept = {timeline.name: kept[timeline.name] for timeline in timelines if timeline.name in kept}
    poll = _Poll(options, now, limit, cancelled)
    new = [timeline.name for timeline in timelines if timeline.name not in kept]
    for_new = options.first_run_items * len(new) // max(1, len(timelines))

    def batch(page: Batch, more: bool) -> Batch:
        return replace(page, cursor={**(cursor or {}), "timelines": dict(kept)}, more=more)

    for timeline in timelines:
        place = _Place.of(kept[timeline.name]) if timeline.name in kept else _Place()
        is_new = timeline.name in new
        if is_new:
            poll.first_run_items = max(1, for_new // len(new))
        pages = _ranked(timeline, place, poll, is_new) if timeline.is_ranked else _walked(timeline, place, poll, is_new)
        for page in pages:
            if place.known or place.floor:
                kept[timeline.name] = place.kept()
            poll.left -= len(page.items)
            for_new -= len(page.items) if is_new else 0
            if page.items or page.deleted or page.notices:
                yield batch(page, more=True)
            if poll.is_over:
                return
        if is_new:
            new.remove(timeline.name)
    yield batch(Batch(), more=False)


def _walked(timeline: Timeline, place: _Place, poll: _Poll, is_new: bool) -> Iterator[Batch]:
    """Finish the walk that an earlier poll began, then walk from the top."""
    if place.walk:
        yield from _down(timeline, place, poll)
        if place.walk or poll.is_over:
            return
        is_new = False
    place.walk = _Walk(until=place.floor)
    if is_new:
        place.walk = _Walk(left=poll.first_run_items, oldest=poll.oldest.isoformat())
    yield from _down(timeline, place, poll)


def _down(timeline: Timeline, place: _Place, poll: _Poll) -> Iterator[Batch]:
    """Go down page by page, until the walk is done, which `place.walk` then no longer names, or the poll is over."""
    idle = 0
    while (walk := place.walk) and not poll.is_over and idle < _MOST_IDLE:
        most = min(timeline.page_size, poll.left, timeline.page_size if walk.left is None else walk.left)
        page = timeline.page(walk.at, most)
        has_moved = any(entry.order < walk.below for entry in page.entries)
        if not has_moved and page.following not in (None, walk.at):  # all that stood here is hidden from the user
            idle += 1
            place.walk = replace(walk, at=page.following)
            continue
        if not has_moved:
            yield _at_no_entry(timeline, place, page, poll)
            return
        news, dropped = _taken(place, page, walk)
        deleted = _missing(timeline, place, page, walk, poll)
        place.remember([entry for entry in page.entries if entry.order > walk.until or entry.key in place.known])
        for entry in dropped:
            place.known.pop(entry.key, None)
        items = timeline.completed([entry.item for entry in news if entry.item])
        left = None if walk.left is None else max(0, walk.left - len(items))
        walk = replace(walk, at=page.following, below=page.entries[-1].order, left=left, is_doubted=False)
        if dropped or left == 0 or page.following is None or walk.below <= walk.until:
            if walk.left is not None:  # the first walk: what is unknown now was left out
                place.floor = max(place.floor, max((entry.order for entry in dropped), default=walk.below))
            place.walk = None
        else:
            place.walk = walk
        place.trim(timeline.window)
        yield Batch(items=items, deleted=deleted, notices=page.notices)


def _at_no_entry(timeline: Timeline, place: _Place, page: Page, poll: _Poll) -> Batch:
    """Where nothing follows: the end of the timeline, or an answer that forgot what follows. The next poll asks again."""
    walk = place.walk
    assert walk is not None
    if walk.at is not None and not walk.is_doubted:
        place.walk = replace(walk, is_doubted=True)
        return Batch(notices=page.notices)
    deleted = _missing(timeline, place, page, walk, poll)
    if walk.at is not None:
        place.floor = max(place.floor, walk.below)
    place.walk = None
    return Batch(deleted=deleted, notices=page.notices)


def _taken(place: _Place, page: Page, walk: _Walk) -> tuple[list[Entry], list[Entry]]:
    """The entries to hand on, and those that are too old for the first walk."""
    dropped = [entry for entry in page.entries if walk.oldest and entry.at < datetime.fromisoformat(walk.oldest)]
    news = [e for e in page.entries if place.is_news(e) and (e.order > walk.until or e.key in place.known)]
    return [entry for entry in news if entry not in dropped], dropped


def _missing(timeline: Timeline, place: _Place, page: Page, walk: _Walk, poll: _Poll) -> tuple[str, ...]:
    """The external ids of what should have been on this page, and is gone from the source."""
    if not poll.options.follow_deletions:
        return ()
    here = {entry.key for entry in page.entries}
    lowest = page.entries[-1].order if page.entries and page.following else ""
    absent = [key for key, known in place.known.items() if key not in here and lowest < known[0] < walk.below]
    return _gone(timeline, place, absent, poll)


def _gone(timeline: Timeline, place: _Place, absent: Sequence[str], poll: _Poll) -> tuple[str, ...]:
    """The external ids of those that the source no longer has; each is asked after once a day."""
    today = poll.now.date().isoformat()
    unasked = {key: place.known[key][2] for key in absent if place.known[key][3:] != [today]}
    asked_after = list(dict.fromkeys(unasked.values()))[:_MOST_ASKED_AFTER]
    if not asked_after:
        return ()
    gone = timeline.gone(asked_after)
    for key, external_id in unasked.items():
        if external_id in asked_after and external_id not in gone:
            place.known[key] = [*place.known[key][:3], today]
    place.known = {key: known for key, known in place.known.items() if known[2] not in gone}
    return tuple(external_id for external_id in asked_after if external_id in gone)


def _ranked(timeline: Timeline, place: _Place, poll: _Poll, is_new: bool) -> Iterator[Batch]:
    """What is new on the first page. The first poll takes its upper part, and knows the rest from then on. What has left
    the page is mostly only out of favour: it is asked after, what was seen last first."""
    if poll.is_over:
        return
    page = timeline.page(None, timeline.page_size)
    here = {entry.key for entry in page.entries}
    follows = poll.options.follow_deletions and not is_new
    deleted = _gone(timeline, place, [key for key in reversed(place.known) if key not in here], poll) if follows else ()
    news = [entry for entry in page.entries if place.is_news(entry)]
    taken = news[: poll.left]
    if is_new:
        taken = [entry for entry in news if entry.at >= poll.oldest][: min(poll.first_run_items, poll.left)]
        place.remember(news)
    place.remember([entry for entry in page.entries if not place.is_news(entry)])  # the last to be forgotten
    place.remember(taken)
    for key in list(place.known)[: max(0, len(place.known) - timeline.window)]:
        del place.known[key]
    items = timeline.completed([entry.item for entry in taken if entry.item])
    yield Batch(items=items, deleted=deleted, notices=page.notices)
