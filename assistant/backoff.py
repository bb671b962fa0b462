"""How long to wait after a failure. Pure; sources and deliveries that fail ask it."""

from __future__ import annotations

from datetime import timedelta


def backoff(failures: int, *, first: timedelta, most: timedelta, asked: timedelta | None = None) -> timedelta:
    """The pause after so many failures in a row: `first`, then twice as long each time, up to `most`.

    A wait that the other side `asked` for is kept even where it is longer than that.
    """
    doublings = min(max(failures, 1) - 1, 20)  # beyond this a timedelta overflows
    return max(min(first * (1 << doublings), most), asked or timedelta())
