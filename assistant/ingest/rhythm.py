"""How often a source brings something new, and when its silence is an alarm. Pure; ingest asks it after each poll.

A server that answers 200 with nothing new for months is broken as surely as one that does not answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

_WEIGHT = 0.25
"""Of the newest gap. A rhythm should survive a holiday and still follow a site that slows down."""
_PATIENCE = 6
"""Gaps of its usual length that a source may be silent for."""
_LEAST_PATIENCE = timedelta(days=4)
"""A long weekend is no alarm, however busy a source is on other days."""


_OLD = timedelta(days=90)
"""What was published longer ago is no news, though its source brings it for the first time."""
_UNDATED_KINDS = ("note",)
"""A file may be as old as it likes: it is new when it is put into its folder."""


def is_news(kind: str, published: datetime | None, now: datetime) -> bool:
    """Whether an item that came for the first time shows that its source lives. Feeds that rot serve old posts anew."""
    return published is None or kind in _UNDATED_KINDS or now - published <= _OLD


def learned(rhythm_s: float | None, last_new: datetime | None, now: datetime) -> float | None:
    """The smoothed seconds between new items, now that some have come; `None` while there was no gap to measure."""
    if last_new is None:
        return rhythm_s
    gap_s = (now - last_new).total_seconds()
    return gap_s if rhythm_s is None else rhythm_s + _WEIGHT * (gap_s - rhythm_s)


def is_stale(rhythm_s: float | None, last_new: datetime, now: datetime, quiet_after: timedelta) -> bool:
    """Whether nothing new has come for too long: `quiet_after` says how long that is while the rhythm is not known."""
    if rhythm_s is None:
        return now - last_new > quiet_after
    return now - last_new > max(_PATIENCE * timedelta(seconds=rhythm_s), _LEAST_PATIENCE)
