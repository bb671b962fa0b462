"""The way to a model's server: JSON asked and answered, streams of events, each bounded in time and size.

The address is the user's own word, so private ones are as good as any, and exactly this host is asked: no redirect is
followed, no proxy of the environment used. That, and bodies that must come as they are written, is why requests do not
go through `connectors.transport.GuardedTransport`, which reads a body whole; its layer that opens connections is under
them all the same, for its deadlines and because what waits on it can be broken off.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Generator, Iterator, Mapping
from threading import Lock
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from assistant.answers.frames import Overlong, decode
from assistant.engine.server.refusals import no_answer, no_sense, refusal
from connectors.transport.deadline import Deadline
from connectors.transport.guard import GuardedBackend
from connectors.transport.guarded_http import transport_on
from connectors.transport.masking import mask_url
from connectors.transport.pacing import Stopped

MOST_BYTES = 8 * 1024 * 1024
"""Of an answer that is no stream."""
_MOST_ERROR_BYTES = 64 * 1024
_LONGEST_EVENT = 1024 * 1024
"""Bytes: a token and what describes it."""
_CONNECT_S = 10.0

Json = dict[str, Any]


class Wire:
    """May be shared by threads. After `close`, the next request opens connections anew."""

    def __init__(self, address: str, key: str, silence_s: float) -> None:
        self.server = mask_url(address)
        self._address = address.rstrip("/")
        self._key = key
        self._silence_s = silence_s
        self._deadline = Deadline()
        self._opening = Lock()
        self._opened: tuple[httpx.Client, GuardedBackend] | None = None

    def get(self, path: str) -> Json:
        """The object at `path`, under the address, or under the server's root where `path` begins with "//".

        Raises: ModelFailed (`Refused` where the server has no such path), TooLong.
        """
        return self._json("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Raises: as `get`."""
        return self._json("POST", path, body)

    def events(self, path: str, body: Mapping[str, Any]) -> Generator[Json, None, None]:
        """The objects of a stream as they come, up to `[DONE]` or its end; a server that does not stream gives one.

        Closing the iterator closes the connection. Raises: as `get`, also in the middle.
        """
        with self._exchange("POST", path, body) as response:
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind == "application/json":
                yield self._object(self._whole(response, MOST_BYTES))
                return
            if kind == "text/html":
                raise no_sense(self.server, "a web page instead of a reply")
            yield from self._objects(response)

    def close(self) -> None:
        """Break off what is under way."""
        with self._opening:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened[1].shut()
            opened[0].close()

    def _objects(self, response: httpx.Response) -> Iterator[Json]:
        heard_at = time.monotonic()

        def pieces() -> Iterator[bytes]:
            bytes_of = response.iter_bytes()
            while True:
                with self._deadline.until(heard_at + self._silence_s):
                    piece = next(bytes_of, None)
                if piece is None:
                    break
                yield piece
            yield b"\n\n"  # a last event that is whole but for its blank line

        try:
            for frame in decode(pieces(), _LONGEST_EVENT):
                if frame.data.strip() == "[DONE]":
                    return
                heard_at = time.monotonic()  # a comment that keeps the connection awake is nothing new
                yield self._object(frame.data)
        except Overlong as err:
            raise no_sense(self.server, "an event that is too long for any reply") from err

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None) -> Json:
        with self._exchange(method, path, body) as response:
            return self._object(self._whole(response, MOST_BYTES))

    @contextlib.contextmanager
    def _exchange(self, method: str, path: str, body: Mapping[str, Any] | None) -> Iterator[httpx.Response]:
        client, backend = self._open()
        try:
            with contextlib.ExitStack() as opened:
                with self._deadline.until(time.monotonic() + self._silence_s):
                    response = opened.enter_context(client.stream(method, self._url(path), json=body))
                if not 200 <= response.status_code < 300:
                    words = self._whole(response, _MOST_ERROR_BYTES, cuts=True)
                    raise refusal(self.server, response.status_code, response.headers, words, self._key)
                yield response
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as err:
            failure = Stopped("closed") if backend.is_shut else err
            raise no_answer(self.server, failure, self._silence_s) from err

    def _whole(self, response: httpx.Response, most: int, *, cuts: bool = False) -> bytes:
        body = bytearray()
        with self._deadline.until(time.monotonic() + self._silence_s):
            for piece in response.iter_bytes():
                body += piece
                if len(body) > most:
                    if cuts:
                        break
                    raise no_sense(self.server, f"more than {most // (1024 * 1024)} MB at once")
        return bytes(body[:most])

    def _object(self, text: bytes | str) -> Json:
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as err:
            is_page = str(text[:200]).lower().find("<html") >= 0 or str(text[:200]).lower().find("<!doctype") >= 0
            raise no_sense(self.server, "a web page instead of a reply" if is_page else "what is no JSON") from err
        if not isinstance(content, dict):
            raise no_sense(self.server, "JSON that is no object")
        return cast(Json, content)

    def _url(self, path: str) -> str:
        if path.startswith("//"):
            split = urlsplit(self._address)
            root = split.path.removesuffix("/v1")
            return f"{split.scheme}://{split.netloc}{root}{path[1:]}"
        return self._address + path

    def _open(self) -> tuple[httpx.Client, GuardedBackend]:
        with self._opening:
            if self._opened is None:
                backend = GuardedBackend(None, self._deadline)
                self._opened = self._new_client(backend), backend
            return self._opened

    def _new_client(self, backend: GuardedBackend) -> httpx.Client:
        headers = {"Accept-Encoding": "identity", "User-Agent": "telos-assistant"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return httpx.Client(
            transport=transport_on(backend, httpx.create_ssl_context(trust_env=False)),
            headers=headers,
            timeout=httpx.Timeout(self._silence_s, connect=min(_CONNECT_S, self._silence_s)),
            trust_env=False,
            follow_redirects=False,
        )
