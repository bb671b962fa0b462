"""How often a host is asked: never faster than a pause apart, and not at all while it asked to be left alone.

Knows hosts and seconds, nothing of requests; `connectors.transport.guarded_http` takes its turn here before each exchange.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

LONGEST_WAIT = timedelta(days=1)
"""A host that asks to be left alone for longer is asked again after this all the same."""


class LeftAlone(httpx.TransportError):
    """The host asked to be left alone for `after` more; it was not asked."""

    def __init__(self, host: str, after: timedelta) -> None:
        super().__init__(f"{host} asked to be left alone")
        self.after = after


class Stopped(httpx.TransportError):
    """Telos is stopping, so nothing is asked any more."""


class Pace:
    """One for all requests of a process. `pause_s` 0 means that nothing ever pauses, whatever a connector asks for."""

    def __init__(self, pause_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = pause_s
        self._now = now
        self._changing = threading.Lock()
        self._stopped = threading.Event()
        self._next_turn: dict[str, float] = {}
        self._left_alone_until: dict[str, float] = {}

    def take_turn(self, host: str, pause_s: float = 0.0) -> None:
        """Wait until `host` may be asked; the next turn comes `pause_s` later, or the usual pause if that is longer.

        Raises: LeftAlone, Stopped.
        """
        with self._changing:
            now = self._now()
            if (left_s := self._left_alone_until.get(host, now) - now) > 0:
                raise LeftAlone(host, timedelta(seconds=left_s))
            turn = max(now, self._next_turn.get(host, now))
            self._next_turn[host] = turn + (max(pause_s, self._pause_s) if self._pause_s else 0.0)
        if self._stopped.wait(turn - now):
            raise Stopped("Telos is stopping.")

    def leave_alone(self, host: str, wait: timedelta) -> None:
        """Do not ask `host` again before `wait` is over."""
        with self._changing:
            self._left_alone_until[host] = self._now() + min(wait, LONGEST_WAIT).total_seconds()

    def stop(self) -> None:
        """Wake all that wait and let nobody ask any more."""
        self._stopped.set()


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait that an answer asks for in `Retry-After`, in seconds or as a date (read against the answer's own `Date`).

    None where it asks for none, or for nonsense; never less than zero nor more than `LONGEST_WAIT`.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        wait = timedelta(seconds=min(int(asked[:9]), LONGEST_WAIT.total_seconds()))
    elif until := _http_date(asked):
        wait = until - (_http_date(headers.get("Date", "")) or datetime.now(UTC))
    else:
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


def _http_date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
