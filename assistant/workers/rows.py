"""The process that makes prompts of embeddings for a model behind a server: `steering.far.rows` stands at its other end.

It starts at the first call and ends after `idle_s`, which gives its memory back. Nothing heavy is imported on this side;
`engine.server.steering` asks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from assistant.engine.contract import Floats, Message, ModelFailed, Prefix, Steer
from assistant.generation.embedding_files import EmbeddingFiles
from assistant.workers.model_pipe import Appraisal
from assistant.workers.rows_pipe import Beginning, Embedded, Fitted, Trial
from connectors.child.parent import Child
from connectors.child.pipe import ChildFailure

START_S = 120.0
CALL_S = 120.0
"""A call reads some rows from a file, perhaps from a cold disk."""
NICE = 5


class WorkerRows:
    """Safe to share between threads, which take turns. All but `close` raise ModelFailed where the process fails twice."""

    def __init__(self, files: EmbeddingFiles, idle_s: float) -> None:
        self._folder = files.folder
        self._child = Child(partial(serve_rows, files), name="telos-rows", idle_s=idle_s, nice=NICE, start_s=START_S)

    def trials(self, scale: float) -> list[Trial]:
        """Prompts to try a server with, their rows multiplied by `scale`."""
        return cast(list[Trial], self._call("trials", scale))

    def embedded(
        self, messages: Sequence[Message], fitted: Fitted, behind: Prefix | Steer | None, state: Floats | None
    ) -> Embedded:
        """The prompt of a conversation, with given rows or those that a planner chooses in `state`, (width,).

        Raises: ModelFailed where the template refuses the conversation; BadRequest for rows of another width.
        """
        return cast(Embedded, self._call("embedded", list(messages), fitted, behind, state))

    def appraise(self, planner: Path, fitted: Fitted, states: Floats, actions: Floats | None) -> Appraisal:
        """Raises: Conflict where the planner cannot be used; BadRequest for arrays of another shape."""
        return cast(Appraisal, self._call("appraise", planner, fitted, states, actions))

    def begin(self, path: Path, fitted: Fitted, wanted: Beginning, states: Floats, action: Floats | None) -> str:
        """Put a planner in `path` that has learnt nothing; its lineage. Its rows are the table's principal directions.

        It standardises states by `states`, (n, width). `action`, (dimension,), is what it does in every state; without it
        that is as it was drawn.
        """
        return str(self._call("begin", path, fitted, wanted, states, action))

    def tokens(self, messages: Sequence[Message], reply: str) -> tuple[list[int], list[int]]:
        """The ids of a prompt, and of the reply behind it. Raises: ModelFailed."""
        return cast(tuple[list[int], list[int]], self._call("tokens", list(messages), reply))

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._child.pid

    def close(self) -> None:
        """End the process for good; a call under way fails."""
        self._child.close()

    def _call(self, method: str, *args: Any) -> Any:
        try:
            return self._child.call(method, *args, deadline_s=CALL_S)
        except ChildFailure:
            if self._child.is_closed:
                raise ModelFailed("The model's input embeddings were put away during the call.", "Ask again.") from None
        try:
            return self._child.call(method, *args, deadline_s=CALL_S)
        except ChildFailure as err:
            raise ModelFailed(
                f"The process that reads the input embeddings in {self._folder} failed twice: {err}",
                "Free some memory, or take `embeddings` out of [model]: then nothing is steered.",
            ) from err


def serve_rows(files: EmbeddingFiles) -> object:
    """Runs in the new process: the environment first, then the libraries that read it."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # all files are in the folder
    os.environ["TOKENIZERS_PARALLELISM"] = "false"

    from assistant.steering.far.rows import PromptRows  # lazy for its weight: torch

    return PromptRows(files)
