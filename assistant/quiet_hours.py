"""The hours in which planners are trained: nobody is being answered, and the night's minutes are not used up.

While somebody talks the training process is gone, and its memory with it; then its work goes on from the last checkpoint.
`trainings` says what the work is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from threading import Event, Thread
from typing import Any, TypeVar

from assistant.engine.choice import Retiring
from assistant.engine.contract import ModelFailed
from assistant.errors import Conflict, Unavailable
from assistant.progress import Progress
from assistant.service import Service
from assistant.workers.training import TrainingWorker
from assistant.workers.training_pipe import Paused, Progressed, TrainingOrder

QUIET_S = 5.0
"""So long nobody must have been answered before training goes on."""
LOOK_S = 0.2
GRACE_S = 3.0
"""What does not stop by itself so soon after somebody begins to talk is ended."""

Found = TypeVar("Found")
Ask = Callable[[TrainingWorker, float], Generator[Any, None, None]]


class Interrupted(Unavailable):
    """The time was used up before the stage was done. What was done is kept."""

    def __init__(self, at: Paused | None) -> None:
        where = (
            "you talked all the time" if at is None else f"the stage {at.stage} is at {at.done} of {at.total or '?'}"
        )
        super().__init__(f"The minutes for training are used up: {where}.", "It goes on from there next time.")


class Hours:
    """One run's time: it ends so many minutes after it began, however often the run is put off."""

    def __init__(self, service: Service, progress: Progress) -> None:
        self._service = service
        self._report = service.heeding(progress)
        self._forgotten = service.forgotten
        self._ends_at = time.monotonic() + service.settings.steering.minutes * 60

    def worked(self, order: TrainingOrder, ask: Ask, wanted: type[Found]) -> Found:
        """What a stage comes to. It rests while anybody is being answered.

        Raises: Interrupted, when the time is used up; Conflict, when a conversation was deleted meanwhile; ModelFailed.
        """
        while True:
            self._report(0, None, "beginning")  # raises where the service is about to end
            self.wait_for_quiet()
            if self._service.forgotten != self._forgotten:
                raise Conflict(
                    "What the training worked on was deleted meanwhile.", "Begin it again; it goes by what is left."
                )
            _make_room(self._service)
            found = self._tried(order, ask, wanted)
            if found is not None:
                return found

    def _tried(self, order: TrainingOrder, ask: Ask, wanted: type[Found]) -> Found | None:
        with self._service.training:
            worker, over, gave_way = self._service.make_trainer(order), Event(), Event()
            guard = (self._service, worker, over, gave_way)
            Thread(target=_give_way, args=guard, name="training gives way", daemon=True).start()
            try:
                left = max((self._ends_at - time.monotonic()) / 60, 0.0)
                return self._heard(ask(worker, left), wanted)
            except ModelFailed:
                if not gave_way.is_set():
                    raise
                return None
            finally:
                over.set()
                worker.close()

    def _heard(self, events: Generator[Any, None, None], wanted: type[Found]) -> Found | None:
        """The last of the events; nothing where somebody began to talk, and the work was put off."""
        with closing(events):
            for event in events:
                if isinstance(event, wanted):
                    return event
                if isinstance(event, Paused):
                    raise Interrupted(event)
                if isinstance(event, Progressed):
                    self._report(event.done, event.total, event.what)
                if self._service.floor.is_taken:
                    return None
        raise ModelFailed("The training process ended before it said what came of it.", "It goes on next time.")

    def wait_for_quiet(self) -> None:
        """Until nobody was answered for a while. Raises: Interrupted."""
        floor = self._service.floor
        while floor.is_taken or floor.quiet_s < QUIET_S:
            self._report(0, None, "waiting while you talk")
            if time.monotonic() > self._ends_at:
                raise Interrupted(None)
            time.sleep(LOOK_S)


def _give_way(service: Service, worker: TrainingWorker, over: Event, gave_way: Event) -> None:
    """End the process where it does not stop by itself soon after somebody begins to talk, and at once where the service
    ends; its last checkpoint is kept."""
    while not over.wait(LOOK_S):
        if service.floor.is_taken or service.stopping.is_set():
            if service.stopping.is_set() or not over.wait(GRACE_S):
                gave_way.set()
                worker.close()
            return


def _make_room(service: Service) -> None:
    """Have the process that talks give its memory back: it comes back with the next message."""
    engine = service.engines.of("chat")
    if isinstance(engine, Retiring) and not service.floor.is_taken:
        engine.retire()
