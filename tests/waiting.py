"""Waiting for what another thread does: until it has come about, and no longer than somebody would wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], what: str = "it comes about", patience_s: float = 20.0) -> None:
    """Look again and again. Raises AssertionError with `what` where it does not hold in time."""
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, f"It did not come about in {patience_s:g} s that {what}."
        time.sleep(0.01)
