"""What a piece of work costs this machine, however much else the machine has to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

ENOUGH_S = 5.0
"""Many times what a text of 200,000 characters takes to read, and a part of what it takes by the square of its length."""


@contextmanager
def little_effort() -> Iterator[None]:
    """Raises AssertionError where this thread was at work for longer than `ENOUGH_S`, its waits left out."""
    begun = time.thread_time()
    yield
    took = time.thread_time() - begun
    assert took < ENOUGH_S, f"It took {took:.0f} s of work."
