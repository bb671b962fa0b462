"""When the morning digest is due, which days were missed, and when the next one comes. Pure: no clock, no rows.

A scheduled digest belongs to a local day of the user. It is due from its hour on, on that day only, and within the
bound of the catch-up; a day that has its digest, whatever became of the mail, is never due again. `assistant.digests`
hands in the instant and the days that have one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant.clock import local_day, local_instant
from assistant.config.schema import WEEKDAYS, Settings, Weekday

PUNCTUAL = timedelta(minutes=10)
"""A digest so little after its hour is on time, even where no catch-up is wanted: the tick and a poll take a while."""

FARTHEST_DAY = timedelta(days=2)
"""Local dates around the world are never farther apart, so travel alone cannot put a sent day farther ahead."""

REMEMBERED_DAYS = 14
"""Missed days are counted so far back."""

HORIZON_DAYS = 800
"""The next digest is looked for so far ahead: a pause may be long."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """No scheduled digest from the local day `since` on; it comes again on the day `until`."""

    since: date
    until: date

    def covers(self, day: date) -> bool:
        return self.since <= day < self.until


@dataclass(frozen=True, slots=True)
class Timetable:
    """What the user wants: an hour, days of the week, a zone, a bound for catching up, perhaps a pause.

    `since` is when Telos first ran here: an hour before that was not missed, so day one brings no digest by surprise.
    """

    at: time
    days: tuple[Weekday, ...]
    zone: ZoneInfo
    catch_up: timedelta
    pause: Pause | None = None
    since: datetime | None = None

    @classmethod
    def of(cls, settings: Settings, *, pause: Pause | None = None, since: datetime | None = None) -> Timetable:
        digest = settings.digest
        return cls(digest.at, digest.days, settings.user.zone, timedelta(hours=digest.catch_up_hours), pause, since)

    def wants(self, day: date) -> bool:
        if WEEKDAYS[day.weekday()] not in self.days or (self.pause and self.pause.covers(day)):
            return False
        return self.since is None or self.since <= self.start(day)

    def start(self, day: date) -> datetime:
        """The instant from which the digest of `day` is due."""
        return local_instant(day, self.at, self.zone)

    def end(self, day: date) -> datetime:
        """The instant after which it is missed: the catch-up's bound, or the end of its own local day."""
        start = self.start(day)
        return min(start + max(self.catch_up, PUNCTUAL), local_instant(day + DAY, time(0), self.zone))


def due_day(timetable: Timetable, now: datetime, made: Collection[date]) -> date | None:
    """The local day whose digest is to be made now, if any. `made` are the days that have a scheduled one."""
    today = local_day(now, timetable.zone)
    if not timetable.wants(today) or _has_digest(today, made):
        return None
    return today if timetable.start(today) <= now < timetable.end(today) else None


def is_late(timetable: Timetable, now: datetime, day: date) -> bool:
    """Whether a digest of `day` made now is a catch-up, which it then says."""
    return now > timetable.start(day) + PUNCTUAL


def missed_days(timetable: Timetable, now: datetime, made: Collection[date]) -> tuple[date, ...]:
    """The wanted days since the last digest that passed without one, oldest first.

    Today is one of them once its bound has passed. A home that never made a digest missed none.
    """
    today = local_day(now, timetable.zone)
    last = max((day for day in made if day <= today), default=None)
    if last is None:
        return ()
    is_over = now >= timetable.end(today) and not _has_digest(today, made)
    end = today + DAY if is_over else today
    first = max(last + DAY, end - REMEMBERED_DAYS * DAY)
    return tuple(day for day in _days(first, end) if timetable.wants(day))


def next_instant(timetable: Timetable, now: datetime, made: Collection[date]) -> datetime | None:
    """When the next scheduled digest is due: `now` if one is, `None` if no day is wanted within two years."""
    if due_day(timetable, now, made) is not None:
        return now
    today = local_day(now, timetable.zone)
    for day in _days(today, today + HORIZON_DAYS * DAY):
        if timetable.wants(day) and not _has_digest(day, made) and timetable.start(day) > now:
            return timetable.start(day)
    return None


def _has_digest(day: date, made: Collection[date]) -> bool:
    """Whether `day` has its digest, or one of a later date was made before the user travelled west.

    A digest dated farther ahead came from a clock that was wrong; it does not silence the days until then.
    """
    return any(day <= other <= day + FARTHEST_DAY for other in made)


def _days(first: date, end: date) -> list[date]:
    return [first + offset * DAY for offset in range((end - first).days)]
