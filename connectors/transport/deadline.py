"""The moment by which a whole exchange must be over, seen by every single read and write of the thread that runs it.

httpx and httpcore bound each operation, so a server that sends a byte now and then could hold on for ever.
`connectors.transport.guard` cuts the time of each operation by what is left.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx


class Deadline(threading.local):
    """One shared object, one deadline a thread; none outside of `until`."""

    ends_at: float = math.inf

    @contextmanager
    def until(self, ends_at: float) -> Iterator[None]:
        """Within this block nothing may wait past `ends_at` on the monotonic clock."""
        self.ends_at = ends_at
        try:
            yield
        finally:
            self.ends_at = math.inf

    def cut(self, timeout_s: float | None) -> float | None:
        """The seconds that an operation allowed `timeout_s` may still take.

        Raises: httpx.ReadTimeout when none is left.
        """
        left_s = self.ends_at - time.monotonic()
        if left_s <= 0:
            raise httpx.ReadTimeout("The exchange took too long.")
        if left_s == math.inf:
            return timeout_s
        return left_s if timeout_s is None else min(timeout_s, left_s)
