"""Long work over HTTP: one JSON object a line, first how far it is, last what came of it.

    {"progress": {"done": 3, "total": 40, "what": "embedding"}}
    {"result": {...}}    or    {"problem": {...}}

The work is an ordinary function in a thread; the stream is a queue, so that an idle one costs no thread. When the client
goes away, or the service stops, the work's next report raises `Cancelled` in it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from threading import Event
from typing import Any

from fastapi.encoders import jsonable_encoder
from fastapi.responses import StreamingResponse

from assistant.api.problems import problem_of
from assistant.progress import Cancelled, Progress
from assistant.service import Service

MEDIA_TYPE = "application/x-ndjson"


def stream(service: Service, work: Callable[[Progress], Any]) -> StreamingResponse:
    """Run `work(progress)` in a thread and stream its reports, then its result."""
    return StreamingResponse(_lines(service, work), media_type=MEDIA_TYPE)


async def _lines(service: Service, work: Callable[[Progress], Any]) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    reports: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    unwanted = Event()

    def report(done: int, total: int | None, what: str) -> None:
        if unwanted.is_set() or service.stopping.is_set():
            raise Cancelled
        loop.call_soon_threadsafe(reports.put_nowait, {"done": done, "total": total, "what": what})

    def run() -> dict[str, Any]:
        try:
            return {"result": jsonable_encoder(work(report))}
        except Exception as err:  # noqa: BLE001 - the last handler of a streamed request: its headers are sent already
            return {"problem": problem_of(err).model_dump()}

    task = asyncio.ensure_future(asyncio.to_thread(run))
    task.add_done_callback(lambda _: reports.put_nowait(None))
    try:
        while (progress := await reports.get()) is not None:
            yield _line({"progress": progress})
        yield _line(await task)
    finally:
        unwanted.set()


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"
