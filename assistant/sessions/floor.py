"""Who has the floor: a conversation is answered once at a time, however many terminals speak in it.

The service holds one; `conversations` takes it for the length of a turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from assistant.errors import Conflict


class Floor:
    def __init__(self) -> None:
        self._lock = Lock()
        self._taken: set[int] = set()

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
