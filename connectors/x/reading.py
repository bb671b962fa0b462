"""One poll of X: feed after feed, page after page, within the month's budget; the cursor between polls is made here.

Every page is a batch with the cursor behind it. It knows the API only as `connectors.x.api` gives it; `connectors.x` builds
and runs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from connectors.base import Batch, Cursor, Item, Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.x.api import MOST, Api, Locked, Page, PlaceLost
from connectors.x.budget import Budget
from connectors.x.options import XOptions
from connectors.x.place import Feed, Place, id_at, instant_of
from connectors.x.posts import Me, item_of, shown_id

AT_WORST = 3
"""Posts that one asked for may bring: itself, the one it quotes and the one it answers. All of them count."""

_FIRST_GLANCE = 10
"""A list is read from its top each time, and what is known there counts again: so a small page comes first."""
_EMPTY_PAGES = 5
_GIVEN_UP = timedelta(hours=12)
_LOOKED_AT_AGAIN = timedelta(hours=1)
_RECENT = 100
_SEARCHED_BACK = timedelta(days=7) - timedelta(minutes=10)
"""The search knows a week, and refuses an id from before."""


@dataclass(slots=True)
class Reading:
    """The state of one poll. `room` is how many items it may still yield."""

    api: Api
    options: XOptions
    now: datetime
    room: int
    cancelled: Event
    budget: Budget
    places: dict[str, Place] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """By the key of a feed: a user's id, a list's name."""
    recent: dict[int, str] = field(default_factory=dict)
    """The posts read last, oldest first: the id of what was read, and of its item."""
    looked_at: datetime | None = None
    turn: int = 0
    notices: list[str] = field(default_factory=list)
    refused: list[SourceFailure] = field(default_factory=list)
    starved: list[Feed] = field(default_factory=list)
    restarted: set[Feed] = field(default_factory=set)

    @classmethod
    def of(
        cls, cursor: Cursor | None, api: Api, options: XOptions, *, now: datetime, room: int, cancelled: Event
    ) -> Reading:
        kept: Mapping[str, Any] = cursor or {}
        budget = Budget.of(kept.get("budget"), options.posts_a_month, now)
        reading = cls(api, options, now, room, cancelled, budget)
        reading.places = {key: Place.of(place) for key, place in kept.get("feeds", {}).items()}
        reading.names = dict(kept.get("names", {}))
        reading.recent = dict(kept.get("recent", []))
        reading.looked_at = datetime.fromisoformat(kept["looked_at"]) if "looked_at" in kept else None
        reading.turn = kept.get("turn", 0)
        return reading

    def batches(self) -> Iterator[Batch]:
        """The poll. The last batch brings no items, but deletions, the notices, and whether there is more."""
        feeds = self._feeds()
        self._look_up(feeds)
        for number, feed in enumerate(feeds):
            try:
                yield from self._read(feed, len(feeds) - number)
            except Locked:
                raise
            except (Misconfigured, NeedsLogin) as failure:
                self.refused.append(failure)
            except TryLater:
                yield Batch(cursor=self._cursor(), more=True)  # what was read counts, though it brought nothing
                raise
            if self.cancelled.is_set():
                return
        if len(self.refused) == len(feeds):
            raise self.refused[0]
        more = any(self._may_go_on(feed) for feed in feeds)
        deleted = () if more else self._gone()
        if not more:
            self.turn += 1
        notices = [*map(str, self.refused), *self.notices, self._about_budget()]
        yield Batch(deleted=deleted, cursor=self._cursor(), notices=tuple(notices), more=more)

    # Feeds

    def _feeds(self) -> list[Feed]:
        """All that is configured; the first of one poll is the last of the next, so that none starves for good."""
        feeds = [Feed("home")] if self.options.home else []
        feeds += [Feed("user", name) for name in self.options.users]
        feeds += [Feed("list", name) for name in self.options.lists]
        feeds += [Feed("search", name) for name in self.options.searches]
        first = self.turn % len(feeds)
        each = max(1, self.options.first_run_items // len(feeds))
        self.places = {feed.key: self.places.get(feed.key) or Place(left=each) for feed in feeds}
        return feeds[first:] + feeds[:first]

    def _look_up(self, feeds: list[Feed]) -> None:
        """The ids of users and the names of lists, once."""
        unknown = [feed.name for feed in feeds if feed.kind == "user" and feed.key not in self.names]
        if unknown:
            found = self.api.users(unknown)
            self.names |= {Feed("user", name).key: found[name] for name in unknown if name in found}
        for feed in feeds:
            if feed.kind == "list" and feed.key not in self.names and (name := self.api.list_name(feed.name)):
                self.names[feed.key] = name

    def _read(self, feed: Feed, feeds_left: int) -> Iterator[Batch]:
        """The pages of one feed, until it is through, or the limit, the budget or the service ends it."""
        if feed.kind in ("user", "list") and feed.key not in self.names:
            raise Misconfigured(f"X does not know {feed.shown}, or does not show it to these keys. Check its spelling.")
        self._give_up_what_is_old(feed)
        share = max(feed.least, self._affordable() // feeds_left)
        empty = 0
        while not self.cancelled.is_set():
            place = self.places[feed.key]
            size = min(MOST, share, self._affordable())
            if not place.is_under_way and feed.kind == "list" and place.newest:
                size = min(size, _FIRST_GLANCE)
            if self.room <= 0:
                return
            if size < feed.least:
                self._starve(feed)
                return
            page = self._page(feed, max(feed.least, min(size, self.room, self._wanted(place))))
            items, is_through = self._taken(feed, page)
            share -= len(page.posts)
            if items:
                yield Batch(items=items, cursor=self._cursor(), more=True)
            empty = 0 if page.posts else empty + 1
            if is_through:
                return
            if empty >= _EMPTY_PAGES:
                raise TryLater(f"X sends one empty page of {feed.shown} after another; it will be asked again later.")

    def _page(self, feed: Feed, size: int) -> Page:
        place = self.places[feed.key]
        identity = self.names[feed.key] if feed.kind == "user" else feed.name
        until = 0 if place.token else place.below
        try:
            page = self.api.page(feed, identity, size, since=self._floor(feed), until=until, token=place.token)
        except PlaceLost:
            if feed in self.restarted:
                raise TryLater(f"X takes no token of {feed.shown}; it will be asked again later.") from None
            self.restarted.add(feed)
            self.places[feed.key] = place = place.without_token()
            page = self.api.page(feed, identity, size, since=self._floor(feed), until=place.below, token="")
        self.budget = self.budget.spent(page.ids, self.now)
        if not page.posts and page.problems:
            problem = page.problems[0].get("detail")
            raise Misconfigured(f"X does not show {feed.shown}: {str(problem)[:200]}")
        return page

    def _taken(self, feed: Feed, page: Page) -> tuple[tuple[Item, ...], bool]:
        """The items of a page, and whether nothing follows behind them. Moves the feed's place."""
        place = self.places[feed.key]
        floor = self._floor(feed)
        shown = [int(post["id"]) for post in page.posts]
        fresh = [post for post in page.posts if int(post["id"]) > floor and not 0 < place.below <= int(post["id"])]
        room = min(self.room, self._wanted(place))
        taken = sorted(fresh, key=lambda post: int(post["id"]), reverse=True)[:room]
        is_cut = len(taken) < len(fresh)
        topic = self.names.get(feed.key, "") if feed.kind == "list" else ""
        items = tuple(item_of(post, page, topic, self._me()) for post in taken)
        place = place.after([int(post["id"]) for post in taken], shown, token=page.token, cut=is_cut)
        reaches_known = feed.kind == "list" and any(identity <= floor for identity in shown)
        is_through = place.left == 0 or (not is_cut and (reaches_known or not page.token))
        self.places[feed.key] = place.at_the_end(floor) if is_through else place
        self.room -= len(taken)
        for post, item in zip(reversed(taken), reversed(items), strict=True):
            self.recent.pop(shown_id(post, page), None)
            self.recent[shown_id(post, page)] = item.external_id
        self.recent = dict(list(self.recent.items())[-_RECENT:])
        return items, is_through

    def _floor(self, feed: Feed) -> int:
        """Posts up to this id are known, or too old to be taken."""
        place = self.places[feed.key]
        floor = place.newest
        if place.left is not None:
            floor = id_at(self.now - timedelta(days=self.options.first_run_days))
        return max(floor, id_at(self.now - _SEARCHED_BACK)) if feed.kind == "search" else floor

    def _wanted(self, place: Place) -> int:
        return MOST if place.left is None else place.left

    def _me(self) -> Me:
        return Me(self.api.own_id, self.options.handle)

    # The budget

    def _affordable(self) -> int:
        """Posts that may be asked for now, whatever they bring along."""
        return self.budget.left(self.now) // AT_WORST

    def _starve(self, feed: Feed) -> None:
        """The budget does not reach: said if it is the day's, while a share that is used up waits for the next poll."""
        if self._affordable() < feed.least:
            self.starved.append(feed)
            self.places[feed.key] = replace(self.places[feed.key], is_starved=True)

    def _give_up_what_is_old(self, feed: Feed) -> None:
        """What a budget left unread for long is left out: the newest posts are worth more than a growing backlog."""
        place = self.places[feed.key]
        if place.is_under_way and place.is_starved and instant_of(place.head) < self.now - _GIVEN_UP:
            self.places[feed.key] = place.at_the_end(self._floor(feed))
            self.notices.append(f"Older posts of {feed.shown} were left out, because the budget did not reach them.")

    def _may_go_on(self, feed: Feed) -> bool:
        place = self.places[feed.key]
        is_unread = place.is_under_way or self.room <= 0
        return is_unread and not place.is_starved and self._affordable() >= feed.least

    def _about_budget(self) -> str:
        return self.budget.said(self.now, [feed.shown for feed in self.starved])

    # What is gone

    def _gone(self) -> tuple[str, ...]:
        """Of the posts read last those that X does not have any more, looked for once an hour for a tenth of the budget."""
        if self.looked_at is None:
            self.looked_at = self.now
        affordable = min(_RECENT, self.budget.of_a_day() // 10, self.budget.left(self.now))
        is_due = self.now - self.looked_at >= _LOOKED_AT_AGAIN
        looked_for = list(self.recent)[-affordable:] if affordable else []
        if not (self.options.follow_deletions and is_due and looked_for):
            return ()
        try:
            page = self.api.posts(looked_for)
        except TryLater as failure:
            self.notices.append(f"Deleted posts were not looked for. {failure}")
            return ()
        self.budget = self.budget.spent(page.ids, self.now)
        self.looked_at = self.now
        missing = {str(problem.get("resource_id") or problem.get("value")) for problem in page.problems}
        gone = [each for each in looked_for if str(each) in missing and each not in page.ids]
        return tuple(dict.fromkeys(self.recent.pop(each) for each in gone))

    def _cursor(self) -> Cursor:
        kept: dict[str, Any] = {
            "feeds": {key: place.kept() for key, place in self.places.items()},
            "budget": self.budget.kept(),
            "names": self.names,
            "recent": [[read, item] for read, item in self.recent.items()],
            "turn": self.turn,
        }
        return kept if self.looked_at is None else {**kept, "looked_at": self.looked_at.isoformat()}
