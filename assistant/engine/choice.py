"""Which engine a task has: by configuration, one process for each model however many tasks it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from threading import Lock
from typing import Protocol, runtime_checkable

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
    embeddings: str = ""


CHOSEN = {"engine", "name", "revision", "address", "api_key", "api_key_file", "embeddings"}
"""Keys of `[model]` that become a `Choice`."""
Make = Callable[[Choice, ModelSettings], Engine]


def called(name: str) -> str:
    """What people call a model: one from a folder by the folder's own name, any other as it is."""
    return PurePath(name).name if name.startswith(("/", "~", ".")) else name


def chosen(settings: ModelSettings, task: Task) -> Choice:
    """What `[model]` and `[model.TASK]` say together. A task that names another engine takes nothing but that from it."""
    own = getattr(settings, task)
    if own.engine is not None and own.engine != settings.engine:
        return Choice(own.engine, own.name, own.revision or "main", own.address, own.api_key, own.embeddings)
    if settings.engine == "extractive":
        return Choice("extractive")
    return Choice(
        settings.engine,
        own.name or settings.name,
        own.revision or ("main" if own.name else settings.revision),
        own.address or settings.address,
        own.api_key or settings.api_key,
        own.embeddings or ("" if own.name or own.address else settings.embeddings),
    )


@runtime_checkable
class Retiring(Protocol):
    """An engine with something to give back as soon as nothing is under way."""

    def retire(self) -> None:
        """End what it runs once the call under way is over. A later call starts it again."""
        ...


class Engines:
    """The engine of each task. They are built when first asked for, and start nothing by that. Safe between threads."""

    def __init__(self, settings: ModelSettings, make: Make) -> None:
        self.settings = settings
        self._make = make
        self._made: dict[Choice, Engine] = {}
        self._retired: list[Engine] = []
        self._turn = Lock()

    def of(self, task: Task) -> Engine:
        choice = chosen(self.settings, task)
        if choice.engine == "extractive":
            return Extractive()
        with self._turn:
            if choice not in self._made:
                self._made[choice] = self._make(choice, self.settings)
            return self._made[choice]

    def under(self, settings: ModelSettings) -> Engines:
        """Others, made the same way, under other settings: for a model that is only to be tried."""
        return Engines(settings, self._make)

    def renewed(self, settings: ModelSettings) -> Engines:
        """Those for changed settings. What the change does not touch goes on as it is, with its model and its caches.

        The others are retired: a reply under way is written to its end. These here are not to be used any more.
        """
        after = self.under(settings)
        wanted = {chosen(settings, task) for task in TASKS} if _how(settings) == _how(self.settings) else set()
        with self._turn:
            after._retired = list(self._retired)
            for choice, engine in self._made.items():
                if choice in wanted:
                    after._made[choice] = engine
                    continue
                after._retired.append(engine)
                if isinstance(engine, Retiring):
                    engine.retire()
        return after

    def in_use(self) -> list[tuple[Task, Choice, Engine]]:
        return [(task, chosen(self.settings, task), self.of(task)) for task in TASKS]

    def close(self) -> None:
        """End what they run, and fail what is under way. A later call starts them again."""
        with self._turn:
            engines = [*self._made.values(), *self._retired]
            self._retired.clear()
        for engine in engines:
            engine.close()


def _how(settings: ModelSettings) -> dict[str, object]:
    """What of `[model]` an engine is built from, beside its choice: all but the choice itself, ceilings and the log."""
    return settings.model_dump(exclude={*CHOSEN, *TASKS, "tokens_a_day", "seconds_a_day", "log_days"})
