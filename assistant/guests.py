"""The API as other programs get it, over TCP: whoever asks is a guest, and what may not leave is masked in every answer.

An answer of JSON is read, its strings are masked, and it is written anew; of a stream, each line or event by itself; any
other text is masked as it stands. It knows no route. `daemon` puts it behind the gate of `tcp`; routes ask `is_guest`, and
leave out whole what a guest must not see. A text that comes in several events is masked before (`withheld_stream`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.withheld import Withheld

_GUEST = "telos.guest"
_STREAMS = (b"text/event-stream", b"application/x-ndjson", b"application/jsonl")
_DATA = "data: "
_OWN = re.compile(r"[a-zA-Z_]+")


def is_guest(scope: Scope) -> bool:
    """Whether another program than our own asks."""
    return bool(scope.get(_GUEST, False))


class Guests:
    """`app` for guests. `held` gives what may not leave as of now; it may wait for the database."""

    def __init__(self, app: ASGIApp, held: Callable[[], Withheld]) -> None:
        self._app = app
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held = await run_in_threadpool(self._held)
        await self._app({**scope, _GUEST: True}, receive, send if held.is_empty else _Masking(send, held))


class _Masking:
    """Passes on what is sent, masked. What comes in parts is held until a line, or all of it, is there."""

    def __init__(self, send: Send, held: Withheld) -> None:
        self._send, self._withheld = send, held
        self._start: Message = {}
        self._waiting = b""
        self._is_stream = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
            self._is_stream = any(kind.startswith(_STREAMS) for kind in kinds)
            self._start = message
            if self._is_stream:
                await self._send(message)
        elif message["type"] == "http.response.body":
            await self._body(message)
        else:
            await self._send(message)

    async def _body(self, message: Message) -> None:
        self._waiting += message.get("body", b"")
        more = bool(message.get("more_body", False))
        if self._is_stream:
            lines = self._waiting.split(b"\n")
            self._waiting = lines.pop() if more else b""
            if not more and lines and lines[-1] == b"":
                lines.pop()
            masked = b"".join(_line(line, self._withheld) + b"\n" for line in lines)
            await self._send({**message, "body": masked})
        elif not more:
            body = _whole(self._waiting, self._withheld)
            headers = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
            await self._send({**self._start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
            await self._send({**message, "body": body, "more_body": False})


def _line(line: bytes, held: Withheld) -> bytes:
    text = line.decode("utf-8", "replace")
    mark = _DATA if text.startswith(_DATA) else ""
    return (mark + _masked(text[len(mark) :], held)).encode()


def _whole(body: bytes, held: Withheld) -> bytes:
    return _masked(body.decode("utf-8", "replace"), held).encode() if body else body


def _masked(text: str, held: Withheld) -> str:
    """A text, or the strings of the JSON that it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return held.without(text)
    masked = _of_json(value, held)
    return text if masked == value else json.dumps(masked, ensure_ascii=False)


def _of_json(value: Any, held: Withheld) -> Any:
    if isinstance(value, str):
        return held.without(value)
    if isinstance(value, list):
        return [_of_json(one, held) for one in value]
    if isinstance(value, dict):
        return {_name(name, held): _of_json(one, held) for name, one in value.items()}
    return value


def _name(name: str, held: Withheld) -> str:
    """A name of an object, which may be a text of somebody's. One that is a word is the API's own: clients ask for it, so
    that a private word does not change it; a secret does."""
    is_own = _OWN.fullmatch(name) is not None and not held.holds_secret(name)
    return name if is_own else held.without(name)
