"""Who has the floor: a conversation is answered once at a time, however many terminals speak in it.

The service holds one; `conversations` takes it for the length of a turn.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from assistant.errors import Conflict


class Floor:
    def __init__(self) -> None:
        self._lock = Lock()
        self._taken: set[int] = set()
        self._others = 0
        self._left_at = -math.inf

    @contextmanager
    def kept_free(self) -> Iterator[None]:
        """Training gives way meanwhile as it does to a turn; nobody is kept from talking."""
        with self._lock:
            self._others += 1
        try:
            yield
        finally:
            with self._lock:
                self._others -= 1

    @property
    def is_taken(self) -> bool:
        """Whether anybody is being answered just now, or it is kept free."""
        return bool(self._taken or self._others)

    @property
    def quiet_s(self) -> float:
        """So long nobody has been answered; 0 while somebody is."""
        return 0.0 if self.is_taken else time.monotonic() - self._left_at

    @contextmanager
    def taken(self, conversation_id: int) -> Iterator[None]:
        """Nobody else is answered in this conversation meanwhile.

        Raises: Conflict while somebody is.
        """
        with self._lock:
            if conversation_id in self._taken:
                raise Conflict(
                    f"Conversation {conversation_id} is being answered just now.",
                    "Wait for the reply or stop it; `telos chat` begins another conversation.",
                )
            self._taken.add(conversation_id)
        try:
            yield
        finally:
            with self._lock:
                self._taken.discard(conversation_id)
                self._left_at = time.monotonic()
