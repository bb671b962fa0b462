"""An engine whose every call goes through the ledger: checked before it, counted and written down after it.

`assistant.service` wraps every engine so, and nothing goes round it. However a call ends, whole, stopped or failed, it
leaves its row. It knows no ceiling and no day: `book` does.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from assistant.engine.around import Around
from assistant.engine.contract import (
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
from assistant.ledger.book import Ledger, Running
from memory.models import Call


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call is made for, as its row says."""

    task: Task
    purpose: str
    turn_id: int | None = None
    item_ids: tuple[int, ...] = ()


def metered(engine: Engine, ledger: Ledger, errand: Errand) -> Engine:
    """`engine`, held to the ceilings of the errand's task and written down. One without a model costs nothing."""
    return engine if isinstance(engine, Extractive) else Metered(engine, ledger, errand)


class Metered(Around):
    """An engine whose every call is checked, counted and written down. What costs nothing is passed on.

    It is made before an errand's words are read, so that no call is written down of which something was erased since.
    """

    def __init__(self, engine: Engine, ledger: Ledger, errand: Errand) -> None:
        super().__init__(engine)
        self._ledger = ledger
        self._errand = errand
        self._erasures = ledger.erasures()

    def stream(self, request: Request) -> Iterator[Piece]:
        """Raises: also OutOfBudget for the day, before anything runs."""
        running, [call], [prompt_tokens] = self._begin([request])
        text: list[str] = []
        last: Piece | None = None
        with ExitStack() as ended:
            ended.callback(self._end, running, [call])
            ended.enter_context(_told([call]))
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
            with _told(made):
                replies = self._engine.batch(requests)
                for call, reply in zip(made, replies, strict=True):
                    call.outcome, call.reply = "done", reply.text
                    _fill(call, reply.usage)
            return replies
        finally:
            self._end(running, made)

    def prepare(self, messages: Sequence[Message], session: str) -> Usage | None:
        """What was read counts for the day; one that has no room left for it is left to the replies."""
        if not self._ledger.has_room(self._errand.task, self._length(Request(messages=messages))):
            return None
        usage = self._engine.prepare(messages, session)
        if usage is not None:
            read = usage.prompt_tokens - usage.prompt_reused
            self._ledger.count_ahead(self._errand.task, read, usage.total_s)
        return usage

    def _begin(self, requests: Sequence[Request]) -> tuple[Running, list[Call], list[int]]:
        """What holds back what the calls may cost, their rows, and how long their prompts are.

        Raises: OutOfBudget, TooLong; ModelFailed where the model does not even count, which is kept as a failed call.
        """
        running = self._ledger.begin(self._errand.task)
        made = [self._row(request, running) for request in requests]
        with ExitStack() as failed:
            failed.callback(self._end, running, made)
            try:
                with _told(made):
                    lengths = [self._length(request) for request in requests]
                    self._ledger.set_aside(running, sum(map(self._most, requests, lengths)))
            except (OutOfBudget, TooLong):
                failed.pop_all()
                self._ledger.drop(running)
                raise
            failed.pop_all()
        return running, made, lengths

    def _end(self, running: Running, made: Sequence[Call]) -> None:
        """Count them. What ran side by side took no longer than the clock says."""
        for call in made:
            if call.outcome != "done":
                call.total_s = running.elapsed_s
        seconds = sum(call.total_s for call in made)
        seconds = seconds if len(made) == 1 else min(seconds, running.elapsed_s)
        self._ledger.end(running, made, seconds, erasures=self._erasures)

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


@contextmanager
def _told(made: Sequence[Call]) -> Iterator[None]:
    """Rows of calls that fail say why."""
    try:
        yield
    except Exception as err:
        for call in made:
            call.error = str(err) or type(err).__name__
        raise


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
