"""Language models over the API: what is configured for each task, what a trial found, what a fetch brings."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

TaskName = Literal["chat", "digest", "drafts"]


class ModelChoice(BaseModel):
    """What the user wants: a `name` on the hub, a folder, the address of a server, or `none`.

    `task` is the one it is for, or `None` for all that have none of their own. `served_name` is how a server calls the
    model; `key_file` holds the server's key. Without `test` it is written down untried.
    """

    name: str
    task: TaskName | None = None
    revision: str = "main"
    served_name: str = ""
    key_file: str = ""
    test: bool = True


class Wanted(BaseModel):
    """A model on the hub."""

    name: str
    revision: str = "main"


class Fetch(BaseModel):
    """What a fetch would load; 0 where all is here."""

    size_bytes: int


class Fetched(BaseModel):
    """Where a model's files are now, and what they hold."""

    folder: str
    size_bytes: int
    parameters: int
    architecture: str


class ModelLine(BaseModel):
    """A model as configured, the tasks it serves, and what is known of it without loading it."""

    tasks: list[TaskName]
    engine: Literal["extractive", "local", "server"]
    name: str
    where: str = ""
    """A folder, a place in the hub's cache, an address; empty where its files are not here yet."""
    size_bytes: int = 0
    parameters: int = 0
    architecture: str = ""
    capabilities: list[str] = []
    """What it was found to be able to; empty while it is not loaded."""
    device: str = ""
    dtype: str = ""
    context_tokens: int = 0
    is_running: bool = False
    rss_mb: float = 0.0
    notes: list[str] = []


class Trial(BaseModel):
    """One ability, tried. `sentence` says how it went, or why it did not."""

    ability: str
    works: bool
    sentence: str


class Tested(BaseModel):
    """A model tried out. Speeds are in tokens a second; `None` where they could not be measured."""

    model: ModelLine
    trials: list[Trial]
    load_s: float
    first_token_s: float | None = None
    prompt_tokens_per_s: float | None = None
    reply_tokens_per_s: float | None = None

    @property
    def writes(self) -> bool:
        return any(trial.ability == "generate" and trial.works for trial in self.trials)


class Used(BaseModel):
    """What was written into the configuration, and how the model did where it was tried."""

    models: list[ModelLine]
    tested: Tested | None = None
