"""Training as its process serves it: messages in, progress and planners out, within a time, and cancelled within a step.

The model is loaded for what needs it (cloning, and the gate's replies); learning from rewards does without. It knows no
database and no daemon; `workers.training` speaks with it over a pipe.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.engine.contract import Capability, Message, TooLong, no_model
from assistant.generation.files import ModelFiles
from assistant.generation.loading import choose_device
from assistant.generation.memory import named_failures
from assistant.generation.running import Running
from assistant.generation.text import decode
from assistant.progress import Cancelled
from assistant.steering.gate.judging import Reader
from assistant.steering.training.course import Course
from assistant.steering.training.frozen import Frozen
from assistant.steering.training.own_replies import Author
from assistant.steering.training.replay import Turn
from assistant.workers.training_pipe import Collected, Judged, Made, Measured, Paused, Progressed, Stage, TrainingOrder
from connectors.child.served import Line

Outcome = Collected | Made | Judged


class Training:
    """One order's stages, one call at a time."""

    def __init__(self, order: TrainingOrder) -> None:
        self._order = order
        self._line: Line | None = None
        self._running: Running | None = None
        self._ends_at = 0.0
        self._at: Progressed | None = None

    def use_line(self, line: Line) -> None:
        """Taken from the process that serves this: for progress, and to hear of a cancel."""
        self._line = line

    def collect(self, prompts: Sequence[Sequence[Message]], minutes: float) -> Iterator[Outcome | Paused]:
        return self._within(
            minutes, "collect", lambda course: course.collect(self._reader().author, self._fitting(prompts))
        )

    def clone(self, prompts: Sequence[Sequence[Message]], minutes: float) -> Iterator[Outcome | Paused]:
        return self._within(
            minutes, "clone", lambda course: course.clone(self._reader().author, self._fitting(prompts))
        )

    def train(self, turns: Sequence[Turn], cloned: Path, minutes: float) -> Iterator[Outcome | Paused]:
        device = choose_device(self._order.model.settings.device)
        return self._within(minutes, "train", lambda course: course.train(turns, cloned, device=device))

    def evaluate(
        self,
        candidate: Path,
        incumbent: Path | None,
        turns: Sequence[Turn],
        prompts: Sequence[Sequence[Message]] | Measured,
        minutes: float,
    ) -> Iterator[Outcome | Paused]:
        def stage(course: Course) -> Judged:
            if isinstance(prompts, Measured):
                return course.evaluate(candidate, incumbent, turns, (), prompts)
            reader = self._reader()
            return course.evaluate(candidate, incumbent, turns, self._fitting(prompts), reader)

        return self._within(minutes, "evaluate", stage)

    def _within(self, minutes: float, stage: Stage, work: Callable[[Course], Outcome]) -> Iterator[Outcome | Paused]:
        """What `work` gives, or where it stood when its time was over; nothing where nobody listens any more."""
        self._ends_at = time.monotonic() + 60 * minutes
        self._at = Progressed(stage, 0, None, "")

        def progress(done: int, total: int | None, what: str) -> None:
            self._at = Progressed(stage, done, total, what)
            if self._line is not None:
                self._line.say(self._at)

        course = Course(
            order=self._order,
            fingerprint=self._order.fingerprint or ModelFiles(self._order.model.folder).fingerprint,
            on_progress=progress,
            is_cancelled=self._is_over,
        )
        try:
            with named_failures(self._order.model.name):
                yield work(course)
        except Cancelled:
            if self._line is None or not self._line.is_cut:
                yield Paused(stage, self._at.done, self._at.total)

    def _is_over(self) -> bool:
        is_cut = self._line is not None and self._line.is_cut
        return is_cut or time.monotonic() > self._ends_at

    @property
    def _model(self) -> Running:
        if self._running is None:
            model = self._order.model
            settings = model.settings.model_copy(update={"compile": False})
            self._running = Running(type(model)(model.folder, model.name, settings), on_progress=self._loading)
        return self._running

    def _loading(self, done: int, total: int | None, what: str) -> None:
        if self._line is not None:
            stage: Stage = "collect" if self._at is None else self._at.stage
            self._line.say(Progressed(stage, done, total, what))
            if self._line.is_cut:
                raise Cancelled

    def _reader(self) -> Reader:
        """Raises: Unavailable where the model does not show its states."""
        model = self._model
        for needed in (Capability.HIDDEN, Capability.STEER_END):
            if needed not in model.description.capabilities:
                raise no_model(self._order.model.name, needed, "Steering")
        tokenizer: Any = model.loaded.tokenizer
        frozen = Frozen(model.loaded.model, bos_id=tokenizer.bos_token_id)
        author = Author(decoder=model.decoder, frozen=frozen, stop_ids=model.prompts.stop_ids)
        return Reader(author=author, prompt=model.prompts.ids, text=lambda ids: decode(tokenizer, list(ids)))

    def _fitting(self, prompts: Sequence[Sequence[Message]]) -> list[list[int]]:
        """The prompts that the model can read with a reply behind them; those too long are left out."""
        found: list[list[int]] = []
        for messages in prompts:
            try:
                found.append(self._model.fitting(messages, self._order.rows + self._order.settings.clone_tokens))
            except TooLong:
                continue
        return found
