"""Events as they come, over HTTP: a generator in a thread, a queue, server-sent events.

    event: text
    data: {"event": "text", "text": "The ferry "}

The generator is ordinary synchronous code. It runs in a thread of its own; the stream is an async generator over a queue,
so that one that is idle, or read slowly, costs no thread. When the client goes away, or the service stops, the generator
is closed before it gives another item. What fails before the first item is an ordinary answer with its status; what
fails after it is an `event: problem`. The conversations and the OpenAI-compatible routes speak through it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from threading import Event, Thread
from typing import Any, Generic, TypeVar

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.answers.frames import MEDIA_TYPE, Frame, comment, encode
from assistant.answers.problem import Problem
from assistant.api.problems import problem_of
from assistant.errors import Gone
from assistant.service import Service

Item = TypeVar("Item")

KEEP_ALIVE_S = 15.0
"""A stream with nothing to tell shows so often that it lives."""
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def problem_frames(problem: Problem) -> list[Frame]:
    """How a stream of ours tells of a failure."""
    return [Frame(problem.model_dump_json(), "problem")]


async def stream_events(
    service: Service,
    items: Iterator[Item],
    frame: Callable[[Item], Frame],
    *,
    failed: Callable[[Problem], Sequence[Frame]] = problem_frames,
    end: Sequence[Frame] = (),
) -> StreamingResponse:
    """Answer with the items of a generator as they come, each as a frame, then `end`; or what `failed` makes of a failure.

    Awaited by an async route. Raises: what the generator raises before its first item.
    """
    heard = Heard(service, items)
    first = await heard.next_or_none()
    return _Told(heard, _told(heard, first, frame, failed, end))


async def _told(
    heard: Heard[Item],
    first: Item | None,
    frame: Callable[[Item], Frame],
    failed: Callable[[Problem], Sequence[Frame]],
    end: Sequence[Frame],
) -> AsyncIterator[bytes]:
    item = first
    try:
        while item is not None:
            yield encode(frame(item))
            while not await heard.has_more(KEEP_ALIVE_S):
                yield comment("still here")
            item = await heard.next_or_none()
    except Exception as err:  # noqa: BLE001 - the last handler of a streamed request: its headers are sent already
        end = failed(problem_of(err))
    for last in end:
        yield encode(last)


class _Told(StreamingResponse):
    """A stream that leaves its generator however it ends, also where it never began."""

    def __init__(self, heard: Heard[Any], content: AsyncIterator[bytes]) -> None:
        super().__init__(content, media_type=MEDIA_TYPE, headers=_HEADERS)
        self._heard = heard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._heard.leave()


class Heard(Generic[Item]):
    """A synchronous generator, run in a thread, heard in the event loop that it was made in."""

    def __init__(self, service: Service, items: Iterator[Item]) -> None:
        self._service = service
        self._items = items
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[Item | None, BaseException | None]] = asyncio.Queue()
        self._unwanted = Event()
        self._getting: asyncio.Future[tuple[Item | None, BaseException | None]] | None = None
        Thread(target=self._run, name="events", daemon=True).start()

    async def next_or_none(self) -> Item | None:
        """The next item, or `None` after the last one. Raises: what the generator raised."""
        self._getting = self._getting or asyncio.ensure_future(self._queue.get())
        item, failure = await self._getting
        self._getting = None
        if failure is not None:
            raise failure
        return item

    async def has_more(self, patience_s: float) -> bool:
        """Whether within so long there is something to be had at once. Nothing is lost where there is not."""
        self._getting = self._getting or asyncio.ensure_future(self._queue.get())
        done, _ = await asyncio.wait({self._getting}, timeout=patience_s)
        return bool(done)

    def leave(self) -> None:
        """Nobody listens any more: the generator is closed within one item."""
        self._unwanted.set()
        if self._getting is not None:
            self._getting.cancel()

    def _run(self) -> None:
        try:
            for item in self._items:
                if self._unwanted.is_set():
                    break
                if self._service.stopping.is_set():
                    raise Gone("The service stops.", "What was said is kept, and is continued when it runs again.")
                self._tell(item, None)
            self._tell(None, None)
        except BaseException as err:  # noqa: BLE001 - raised again where it is heard
            self._tell(None, err)
        finally:
            close = getattr(self._items, "close", None)  # an iterator that is no generator has none
            if close is not None:
                close()

    def _tell(self, item: Item | None, failure: BaseException | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens
            self._loop.call_soon_threadsafe(self._queue.put_nowait, (item, failure))
