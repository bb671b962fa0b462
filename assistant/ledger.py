"""What language models cost and said: ceilings before each call, a row in the log and the day's spending after it.

`assistant.service` wraps every engine with it, so that no call goes round it. It knows no purpose and no feature. One
ledger holds the calls that run: each sets aside what it may spend at most before it begins, under one lock, so that
calls side by side cannot pass a ceiling together that one alone could not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock

from assistant.clock import Clock, local_day
from assistant.config.schema import ModelSettings, Settings
from assistant.engine.choice import chosen
from assistant.engine.contract import (
    Capability,
    Engine,
    Message,
    OutOfBudget,
    Piece,
    Reply,
    Request,
    Task,
    TooLong,
    Usage,
)
from assistant.engine.extractive import Extractive
from assistant.secrets import mask, mask_shapes, secret_values
from memory.models import Call, Spending
from memory.store import calls
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


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call is made for, as its row says."""

    task: Task
    purpose: str
    turn_id: int | None = None
    item_ids: tuple[int, ...] = ()


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

    def metered(
        self, engine: Engine, task: Task, purpose: str, *, turn_id: int | None = None, item_ids: Sequence[int] = ()
    ) -> Engine:
        """`engine`, held to the ceilings of `task` and written down as `purpose`. An engine without a model costs nothing."""
        if isinstance(engine, Extractive):
            return engine
        return Metered(engine, self, Errand(task, purpose, turn_id, tuple(item_ids)))

    def today(self) -> dict[str, Spending]:
        """What each task spent on the user's local day so far; those that spent nothing are left out."""
        with self._database.read() as session:
            return calls.spent(session, self._day())

    def refused_today(self) -> dict[str, str]:
        """For each task of which a call was refused today, why the last one was."""
        return {task: why for (day, task), why in self._refused.items() if day == self._day()}

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

    def end(self, running: Running, made: Sequence[Call], seconds: float) -> None:
        """Count what was spent, and keep the rows. What was set aside is free again whatever happens."""
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
                if settings.model.log_days:
                    for call in made:
                        calls.keep(session, _masked(call, settings))

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


