"""Who has the floor: a conversation is answered once at a time, however many terminals speak in it.

The service holds one; `conversations` takes it for the length of a turn.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from assistant.errors import Conflict
from assistant.sessions.watched import BEAT_S, GRACE_S

PATIENCE_S = BEAT_S + GRACE_S + 0.5
"""A turn that was stopped, or whose end is kept, lets go within so long."""


class Floor:
    def __init__(self) -> None:
        self._changed = Condition()
        self._taken: set[int] = set()
        self._others = 0
        self._left_at = -math.inf

    @contextmanager
    def kept_free(self) -> Iterator[None]:
        """Training gives way meanwhile as it does to a turn; nobody is kept from talking."""
        with self._changed:
            self._others += 1
        try:
            yield
        finally:
            with self._changed:
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
        """Nobody else is answered in this conversation meanwhile. Waits a moment for whoever is about to let go.

        Raises: Conflict while somebody is answered.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: conversation_id not in self._taken, PATIENCE_S):
                raise Conflict(
                    f"Conversation {conversation_id} is being answered just now.",
                    "Wait for the reply or stop it; `telos chat` begins another conversation.",
                )
            self._taken.add(conversation_id)
        try:
            yield
        finally:
            with self._changed:
                self._taken.discard(conversation_id)
                self._left_at = time.monotonic()
                self._changed.notify_all()
