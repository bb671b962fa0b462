"""The engine on this machine: a language model in a worker process, asked through `workers.language`.

It finds the model's files, asks once more where the process went away before anything was said, and knows no prompt.
`engine.making` builds one for each model that is configured.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import Capability, Floats, Message, ModelFailed, Piece, Reply, Request, Usage
from assistant.generation.files import locate_model
from assistant.progress import Progress, unheard
from assistant.workers.language import ProcessEnded, WorkerModel
from assistant.workers.model_pipe import Appraisal, Description, ModelOrder

log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")


class LocalEngine:
    """Starts nothing until it is asked; `close` ends the process, and a later call starts another."""

    def __init__(self, choice: Choice, settings: ModelSettings, *, locate: Callable[..., Path] = locate_model) -> None:
        self._choice = choice
        self._settings = settings
        self._locate = locate
        self._turn = Lock()
        self._asked = self._under_way = 0
        """Calls so far, and those that are not over; reading ahead is neither."""
        self._worker: WorkerModel | None = None
        self._description: Description | None = None

    @property
    def name(self) -> str:
        return self._choice.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self.describe().capabilities

    @property
    def context_tokens(self) -> int:
        return self.describe().context_tokens

    def describe(self, on_progress: Progress = unheard) -> Description:
        """What was loaded, and what it can do; loads the model once. Raises: ModelFailed."""
        if self._description is None:
            worker = self._model()
            worker.load(on_progress)
            self._description = self._once_more(lambda: cast(Description, worker.call("describe")))
            for note in self._description.notes:
                log.warning("The model %s: %s", self.name, note)
        return self._description

    @property
    def notes(self) -> list[str]:
        """What was found, a sentence each. Raises: ModelFailed."""
        found = self.describe()
        return [f"It runs on the device {found.device} in {found.dtype}.", *found.traits, *found.notes]

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return self._once_more(lambda: cast(list[int], self._model().call("lengths", list(texts))))

    def count(self, messages: Sequence[Message]) -> int:
        return int(self._once_more(lambda: self._model().call("count", list(messages))))

    def stream(self, request: Request) -> Iterator[Piece]:
        """As the contract says; a piece without text says that the model loads, or reads."""
        has_said = is_second = False
        with self._working():
            while True:
                try:
                    with closing(self._model().stream("stream", request)) as items:
                        for item in items:
                            piece = item if isinstance(item, Piece) else Piece("")
                            has_said = has_said or bool(piece.text)
                            self._heed(piece.usage)
                            yield piece
                except ProcessEnded:
                    if has_said or is_second:
                        raise
                    is_second = True
                else:
                    return

    def prepare(self, messages: Sequence[Message], session: str) -> Usage | None:
        """As the contract says. A model that is not loaded is not loaded for it."""
        if self._under_way or self.pid is None or not self._settings.sessions:
            return None
        asked, cost = self._asked, None
        with closing(self._model().stream("prepare", list(messages), session)) as items:
            for item in items:
                cost = item if isinstance(item, Usage) else cost
                if self._asked != asked:
                    break
        return cost

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        return self._once_more(lambda: self._batch(list(requests)))

    def appraise(self, planner: Path, states: Floats, actions: Floats | None = None) -> Appraisal:
        """What the planner in a file thinks of `actions`, (n, dimension), or of its own, in `states`, (n, width).

        Raises: ModelFailed; Conflict where the planner cannot be used; BadRequest for arrays of another shape.
        """
        return self._once_more(lambda: cast(Appraisal, self._model().call("appraise", planner, states, actions)))

    def forget(self, session: str) -> None:
        """Drop what is kept of a conversation, if the model is loaded."""
        if self.pid is not None:
            self._model().call("forget", session)

    @property
    def pid(self) -> int | None:
        """Of the process that holds the model, while there is one."""
        worker = self._worker
        return None if worker is None else worker.pid

    def rss_mb(self) -> float:
        worker = self._worker
        return 0.0 if worker is None else worker.rss_mb()

    def retire(self) -> None:
        """End the process once no call is under way; a later call starts another."""
        if (worker := self._worker) is not None:
            worker.retire()

    def close(self) -> None:
        with self._turn:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _batch(self, requests: list[Request]) -> list[Reply]:
        with closing(self._model().stream("batch", requests)) as items:
            for item in items:
                if isinstance(item, list):
                    for reply in item:
                        self._heed(reply.usage)
                    return item
        raise ModelFailed(f"The replies of {self.name} ended before they were whole.", "Ask again.")

    def _model(self) -> WorkerModel:
        """The worker, which is started by its first call. Raises: ModelFailed where there are no such files."""
        with self._turn:
            if self._worker is None:
                folder = self._locate(self._choice.name, self._choice.revision, may_fetch=False)
                self._worker = WorkerModel(ModelOrder(folder, self.name, self._settings))
            return self._worker

    def _once_more(self, ask: Callable[[], _Answer]) -> _Answer:
        """What `ask` gives; asked again where the process went away meanwhile."""
        with self._working():
            try:
                return ask()
            except ProcessEnded:
                return ask()

    @contextmanager
    def _working(self) -> Iterator[None]:
        """A call is under way: what is being read ahead ends with its next part."""
        with self._turn:
            self._asked += 1
            self._under_way += 1
        try:
            yield
        finally:
            with self._turn:
                self._under_way -= 1

    def _heed(self, usage: Usage | None) -> None:
        """A model that had to do with less memory is not what it was described as."""
        if usage is not None and usage.notice:
            self._description = None
