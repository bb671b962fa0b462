"""Time, handed in. Everything that asks what time it is asks a `Clock`, so that tests may set it.

Instants are aware and in UTC; a "day" is a local date in the user's zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FakeClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, step: timedelta) -> None:
        self._now += step

    def set(self, instant: datetime) -> None:
        self._now = instant.astimezone(UTC)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The user's calendar day at `instant`."""
    return instant.astimezone(zone).date()


def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, of a wall-clock time on a local day.

    A time that a spring change skips is read with the offset before the gap, so it falls just after it; one that
    occurs twice in autumn is its first occurrence (PEP 495, fold 0).
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
