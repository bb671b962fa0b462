"""The training of planners in a process of its own, at the lowest priority: `steering.training.served` stands at its other end.

The process starts at the first call and ends soon after the last. Closing an iterator cancels its work within a step, with
what was done kept for the next call. Nothing heavy is imported on this side; `assistant.planners` asks.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from assistant.engine.contract import Message, ModelFailed
from assistant.steering.training.replay import Turn
from assistant.workers.training_pipe import Collected, Judged, Made, Measured, Paused, Progressed, TrainingOrder
from connectors.child.parent import Child
from connectors.child.pipe import ChildDied, ChildFailure

NICE = 19
START_S = 600.0
"""Until its process has imported what it needs: at the lowest priority, a busy machine lets it wait."""
SILENCE_S = 900.0
"""Between two reports: a model loads from a cold disk, or one batch of a large one is read by a slow machine."""
IDLE_S = 30.0


class TrainingWorker:
    """Trains for one order. Safe to share between threads, which take turns.

    Each stage yields how far it is, and last of all what came of it, or `Paused` once it took `minutes`. All raise
    ModelFailed where the model cannot be had or the process ended.
    """

    def __init__(self, order: TrainingOrder) -> None:
        self._order = order
        self._child = Child(
            partial(serve_training, order), name="telos-training", idle_s=IDLE_S, nice=NICE, start_s=START_S
        )

    def collect(
        self, prompts: Sequence[Sequence[Message]], *, minutes: float
    ) -> Generator[Progressed | Paused | Collected, None, None]:
        """Have the model answer prompts, each up to where its reply begins, for cloning. The replies are kept."""
        return self._stream("collect", list(prompts), minutes)

    def clone(
        self, prompts: Sequence[Sequence[Message]], *, minutes: float
    ) -> Generator[Progressed | Paused | Made, None, None]:
        """A planner that leaves the model as it is, by self-cloning on prompts; what has no reply yet gets one first."""
        return self._stream("clone", list(prompts), minutes)

    def train(
        self, turns: Sequence[Turn], cloned: Path, *, minutes: float
    ) -> Generator[Progressed | Paused | Made, None, None]:
        """A planner that learnt from turns, those of the newest episodes last, beginning as the one in `cloned`.

        Raises: Conflict where `cloned` is of another model; BadRequest, saying how much is missing, for too few turns.
        """
        return self._stream("train", list(turns), cloned, minutes)

    def evaluate(
        self,
        candidate: Path,
        incumbent: Path | None,
        turns: Sequence[Turn],
        prompts: Sequence[Sequence[Message]] | Measured,
        *,
        minutes: float,
    ) -> Generator[Progressed | Paused | Judged, None, None]:
        """Whether `candidate` may take the place of `incumbent` (None: of no steering), by what training never saw.

        `turns` are all of them: the held-out ones are found again. `prompts` are answered with and without steering; of a
        model behind a server that was done before.
        """
        asked = prompts if isinstance(prompts, Measured) else list(prompts)
        return self._stream("evaluate", candidate, incumbent, list(turns), asked, minutes)

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._child.pid

    def rss_mb(self) -> float:
        return self._child.rss_mb()

    def close(self) -> None:
        """End the process for good; a call under way fails. What its last checkpoint holds is kept."""
        self._child.close()

    def _stream(self, method: str, *args: Any) -> Generator[Any, None, None]:
        try:
            yield from self._child.stream(method, *args, silence_s=SILENCE_S)
        except ChildFailure as err:
            raise self._failure(err) from err

    def _failure(self, err: ChildFailure) -> ModelFailed:
        if self._child.is_closed:
            return ModelFailed("The training was put away before it had ended.", "It goes on from there next time.")
        if isinstance(err, ChildDied):
            return ModelFailed(
                "The process that trains the planner ended before it was done: it crashed, or memory ran out.",
                "It goes on from its last checkpoint next time; lower memory_mb or hidden under [steering] if it happens again.",
            )
        return ModelFailed(
            f"The process that trains the planner failed: {err}", "It goes on from its last checkpoint next time."
        )


def forget(folder: Path) -> None:
    """Remove all that training keeps in its folder: after an erasure, or once a planner is made."""
    shutil.rmtree(folder, ignore_errors=True)


def serve_training(order: TrainingOrder) -> object:
    """Runs in the new process: the environment first, then the libraries that read it."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # all files are in the order's folder
    os.environ["TOKENIZERS_PARALLELISM"] = "false"

    from assistant.steering.training.served import Training  # lazy for its weight: torch

    return Training(order)
