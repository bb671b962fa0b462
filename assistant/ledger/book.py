"""What language models cost and said: ceilings before each call, a row in the log and the day's spending after it.

It knows no engine, no purpose and no feature; `metered` asks it around each call. One ledger holds the calls that run:
each sets aside what it may spend at most before it begins, under one lock, so that calls side by side cannot pass a
ceiling together that one alone could not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock

from assistant.clock import Clock, local_day
from assistant.config.schema import ModelSettings, Settings
from assistant.engine.choice import chosen
from assistant.engine.contract import OutOfBudget, Task
from assistant.secrets import mask, mask_shapes, secret_values
from memory.models import Call, Spending
from memory.store import calls, erasing
from memory.store.connection import Database


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Of a task's day; 0 is none."""

    tokens: int
    seconds: float


def ceilings(settings: ModelSettings, task: Task) -> Ceilings:
    """Those of `[model.TASK]`, or else those of `[model]`."""
    own = getattr(settings, task)
    return Ceilings(
        settings.tokens_a_day if own.tokens_a_day is None else own.tokens_a_day,
        settings.seconds_a_day if own.seconds_a_day is None else own.seconds_a_day,
    )


@dataclass(eq=False, slots=True)
class Running:
    """A call under way, or a batch of them: what it may spend at most, set aside until it has ended."""

    task: Task
    at: datetime
    day: date
    tokens: int = 0
    seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started


class Ledger:
    def __init__(self, database: Database, clock: Clock, settings_of: Callable[[], Settings]) -> None:
        self._database = database
        self._clock = clock
        self._settings_of = settings_of
        self._turn = Lock()
        self._running: list[Running] = []
        self._refused: dict[tuple[date, Task], str] = {}
        self._is_closed = False

    def today(self) -> dict[str, Spending]:
        """What each task spent on the user's local day so far; those that spent nothing are left out."""
        with self._database.read() as session:
            return calls.spent(session, self._day())

    def refused_today(self) -> dict[str, str]:
        """For each task of which a call was refused today, why the last one was."""
        return {task: why for (day, task), why in self._refused.items() if day == self._day()}

    def erasures(self) -> int:
        """How many there have been."""
        with self._database.read() as session:
            return erasing.count(session)

    def kind_of(self, task: Task) -> str:
        """Which engine the configuration names for a task."""
        return chosen(self._settings_of().model, task).engine

    def close(self) -> None:
        """Write nothing more: a call that was left behind may end after the database has been let go of."""
        with self._turn:
            self._is_closed = True

    def begin(self, task: Task) -> Running:
        """A call of a task begins.

        Raises: OutOfBudget where the day is spent.
        """
        with self._turn:
            running = Running(task, self._clock.now(), self._day())
            self._seconds_for(running, 0)
            self._running.append(running)
            return running

    def set_aside(self, running: Running, tokens: int) -> None:
        """Hold back the tokens that a call may cost at most, and the seconds that so many took today.

        Raises: OutOfBudget where the day has less left than that.
        """
        with self._turn:
            running.seconds = self._seconds_for(running, tokens)
            running.tokens = tokens

    def drop(self, running: Running) -> None:
        """It was refused: nothing is counted."""
        with self._turn:
            self._running.remove(running)

    def end(self, running: Running, made: Sequence[Call], seconds: float, *, erasures: int) -> None:
        """Count what was spent, and keep the rows unless there are more than `erasures` now: they might say what was erased.

        What was set aside is free again whatever happens.
        """
        settings = self._settings_of()
        with self._turn:
            self._running.remove(running)
            if self._is_closed:
                return
            with self._database.write() as session:
                calls.spend(
                    session,
                    running.day,
                    running.task,
                    made=len(made),
                    prompt_tokens=sum(call.prompt_tokens for call in made),
                    new_tokens=sum(call.new_tokens for call in made),
                    seconds=seconds,
                )
                if settings.model.log_days and erasing.count(session) == erasures:
                    for call in made:
                        calls.keep(session, _masked(call, settings))

    def has_room(self, task: Task, tokens: int) -> bool:
        """Whether the day has so many tokens left, and their seconds. Nothing is set aside, and no refusal remembered."""
        with self._turn:
            try:
                self._within_the_day(Running(task, self._clock.now(), self._day()), tokens)
            except OutOfBudget:
                return False
            return True

    def count_ahead(self, task: Task, prompt_tokens: int, seconds: float) -> None:
        """Count what was read ahead: no call, and nothing for the log, where the prompt comes that it is part of."""
        with self._turn:
            if self._is_closed:
                return
            with self._database.write() as session:
                calls.spend(
                    session, self._day(), task, made=0, prompt_tokens=prompt_tokens, new_tokens=0, seconds=seconds
                )

    def _seconds_for(self, running: Running, tokens: int) -> float:
        """How long so many tokens will take.

        Raises: OutOfBudget where the day has less left; that is remembered.
        """
        try:
            return self._within_the_day(running, tokens)
        except OutOfBudget as err:
            self._refused[running.day, running.task] = str(err)
            raise

    def _within_the_day(self, running: Running, tokens: int) -> float:
        """What other calls have set aside counts as spent."""
        most = ceilings(self._settings_of().model, running.task)
        with self._database.read() as session:
            spent = calls.spent(session, running.day).get(running.task) or Spending(day=running.day, task=running.task)
        before = spent.prompt_tokens + spent.new_tokens
        seconds = spent.seconds / before * tokens if before else 0.0
        others = [one for one in self._running if (one.task, one.day) == (running.task, running.day) and one != running]
        _within(running.task, "tokens", before + sum(one.tokens for one in others), tokens, most.tokens)
        busy_s = sum(max(one.seconds, one.elapsed_s) for one in others)
        _within(running.task, "seconds", spent.seconds + busy_s, seconds, most.seconds)
        return seconds

    def _day(self) -> date:
        return local_day(self._clock.now(), self._settings_of().user.zone)


def _within(task: Task, unit: str, spent: float, more: float, ceiling: float) -> None:
    """Raises: OutOfBudget."""
    if not ceiling or spent + more <= ceiling:
        return
    needs = f", and this may take {more:,.0f}" if more else ""
    raise OutOfBudget(
        f"Of the {ceiling:,.0f} {unit} that the model may spend a day on {task}, {spent:,.0f} are spent{needs}.",
        f"They count anew tomorrow; {unit}_a_day under [model] or [model.{task}] sets the ceiling, and 0 takes it away.",
    )


def _masked(call: Call, settings: Settings) -> Call:
    """The call without the user's secrets, and without what has the shape of one."""
    secrets = secret_values(settings)

    def clean(text: str) -> str:
        return mask_shapes(mask(text, secrets))

    call.messages = [{"role": one["role"], "text": clean(one["text"])} for one in call.messages]
    call.reply, call.error = clean(call.reply), clean(call.error)
    return call
