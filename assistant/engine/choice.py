"""Which engine a task has: by configuration, one process for each model however many tasks it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from assistant.config.schema import ModelSettings
from assistant.engine.contract import TASKS, Engine, Task
from assistant.engine.extractive import Extractive


@dataclass(frozen=True, slots=True)
class Choice:
    """A model as configured for a task; equal choices share an engine."""

    engine: str
    name: str = ""
    revision: str = ""
    address: str = ""
    api_key: SecretStr | None = None


Make = Callable[[Choice, ModelSettings], Engine]


def chosen(settings: ModelSettings, task: Task) -> Choice:
    """What `[model]` and `[model.TASK]` say together. A task that names another engine takes nothing but that from it."""
    own = getattr(settings, task)
    if own.engine is not None and own.engine != settings.engine:
        return Choice(own.engine, own.name, own.revision or "main", own.address, own.api_key)
    if settings.engine == "extractive":
        return Choice("extractive")
    return Choice(
        settings.engine,
        own.name or settings.name,
        own.revision or ("main" if own.name else settings.revision),
        own.address or settings.address,
        own.api_key or settings.api_key,
    )


class Engines:
    """The engine of each task. They are built when first asked for, and start nothing by that."""

    def __init__(self, settings: ModelSettings, make: Make) -> None:
        self.settings = settings
        self._make = make
        self._made: dict[Choice, Engine] = {}

    def of(self, task: Task) -> Engine:
        choice = chosen(self.settings, task)
        if choice.engine == "extractive":
            return Extractive()
        if choice not in self._made:
            self._made[choice] = self._make(choice, self.settings)
        return self._made[choice]

    def under(self, settings: ModelSettings) -> Engines:
        """Others, made the same way, under other settings: for a model that is only to be tried."""
        return Engines(settings, self._make)

    def in_use(self) -> list[tuple[Task, Choice, Engine]]:
        return [(task, chosen(self.settings, task), self.of(task)) for task in TASKS]

    def close(self) -> None:
        for engine in self._made.values():
            engine.close()
