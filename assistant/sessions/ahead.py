"""The model reads a conversation ahead while nobody waits for it, so that the next turn's first token comes sooner.

After a turn its message and reply are read as later prompts tell them, without the tail that the reply was written by.
The service holds one; `turn` begins it. Whatever is asked of the model meanwhile goes first, and what goes wrong is told
to the log alone: the next turn then reads it itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread

from assistant.engine.contract import Engine
from assistant.errors import TelosError
from assistant.sessions import context
from assistant.sessions.context import Bounds, Told

log = logging.getLogger(__name__)

END_S = 10.0


def read(told: Told, engine: Engine, bounds: Bounds, session: str) -> None:
    """Have `engine` read what the next prompt of a conversation begins with. Raises: ModelFailed and its kin."""
    if messages := context.ahead(told, engine, bounds):
        engine.prepare(messages, session)


class Ahead:
    """Work in the background, each piece in a thread of its own; the engine lets one read at a time."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._threads: list[Thread] = []

    def begin(self, work: Callable[[], None]) -> None:
        """Returns at once."""
        thread = Thread(target=_quietly, args=(work,), name="ahead", daemon=True)
        with self._turn:
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()

    def wait(self) -> None:
        """Until what was begun is done; at the end of a service its engines are closed, and that is soon."""
        with self._turn:
            threads = list(self._threads)
        for thread in threads:
            thread.join(END_S)


def _quietly(work: Callable[[], None]) -> None:
    try:
        work()
    except TelosError as err:
        log.info("The conversation was not read ahead: %s", err.sentence)
