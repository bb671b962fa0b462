"""The way from a command to the API: the daemon's socket, or, where no daemon runs, the same application in this process.

It knows HTTP and problems, and nothing of the nouns: `client` has one typed method a route on top of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from assistant.answers.frames import decode
from assistant.answers.problem import MEDIA_TYPE, Problem
from assistant.errors import Gone, TelosError, Unavailable
from assistant.home import Home
from assistant.lock import Lock
from assistant.progress import Progress, unheard

Answer = TypeVar("Answer")

_CONNECT_S = 2.0
_ANSWER_S = 300.0
"""A request that does not stream answers within so long; the longest of them ask a source."""
_ENDLESS = httpx.Timeout(None, connect=_CONNECT_S)
_LOCK_S = 3.0
_RETRY_S = 0.05


class Wire:
    """A connection to the API of one home. `is_daemon` tells who answers."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._open = ExitStack()
        self.is_daemon = False
        self._http = self._connect()

    def get(self, path: str, answer: type[Answer], **parameters: Any) -> Answer:
        return self._read(self._send("GET", path, params=_given(parameters)), answer)

    def post(self, path: str, answer: type[Answer], body: object = None) -> Answer:
        return self._read(self._send("POST", path, **_written(body)), answer)

    def patch(self, path: str, answer: type[Answer], body: object = None) -> Answer:
        return self._read(self._send("PATCH", path, **_written(body)), answer)

    def put(self, path: str, answer: type[Answer], body: object = None) -> Answer:
        return self._read(self._send("PUT", path, **_written(body)), answer)

    def delete(self, path: str, answer: type[Answer], **parameters: Any) -> Answer:
        return self._read(self._send("DELETE", path, params=_given(parameters)), answer)

    def stream(self, path: str, answer: type[Answer], body: object = None, on_progress: Progress = unheard) -> Answer:
        """POST to a route that streams (`api.streams`): reports go to `on_progress`, the result comes back."""
        for kind, content in self.lines(path, body):
            if kind == "progress":
                on_progress(content["done"], content["total"], content["what"])
            elif kind == "problem":
                raise Problem.model_validate(content).as_error()
            elif kind == "result":
                return TypeAdapter(answer).validate_python(content)
        raise Unavailable("The answer ended before its result.", "Was the service stopped? Try again.")

    def lines(self, path: str, body: object = None) -> Iterator[tuple[str, Any]]:
        """POST to a route that answers in JSON lines: the one key and the content of each."""
        with self._speaking(), self._http.stream("POST", path, **_written(body), timeout=_ENDLESS) as response:
            if response.is_error:
                response.read()
                raise _failure(response)
            for line in _lines(response.iter_bytes()):
                yield from json.loads(line).items()

    def events(self, path: str, event: Any, body: object = None) -> Generator[Any, None, None]:
        """POST to a route that sends events (`api.events`), each of the type `event`. Closing the iterator ends them.

        Raises: what the route fails with, before or between the events.
        """
        with self._speaking(), self._http.stream("POST", path, **_written(body), timeout=_ENDLESS) as response:
            if response.is_error:
                response.read()
                raise _failure(response)
            kind = TypeAdapter(event)
            for frame in decode(response.iter_bytes()):
                if frame.event == "problem":
                    raise Problem.model_validate_json(frame.data).as_error()
                yield _understood(kind, frame.data, path)

    def close(self) -> None:
        self._open.close()

    def _connect(self) -> httpx.Client:
        """The daemon, if one answers; else the lock and a server here; else a sentence about who is in the way."""
        lock = Lock(self._home.lock)
        patience = time.monotonic() + _LOCK_S
        while True:
            holder = lock.holder()
            if holder and holder.serves and (http := _daemon_at(holder.socket)):
                self.is_daemon = True
                return self._open.enter_context(http)
            self._home.prepare()
            if lock.try_acquire():
                return self._open.enter_context(_client(self._serve_here(lock)))
            if time.monotonic() > patience:
                raise lock.conflict()
            time.sleep(_RETRY_S)

    def _serve_here(self, lock: Lock) -> str:
        """Start the application in this process; the path of its socket."""
        from assistant.client.here import serve_here  # heavy: the whole service

        self._open.callback(lock.release)
        return self._open.enter_context(serve_here(self._home, lock))

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        with self._speaking():
            response = self._http.request(method, path, **request)
        if response.is_error:
            raise _failure(response)
        return response

    @staticmethod
    def _read(response: httpx.Response, answer: type[Answer]) -> Answer:
        if answer is type(None):
            return None
        return _understood(TypeAdapter(answer), response.content, response.request.url.path)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as err:
            raise Gone(
                f"The service went away before it had answered ({type(err).__name__}).",
                "See `telos status`, and try again.",
            ) from err


def serving_pid(home: Home) -> int | None:
    """The process id of the daemon that answers at a home, if one does."""
    holder = Lock(home.lock).holder()
    if holder is None or not holder.serves or not _accepts(holder.socket):
        return None
    return holder.pid


def _client(socket: str) -> httpx.Client:
    return httpx.Client(
        transport=httpx.HTTPTransport(uds=socket),
        base_url="http://telos",
        timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
        trust_env=False,
    )


def _daemon_at(socket: str) -> httpx.Client | None:
    """A client of the daemon at `socket`, if one accepts there."""
    return _client(socket) if _accepts(socket) else None


def _accepts(socket: str) -> bool:
    import socket as sockets

    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_S)
        try:
            probe.connect(socket)
        except OSError:
            return False
    return True


def _failure(response: httpx.Response) -> TelosError:
    if response.headers.get("content-type", "").startswith(MEDIA_TYPE):
        return Problem.model_validate_json(response.content).as_error()
    return Unavailable(f"The service answered {response.status_code} without saying why.", "Its log may tell.")


def _understood(answer: TypeAdapter[Answer], content: str | bytes, path: str) -> Answer:
    try:
        return answer.validate_json(content)
    except ValidationError as err:
        raise Unavailable(
            f"The service's answer to {path} is not understood.",
            "Client and service may differ in version: restart `telos run`.",
        ) from err


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines that end with a newline and nothing else; texts in them hold separators that count as line ends elsewhere."""
    waiting = b""
    for chunk in chunks:
        *lines, waiting = (waiting + chunk).split(b"\n")
        yield from lines


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Query parameters without those left open."""
    return {name: value for name, value in parameters.items() if value is not None}


def _written(body: object) -> dict[str, Any]:
    """A body as JSON in ASCII, which also carries bytes that are no UTF-8, kept by surrogateescape."""
    if body is None:
        return {}
    plain = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    return {"content": json.dumps(plain).encode("ascii"), "headers": {"Content-Type": "application/json"}}
