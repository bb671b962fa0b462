"""Where reading stands: the cursor, typed. How far each listing is read, what is known, and how known stories fared.

It asks nobody and makes no items. `connectors.hackernews.reading` moves it; every change is a new object or kept in place
until `cursor` is taken.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.base import Cursor

_MOST_KNOWN = 1500
_MOST_FOLLOWED = 400


@dataclass(slots=True)
class Scan:
    """A listing, in seconds since 1970. All of it is known from `newest` down; a scan under way began at `head` and goes on
    at `below`, where the ids of `edge` were taken. What is not younger than `floor` never comes."""

    newest: int = 0
    head: int = 0
    below: int | None = None
    edge: list[str] = field(default_factory=list)
    floor: int = 0
    taken: int = 0

    def end(self) -> None:
        """The scan came through to what was known."""
        self.newest = max(self.newest, self.head)
        self.head, self.below, self.edge = 0, None, []

    def go_on_below(self, seen: list[tuple[int, str]]) -> None:
        """These, newest first, are done with: their instants and ids. A page of one second, all known, ends that second."""
        if not seen:
            return
        lowest = seen[-1][0]
        edge = [identity for at, identity in seen if at == lowest]
        is_stuck = lowest == self.below and set(edge) <= set(self.edge)
        self.below, self.edge = (lowest - 1, []) if is_stuck else (lowest, edge)


@dataclass(slots=True)
class Fate:
    """How a story stood when it was last brought: score, comments, a print of what it says, and whether the best comments
    came along. A comment of a user has an `author` instead, whose listing is all there is to follow it by."""

    created: int
    points: int = 0
    comments: int = 0
    says: str = ""
    has_comments: int = 0
    author: str = ""

    def as_list(self) -> list[Any]:
        return [self.created, self.points, self.comments, self.says, self.has_comments, self.author]


class Place:
    """Of what is known the newest are remembered, and the newest stories of those followed."""

    def __init__(self, cursor: Cursor | None) -> None:
        kept = dict(cursor or {})
        self._scans = {key: Scan(**values) for key, values in kept.get("lists", {}).items()}
        self.known = {identity: Fate(*values) for identity, values in kept.get("known", {}).items()}
        self.horizon = int(kept.get("horizon", 0))
        """What was created until then may be known, and is forgotten."""

    def scan(self, key: str) -> Scan:
        return self._scans.setdefault(key, Scan())

    def followed(self, since: int) -> list[str]:
        """The newest of what is known well enough to see that it changed, created at `since` or later."""
        well_known = [identity for identity, fate in self.known.items() if fate.says and fate.created >= since]
        return sorted(well_known, key=lambda identity: self.known[identity].created, reverse=True)[:_MOST_FOLLOWED]

    def bury(self, identity: str) -> None:
        """It is gone. That it was there stays known, for the search may go on showing it."""
        self.known[identity] = Fate(self.known[identity].created)

    def cursor(self, followed_since: int) -> Cursor:
        newest = sorted(self.known, key=lambda identity: self.known[identity].created, reverse=True)
        for identity in newest[_MOST_KNOWN:]:
            self.horizon = max(self.horizon, self.known.pop(identity).created)
        followed = set(self.followed(followed_since))
        known = {
            identity: fate.as_list() if identity in followed else [fate.created]
            for identity, fate in self.known.items()
        }
        lists = {
            key: {name: value for name, value in asdict(scan).items() if value} for key, scan in self._scans.items()
        }
        return {"lists": lists, "known": known, "horizon": self.horizon}
