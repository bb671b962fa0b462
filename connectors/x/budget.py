"""How many posts may still be read: a month's budget, spread evenly over its days.

Each post that an answer holds counts, as X counts: once in a day (UTC), those that come along with it too. Pure; it is
kept in the cursor of `connectors.x.reading`, which asks `left` before every request and tells what came by `spent`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

_REMEMBERED = 500
"""So many of the day's posts are told apart; what comes again beyond them counts again, which errs on the safe side."""


@dataclass(frozen=True, slots=True)
class Budget:
    """`month` is like "2026-04", `since` the day of it from which is counted, `counted` the ids of `day`."""

    a_month: int
    month: str
    since: int
    read: int = 0
    day: str = ""
    counted: tuple[int, ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None, a_month: int, now: datetime) -> Budget:
        """What the cursor kept, or a new month. A clock that was set back begins no month a second time."""
        month, today = f"{now.astimezone(UTC):%Y-%m}", now.astimezone(UTC).day
        if not kept or kept["month"] < month:
            return cls(a_month, month, today)
        return cls(a_month, kept["month"], kept["since"], kept["read"], kept["day"], tuple(kept["counted"]))

    def kept(self) -> dict[str, Any]:
        """The budget as JSON."""
        return {
            "month": self.month,
            "since": self.since,
            "read": self.read,
            "day": self.day,
            "counted": list(self.counted),
        }

    def left(self, now: datetime) -> int:
        """Posts that may be read today: what the days of the month up to now were given, less what was read."""
        return max(0, self._given(now) - self.read)

    def of_a_day(self) -> int:
        """A day's part of the month's budget."""
        return self.a_month // self._days()

    def spent(self, ids: Iterable[int], now: datetime) -> Budget:
        """With these posts read."""
        day = f"{now.astimezone(UTC):%Y-%m-%d}"
        counted = self.counted if day == self.day else ()
        fresh = [identity for identity in dict.fromkeys(ids) if identity not in set(counted)]
        return replace(self, read=self.read + len(fresh), day=day, counted=(*counted, *fresh)[-_REMEMBERED:])

    def said(self, now: datetime, waiting: Iterable[str] = ()) -> str:
        """The budget as a sentence, with the names of what could not be read for want of it."""
        names = ", ".join(waiting)
        left = self.left(now)
        state = f"{self.read:,} of this month's {self.a_month:,} posts are read, {left:,} more may be today"
        return f"{state}; {names} must wait (posts_a_month)." if names else f"{state}."

    def _given(self, now: datetime) -> int:
        is_this_month = self.month == f"{now.astimezone(UTC):%Y-%m}"
        passed = max(0, now.astimezone(UTC).day - self.since) if is_this_month else 0
        return self.a_month * (passed + 1) // (self._days() - self.since + 1)

    def _days(self) -> int:
        year, month = self.month.split("-")
        return monthrange(int(year), int(month))[1]
