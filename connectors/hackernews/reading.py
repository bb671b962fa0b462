"""One poll of Hacker News: what is new in each listing, then how the stories of the last days have fared.

A story comes again, with the same text, when its score or the number of its comments has grown by half, so that memory
has present facts and no versions of them. What is gone is asked for by id before it is said to be. `HackerNews` calls `poll`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from threading import Event

from connectors.base import Batch, Cursor, Item
from connectors.hackernews import HackerNewsOptions
from connectors.hackernews.items import count_of_comments, is_comment, is_readable, item_of, points, says
from connectors.hackernews.official import Official
from connectors.hackernews.place import Fate, Place, Scan
from connectors.hackernews.search import Hit, Listing, Page, Search, created, listings
from connectors.transport import WaysOut

_MOST_DISCUSSIONS = 10
"""Of the stories that are due, a poll reads the comments of so many; the others wait for the next."""
_MOST_ASKED_AFTER = 20
_DISCUSSED = 5
"""So many comments make a discussion."""


class Reading:
    def __init__(self, options: HackerNewsOptions, ways_out: WaysOut, now: datetime, cancelled: Event) -> None:
        self._options = options
        self._search = Search(ways_out)
        self._official = Official(ways_out)
        self._now = now
        self._cancelled = cancelled
        self._followed_since = int((now - timedelta(days=options.follow_days)).timestamp())
        self._left = 0
        self._place = Place(None)
        self._listings = listings(
            options.lists_read, options.queries, options.users, options.min_points, options.follow_days
        )

    def poll(self, cursor: Cursor | None, limit: int) -> Iterator[Batch]:
        """Yield pages of new stories, then those that have changed. Raises: NeedsLogin, TryLater or Misconfigured."""
        self._place = Place(cursor)
        self._left = limit
        for listing in self._listings:
            is_done, was_under_way = False, self._place.scan(listing.key).below is not None
            while not is_done:
                items, gone, is_done = self._next_page(listing)
                if items or gone:
                    yield self._batch(items, gone, more=True)
                if self._cancelled.is_set() or not self._left:
                    return
                if is_done and was_under_way:  # what came since that scan began stands above it
                    is_done = was_under_way = False
        for item, gone in self._fates():
            yield self._batch([item] if item else [], gone, more=True)
            if self._cancelled.is_set() or not self._left:
                return
        yield self._batch([], [], more=False)

    def _batch(self, items: Sequence[Item], gone: Sequence[str], *, more: bool) -> Batch:
        cursor = self._place.cursor(self._followed_since)
        return Batch(items=tuple(items), deleted=tuple(gone), cursor=cursor, more=more)

    def _next_page(self, listing: Listing) -> tuple[list[Item], list[str], bool]:
        """New items of a listing, what is gone from it, and whether it is read to its end."""
        scan = self._place.scan(listing.key)
        is_first = not scan.newest
        if is_first and not scan.floor:
            scan.floor = max(1, int((self._now - timedelta(days=self._options.first_run_days)).timestamp()))
        after = scan.floor if is_first else max(scan.newest - listing.overlap_s, scan.floor, self._place.horizon)
        page = self._search.page(listing, after=after, until=scan.below)
        scan.head = max(scan.head, *(created(hit) for hit in page.hits), 0)
        gone = self._gone_from(listing, page, after) if page.is_all and scan.below is None else []
        fresh = [hit for hit in page.hits if self._is_new(hit, scan)]
        quota = max(1, self._options.first_run_items // len(self._listings)) - scan.taken if is_first else len(fresh)
        taken = fresh[: min(quota, self._left)]
        edited = [hit for hit in page.hits if self._is_edited(hit)][: self._left - len(taken)]
        items = [self._take(hit) for hit in (*taken, *edited)]
        self._left -= len(items)
        scan.taken += len(taken) if is_first else 0
        is_capped = is_first and len(taken) == quota and (len(fresh) > quota or not page.is_all)
        if is_capped and taken:
            scan.floor = created(taken[-1])
        if is_capped or (page.is_all and len(taken) == len(fresh)):
            scan.end()
            return items, gone, True
        scan.go_on_below([(created(hit), str(hit["objectID"])) for hit in self._seen(page, fresh, taken)])
        return items, gone, False

    def _seen(self, page: Page, fresh: Sequence[Hit], taken: Sequence[Hit]) -> Sequence[Hit]:
        """What of a page is done with: all, or what stands above the first that there was no room for."""
        if len(taken) == len(fresh):
            return page.hits
        return page.hits[: page.hits.index(fresh[len(taken)])]

    def _is_new(self, hit: Hit, scan: Scan) -> bool:
        identity = str(hit["objectID"])
        return identity not in self._place.known and identity not in scan.edge and is_readable(hit)

    def _is_edited(self, hit: Hit) -> bool:
        """A comment is compared where it is met; a story's fate is asked for afterwards."""
        fate = self._place.known.get(str(hit["objectID"]))
        return is_comment(hit) and fate is not None and bool(fate.says) and fate.says != says(hit)

    def _take(self, hit: Hit, comments: Sequence[dict[str, str]] = ()) -> Item:
        author = str(hit.get("author") or "") if is_comment(hit) else ""
        self._place.known[str(hit["objectID"])] = Fate(
            created(hit), points(hit), count_of_comments(hit), says(hit), int(bool(comments)), author
        )
        return item_of(hit, comments)

    def _gone_from(self, listing: Listing, page: Page, after: int) -> list[str]:
        """The known comments of a user that a listing should show and does not, if they are gone."""
        shown = {str(hit["objectID"]) for hit in page.hits}
        user = listing.key.removeprefix("user ")
        missing = [
            identity
            for identity, fate in self._place.known.items()
            if fate.author == user and fate.created > after and identity not in shown
        ]
        return self._asked_after(missing)

    def _fates(self) -> Iterator[tuple[Item | None, list[str]]]:
        """The stories that have changed, and those that are gone; those with most points first."""
        newest = self._place.followed(self._followed_since)
        followed = [identity for identity in newest if not self._place.known[identity].author]
        found = self._search.stories(followed)
        if gone := self._asked_after([identity for identity in followed if identity not in found]):
            yield None, gone
        due = [hit for identity, hit in found.items() if self._is_due(hit, self._place.known[identity])]
        due.sort(key=lambda hit: (says(hit) != self._place.known[str(hit["objectID"])].says, points(hit)), reverse=True)
        for hit in due[:_MOST_DISCUSSIONS]:
            identity = str(hit["objectID"])
            comments: tuple[dict[str, str], ...] = ()
            if self._options.top_comments and count_of_comments(hit):
                discussion = self._official.discussion(identity, self._options.top_comments)
                if discussion.is_gone:
                    self._place.bury(identity)
                    yield None, [identity]
                    continue
                comments = discussion.comments
            item = self._take(hit, comments)
            self._place.known[identity].has_comments = int(count_of_comments(hit) >= _DISCUSSED)
            self._left -= 1
            yield item, []

    def _is_due(self, hit: Hit, fate: Fate) -> bool:
        has_grown = any(
            now >= then + max(then // 2, _DISCUSSED)
            for now, then in ((points(hit), fate.points), (count_of_comments(hit), fate.comments))
        )
        is_discussed = bool(self._options.top_comments) and count_of_comments(hit) >= _DISCUSSED
        return has_grown or says(hit) != fate.says or (is_discussed and not fate.has_comments)

    def _asked_after(self, missing: Sequence[str]) -> list[str]:
        """Those of the missing that are deleted or dead: the search forgets for other reasons, too."""
        gone = [identity for identity in missing[:_MOST_ASKED_AFTER] if self._official.is_gone(identity)]
        for identity in gone:
            self._place.bury(identity)
        return gone