class Metered:
    """An engine whose every call is checked, counted and written down. What costs nothing is passed on."""

    def __init__(self, engine: Engine, ledger: Ledger, errand: Errand) -> None:
        self._engine = engine
        self._ledger = ledger
        self._errand = errand

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._engine.capabilities

    @property
    def context_tokens(self) -> int:
        return self._engine.context_tokens

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return self._engine.lengths(texts)

    def count(self, messages: Sequence[Message]) -> int:
        return self._engine.count(messages)

    def stream(self, request: Request) -> Iterator[Piece]:
        """Raises: also OutOfBudget for the day, before anything runs."""
        running, [call], [prompt_tokens] = self._begin([request])
        text: list[str] = []
        last: Piece | None = None
        with ExitStack() as ended:
            ended.callback(self._end, running, [call])
            try:
                for piece in _closed(self._engine.stream(request), ended):
                    if piece.text:  # others are signs of life
                        text.append(piece.text)
                    if piece.usage is not None:
                        call.outcome, last = "done", piece
                        _fill(call, piece.usage)
                        break
                    yield piece
                else:
                    call.error = "The reply ended before it was whole."
            except GeneratorExit:
                call.outcome = "cancelled"
                raise
            except Exception as err:
                call.error = str(err) or type(err).__name__
                raise
            finally:
                call.reply = "".join(text)
                if text and last is None:
                    call.prompt_tokens, call.new_tokens = prompt_tokens, len(text)
        if last is not None:
            yield last

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        """Raises: also OutOfBudget, where the day has not enough left for all of them."""
        running, made, _ = self._begin(requests)
        try:
            replies = self._engine.batch(requests)
            for call, reply in zip(made, replies, strict=True):
                call.outcome, call.reply = "done", reply.text
                _fill(call, reply.usage)
            return replies
        except Exception as err:
            for call in made:
                call.error = str(err) or type(err).__name__
            raise
        finally:
            self._end(running, made)

    def close(self) -> None:
        self._engine.close()

    def _begin(self, requests: Sequence[Request]) -> tuple[Running, list[Call], list[int]]:
        """What holds back what the calls may cost, their rows, and how long their prompts are.

        Raises: OutOfBudget, TooLong; ModelFailed where the model does not even count, which is kept as a failed call.
        """
        running = self._ledger.begin(self._errand.task)
        made = [self._row(request, running) for request in requests]
        try:
            lengths = [self._length(request) for request in requests]
            self._ledger.set_aside(running, sum(map(self._most, requests, lengths)))
        except (OutOfBudget, TooLong):
            self._ledger.drop(running)
            raise
        except Exception as err:
            for call in made:
                call.error = str(err) or type(err).__name__
            self._end(running, made)
            raise
        return running, made, lengths

    def _end(self, running: Running, made: Sequence[Call]) -> None:
        """Count them. What ran side by side took no longer than the clock says."""
        for call in made:
            if call.outcome != "done":
                call.total_s = running.elapsed_s
        seconds = sum(call.total_s for call in made)
        self._ledger.end(running, made, seconds if len(made) == 1 else min(seconds, running.elapsed_s))

    def _length(self, request: Request) -> int:
        """How many tokens the prompt has.

        Raises: TooLong.
        """
        length, most = self._engine.count(request.messages), self._engine.context_tokens
        if most and length >= most:
            raise TooLong(
                f"The prompt has {length:,} tokens, and {self.name} takes {most:,} for prompt and reply together.",
                "Say it in fewer words, or raise context_tokens under [model] if the model can take more.",
            )
        return length

    def _most(self, request: Request, prompt_tokens: int) -> int:
        """The tokens that a call may cost."""
        room = self._engine.context_tokens - prompt_tokens
        return prompt_tokens + (min(request.max_tokens, room) if room > 0 else request.max_tokens)

    def _row(self, request: Request, running: Running) -> Call:
        """The row of a call that has begun: failed, until it ends otherwise."""
        item_ids = dict.fromkeys((*self._errand.item_ids, *request.item_ids))
        return Call(
            at=running.at,
            task=self._errand.task,
            purpose=self._errand.purpose,
            engine=self._ledger.kind_of(self._errand.task),
            model=self.name,
            messages=[{"role": message.role, "text": message.text} for message in request.messages],
            outcome="failed",
            turn_id=self._errand.turn_id,
            item_ids=list(item_ids),
            sampling=_sampling(request),
        )


def _within(task: Task, unit: str, spent: float, more: float, ceiling: float) -> None:
    """Raises: OutOfBudget."""
    if not ceiling or spent + more <= ceiling:
        return
    needs = f", and this may take {more:,.0f}" if more else ""
    raise OutOfBudget(
        f"Of the {ceiling:,.0f} {unit} that the model may spend a day on {task}, {spent:,.0f} are spent{needs}.",
        f"They count anew tomorrow; {unit}_a_day under [model] or [model.{task}] sets the ceiling, and 0 takes it away.",
    )


def _closed(pieces: Iterator[Piece], ended: ExitStack) -> Iterator[Piece]:
    """`pieces`, closed with `ended` and so before what was put on it earlier: the model is at rest when a call is counted."""
    if isinstance(pieces, Generator):
        ended.callback(pieces.close)
    return pieces


def _fill(call: Call, usage: Usage) -> None:
    call.prompt_tokens = usage.prompt_tokens
    call.prompt_reused = usage.prompt_reused
    call.new_tokens = usage.new_tokens
    call.first_token_s = usage.first_token_s
    call.total_s = usage.total_s


def _sampling(request: Request) -> dict[str, object]:
    sampling = request.sampling
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "min_p": sampling.min_p,
        "repetition_penalty": sampling.repetition_penalty,
        "seed": sampling.seed,
        "max_tokens": request.max_tokens,
        "stop": list(request.stop),
        "has_schema": request.schema is not None,
        "prefix_rows": 0 if request.prefix is None else len(request.prefix.rows),
    }


def _masked(call: Call, settings: Settings) -> Call:
    """The call without the user's secrets, and without what has the shape of one."""
    secrets = secret_values(settings)

    def clean(text: str) -> str:
        return mask_shapes(mask(text, secrets))

    call.messages = [{"role": one["role"], "text": clean(one["text"])} for one in call.messages]
    call.reply, call.error = clean(call.reply), clean(call.error)
    return call
