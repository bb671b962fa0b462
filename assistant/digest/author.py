"""The model at work on a digest, against the clock: in a thread of its own, which is left behind when time is up.

Stories go to the model in batches, as large as leave it half of the time that is left even if batching gained nothing;
a story whose reply cited nothing is asked for once more under a schema. What an engine fails with ends here, as a
sentence for the foot. It knows no rows and no page: `digest.write` gives it the briefs in the order of their worth.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, Queue
from threading import Event, Thread

from assistant.engine import cited
from assistant.engine.around import Around
from assistant.engine.brief import Brief, Claim
from assistant.engine.cited import DigestEntry, Draft
from assistant.engine.contract import (
    ASIDE,
    Capability,
    Engine,
    ModelFailed,
    Piece,
    Reply,
    Request,
    TooLong,
    complete,
)
from assistant.engine.structured import ask
from assistant.errors import TelosError
from assistant.progress import Progress

log = logging.getLogger(__name__)

MOST_AT_ONCE = 8
BEAT_S = 1.0
"""So often somebody is told how far it is, and may end it."""
FLOOD = 12
"""Characters for each token that a reply may have: what goes on after that is cut off."""


@dataclass(slots=True)
class Manuscript:
    """What the model wrote by the position of the story, and why the rest is missing: it failed there, or ran late."""

    claims: dict[int, tuple[Claim, ...]] = field(default_factory=dict)
    """Empty where too little of what it wrote is borne out."""
    is_late: bool = False
    error: str = ""
    is_asked: bool = False
    """Whether there was a model to be asked."""


class _Unwanted(Exception):
    """Nobody waits for the rest."""


def write_against_time(engine: Engine, briefs: Sequence[Brief], seconds: float, progress: Progress) -> Manuscript:
    """What `engine` writes of `briefs` within `seconds`, whatever it does. An engine without a model is not asked.

    Raises: what `progress` raises.
    """
    if not briefs or seconds <= 0:
        return Manuscript()
    author = _Author(engine, briefs, time.monotonic() + seconds)
    Thread(target=author.run, name="author", daemon=True).start()
    try:
        return author.collect(progress)
    finally:
        author.unwanted.set()


class _Author:
    def __init__(self, engine: Engine, briefs: Sequence[Brief], deadline: float) -> None:
        self.unwanted = Event()
        self._engine = _Interruptible(engine, self.unwanted)
        self._briefs = briefs
        self._deadline = deadline
        self._done: Queue[tuple[int, tuple[Claim, ...]] | None] = Queue()
        self._is_asked = False
        self._error = ""

    def collect(self, progress: Progress) -> Manuscript:
        """Wait for what comes until it is all there, or time is up."""
        manuscript, told_at = Manuscript(), time.monotonic()
        while True:
            if time.monotonic() - told_at >= BEAT_S:
                told_at = time.monotonic()
                progress(len(manuscript.claims), len(self._briefs), f"{self._engine.name} writes")
            left = max(0.0, self._deadline - time.monotonic())
            try:
                story = self._done.get(timeout=min(left, BEAT_S))
            except Empty:
                if left:
                    continue
                log.warning("%s was not done with the digest in time", self._engine.name)
                return replace(manuscript, is_late=True, is_asked=True)
            if story is None:
                return replace(manuscript, error=self._error, is_asked=self._is_asked)
            manuscript.claims[story[0]] = story[1]
            told_at = 0.0

    def run(self) -> None:
        """In a thread of its own: whatever happens there, the digest hears of it."""
        try:
            if Capability.GENERATE in self._engine.capabilities:
                self._is_asked = True
                self._write()
        except _Unwanted:
            log.info("What %s still wrote for a digest is not waited for", self._engine.name)
        except Exception as err:  # noqa: BLE001 - the digest falls back to extraction, and says why
            self._is_asked = True
            self._error = _sentence(err)
            log.warning("%s writes no more of the digest: %s", self._engine.name, err)
        finally:
            self._done.put(None)

    def _write(self) -> None:
        """All stories in batches, then those once more whose reply was no entry at all."""
        left = list(range(len(self._briefs)))
        size, failed = 1, 0
        formless: list[int] = []
        while left:
            group, started = left[:size], time.monotonic()
            try:
                drafts = self._drafts(group)
            except TelosError as err:
                if len(group) > 1:  # together they were too much for it
                    size = 1
                    continue
                failed += not isinstance(err, TooLong)
                if failed > 1 or len(self._briefs) == 1:
                    raise
                self._error, drafts = err.sentence, []
            else:
                failed, size = 0, self._next_size((time.monotonic() - started) / len(group))
            for index, draft in zip(group, drafts, strict=False):
                if draft.is_formed:
                    self._done.put((index, draft.claims))
                else:
                    formless.append(index)
            left = left[len(group) :]
        for index in formless:
            self._done.put((index, self._held_to_a_schema(self._briefs[index])))

    def _drafts(self, group: Sequence[int]) -> list[Draft]:
        briefs = [self._briefs[index] for index in group]
        requests = [cited.asked(self._engine, brief) for brief in briefs]
        is_one = len(requests) == 1  # which can be ended at any token, a batch cannot
        replies = [complete(self._engine, requests[0])] if is_one else self._engine.batch(requests)
        texts = [reply.text[: _most_characters(one)] for reply, one in zip(replies, requests, strict=True)]
        return [cited.read(text, brief) for text, brief in zip(texts, briefs, strict=True)]

    def _held_to_a_schema(self, brief: Brief) -> tuple[Claim, ...]:
        """The entry as an object, from an engine that can be held to one."""
        if Capability.SCHEMA not in self._engine.capabilities:
            return ()
        request = cited.asked(self._engine, brief, as_object=True)
        engine = self._engine.quoting(request.item_ids)
        try:
            entry = ask(
                engine,
                DigestEntry,
                request.messages,
                max_tokens=2 * request.max_tokens,
                purpose="The digest",
                session=f"{ASIDE}digest",
            )
        except TelosError as err:
            log.info("%s wrote no entry under a schema either: %s", self._engine.name, err)
            return ()
        return cited.read_object(entry, brief).claims

    def _next_size(self, seconds_a_story: float) -> int:
        """So many stories at once that they take half of the time left, if one takes as long as the last did."""
        left = self._deadline - time.monotonic()
        return max(1, min(MOST_AT_ONCE, int(left / 2 / max(seconds_a_story, 0.001))))


class _Interruptible(Around):
    """An engine whose replies end when nobody wants them any more, or when they go on for ever."""

    def __init__(self, engine: Engine, unwanted: Event, item_ids: Sequence[int] = ()) -> None:
        super().__init__(engine)
        self._unwanted = unwanted
        self._item_ids = tuple(item_ids)

    def quoting(self, item_ids: Sequence[int]) -> _Interruptible:
        """The same, for requests that do not say themselves which items they quote."""
        return _Interruptible(self._engine, self._unwanted, item_ids)

    def close(self) -> None:
        """The engine is others', too."""

    def stream(self, request: Request) -> Iterator[Piece]:
        written = 0
        if self._unwanted.is_set():
            raise _Unwanted
        pieces = self._engine.stream(replace(request, item_ids=request.item_ids or self._item_ids))
        try:
            for piece in pieces:
                written += len(piece.text)
                if self._unwanted.is_set():
                    raise _Unwanted
                if written > _most_characters(request):
                    raise ModelFailed(f"{self.name} writes on and on.", "Try another model: `telos model test`.")
                yield piece
        finally:
            if isinstance(pieces, Generator):
                pieces.close()

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        if self._unwanted.is_set():
            raise _Unwanted
        return self._engine.batch(requests)


def _most_characters(request: Request) -> int:
    return FLOOD * request.max_tokens


def _sentence(err: Exception) -> str:
    return err.sentence if isinstance(err, TelosError) else f"{type(err).__name__}: {err}"
