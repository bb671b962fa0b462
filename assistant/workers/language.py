"""A language model in a process of its own, spoken with over a pipe: `generation.served` is what stands at the other end.

The process starts at the first call and ends after `idle_minutes`, which gives its memory back. Nothing heavy is imported
on this side. It knows no task and no prompt; `engine.local` makes an engine of it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from functools import partial
from typing import Any

from assistant.engine.contract import ModelFailed
from assistant.progress import Progress, unheard
from assistant.workers.model_pipe import Loading, ModelOrder, WorkerBroken, Working
from connectors.child.parent import Child
from connectors.child.pipe import ChildDied, ChildFailure

START_S = 180.0
"""Until the process has imported what it needs to begin."""
LOAD_SILENCE_S = 600.0
"""Between two reports while the model loads: a cold disk, or a step that is compiled for a GPU, takes long."""
NICE = 5


class ProcessEnded(ModelFailed):
    """The process went away in the middle of a call; another one may do better."""


class WorkerModel:
    """The model behind the pipe. Safe to share between threads, which take turns: an open stream is a turn."""

    def __init__(self, order: ModelOrder) -> None:
        self._name = order.name
        self._silence_s = order.settings.silence_s
        self._loaded_pid: int | None = None
        self._child = Child(
            partial(serve_model, order),
            name="telos-model",
            idle_s=order.settings.idle_minutes * 60,
            nice=NICE,
            start_s=START_S,
        )

    def load(self, on_progress: Progress = unheard) -> None:
        """Return once the model is loaded. Raises: ModelFailed."""
        for item in self.loading():
            if isinstance(item, Loading):
                on_progress(item.done, item.total, item.what)

    def loading(self) -> Generator[Loading | Working, None, None]:
        """Loads the model, if it is not; says how far it is. Raises: ModelFailed."""
        if self.pid is None or self.pid != self._loaded_pid:
            yield from self._stream("load", silence_s=LOAD_SILENCE_S)
            self._loaded_pid = self.pid

    def stream(self, method: str, *args: Any) -> Generator[Any, None, None]:
        """What `method` of the served model yields, once it is loaded. Closing it cancels.

        Raises: ModelFailed (ProcessEnded where the process went away), and what the method raises.
        """
        yield from self.loading()
        yield from self._stream(method, *args, silence_s=self._silence_s)

    def call(self, method: str, *args: Any) -> Any:
        """What `method` of the served model returns. Raises: as `stream`."""
        self.load()
        try:
            return self._child.call(method, *args, deadline_s=self._silence_s)
        except (ChildFailure, WorkerBroken) as err:
            raise self._failure(err) from err

    @property
    def pid(self) -> int | None:
        """Of the process that holds the model, while there is one."""
        return self._child.pid

    def rss_mb(self) -> float:
        return self._child.rss_mb()

    def retire(self) -> None:
        """End the process once no call is under way; a later call starts another."""
        self._child.end()

    def close(self) -> None:
        """End the process for good; a call under way fails."""
        self._child.close()

    def _stream(self, method: str, *args: Any, silence_s: float) -> Generator[Any, None, None]:
        try:
            yield from self._child.stream(method, *args, silence_s=silence_s)
        except (ChildFailure, WorkerBroken) as err:
            raise self._failure(err) from err

    def _failure(self, err: ChildFailure | WorkerBroken) -> ModelFailed:
        """What happened, as a sentence for a person."""
        if isinstance(err, WorkerBroken):
            self._child.end()
            return err
        if self._child.is_closed:
            return ModelFailed(f"The model {self._name} was put away during the call.", "Ask again.")
        if isinstance(err, ChildDied):
            return ProcessEnded(
                f"The process of the model {self._name} ended before it had answered: it crashed, or memory ran out.",
                "What was asked is kept; ask again. If it happens again, choose a smaller model.",
            )
        return ModelFailed(
            f"The model {self._name} gave no sign for too long and was ended: {err}",
            "What was asked is kept; ask again. `silence_s` under [model] is how long it may take.",
        )


def serve_model(order: ModelOrder) -> object:
    """Runs in the new process: the environment first, then the libraries that read it."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # whatever the parent's says: all files are in the order's folder
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    for chatty in ("torchao", "torch.utils._pytree"):  # they warn at import of kernels for other machines
        logging.getLogger(chatty).setLevel(logging.ERROR)

    from assistant.generation.served import LanguageModel  # lazy for its weight: torch

    return LanguageModel(order)
