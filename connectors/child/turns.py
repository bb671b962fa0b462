"""Turns in the order of asking. A plain lock goes to whoever happens to run, which is most often the one that had it before.

`parent` has one for each process: a question that arrives while thousands of texts are embedded is the next to be
answered, not the last. It knows nothing of what is done in a turn.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class Turns:
    """A lock that is handed to the one that has waited longest. Not reentrant."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, *, blocking: bool = True) -> bool:
        """Take the turn; whether it was taken, which without `blocking` it is only where nobody has it or waits."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            if not blocking:
                return False
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            called.acquire()  # whoever had the turn lets it go to us: it stays taken
        except BaseException:  # an interrupt while we wait
            with self._guard:
                was_called = called not in self._waiting
                if not was_called:
                    self._waiting.remove(called)
            if was_called:
                self.release()
            raise
        return True

    def release(self) -> None:
        """Let the turn go, to the one that has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()
