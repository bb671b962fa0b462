"""A turn's calls of models: each is counted for the turn, and ends soon after nobody waits for it any more.

What is asked as a form (a card, facts, a judgement, a summary) comes whole, so that a generator waiting for it could not
be closed. It runs in a thread; the turn tells every second that it is still at it, and when it is closed there, the call
is given up at the next piece of its answer. A reply comes in pieces, and is waited for in a thread, too: while a model
reads its prompt, or its server is silent, it can be closed all the same (`beating`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Generic, TypeVar

from assistant.answers.chat import Step
from assistant.engine.around import Around
from assistant.engine.contract import Engine, Piece, Reply, Request, Usage
from assistant.errors import TelosError

Found = TypeVar("Found")

BEAT_S = 1.0
GRACE_S = 2.0
"""So long a call that was given up is waited for: most end within a token."""


class Stopped(Exception):
    """Nobody waits for the answer any more. No failure: nobody is told of it."""


@dataclass(slots=True)
class Watch:
    """What the calls of a turn cost, prompts and answers together."""

    tokens: int = 0
    is_unwanted: Event = field(default_factory=Event)


class Watched(Around):
    """An engine whose calls are counted on a watch, and stop when it says so. All else is passed on."""

    def __init__(self, engine: Engine, watch: Watch) -> None:
        super().__init__(engine)
        self._watch = watch

    def stream(self, request: Request) -> Iterator[Piece]:
        """Raises: Stopped, too."""
        told = 0
        usage: Usage | None = None
        pieces = self._engine.stream(request)
        try:
            for piece in pieces:
                if self._watch.is_unwanted.is_set():
                    raise Stopped
                told, usage = told + bool(piece.text), piece.usage or usage
                if piece.usage is not None:
                    self._watch.tokens += piece.usage.prompt_tokens + piece.usage.new_tokens
                yield piece
        finally:
            if isinstance(pieces, Generator):
                pieces.close()
            if told and usage is None:  # stopped on the way: a piece is about a token
                with suppress(TelosError):
                    self._watch.tokens += self._engine.count(request.messages) + told

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        replies = self._engine.batch(requests)
        self._watch.tokens += sum(reply.usage.prompt_tokens + reply.usage.new_tokens for reply in replies)
        return replies


def beating(pieces: Iterator[Piece]) -> Generator[Piece, None, None]:
    """The pieces of a reply as they come, and an empty one for every second without any.

    Closed, it closes them; a call that does not end soon is left behind, and ends with its next piece.
    """
    with ExitStack() as ended:
        pool = ThreadPoolExecutor(1, "reply")  # one thread: what begins a piece of work there also ends it
        ended.callback(pool.shutdown, wait=False)
        if isinstance(pieces, Generator):
            ended.callback(_given_up, pool, pieces)
        while True:
            coming = pool.submit(next, pieces, None)
            while not wait([coming], BEAT_S).done:
                yield Piece("")
            if (piece := coming.result()) is None:
                return
            yield piece


def _given_up(pool: Executor, pieces: Generator[Piece, None, None]) -> None:
    wait([pool.submit(pieces.close)], GRACE_S)


class Waited(Generic[Found]):
    """Work in a thread, and what came of it."""

    def __init__(self, work: Callable[[], Found], watch: Watch) -> None:
        self._work = work
        self._watch = watch
        self._found: list[Found] = []
        self._failure: BaseException | None = None

    def events(self, step: Step) -> Generator[Step, None, Found]:
        """`step` every second until the work is done; its result, or its failure. Closed, it gives the work up."""
        thread = Thread(target=self._run, name=f"turn: {step.what}", daemon=True)
        thread.start()
        try:
            thread.join(BEAT_S)
            while thread.is_alive():
                yield step
                thread.join(BEAT_S)
        finally:
            if thread.is_alive():
                self._watch.is_unwanted.set()
                thread.join(GRACE_S)
        if self._failure is not None:
            raise self._failure
        return self._found[0]

    def _run(self) -> None:
        try:
            self._found.append(self._work())
        except BaseException as err:  # noqa: BLE001 - raised again where it is waited for
            self._failure = err
