"""Server-sent events as bytes, both ways, as the HTML standard defines them (section 9.2, "Server-sent events").

It knows framing and nothing of what the events mean. The API writes frames with it and the client reads them; whoever
reads another server's stream reads them here, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MEDIA_TYPE = "text/event-stream"

_LINE_END = re.compile(rb"\r\n|\n|\r")
_TEXT_LINE_END = re.compile(r"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_LONGEST = 16 * 1024 * 1024
"""Bytes of one event; more is no event but a fault at the other end."""


class Overlong(ValueError):
    """An event that does not end."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event: its `data`, its kind where it has one, and an id. No id holds a NUL, and neither has line ends."""

    data: str
    event: str = ""
    id: str = ""


def encode(frame: Frame) -> bytes:
    """A frame on the wire. Data of several lines becomes several `data:` lines; its line ends become newlines."""
    lines = [f"event: {_one_line(frame.event)}"] if frame.event else []
    if frame.id:
        lines.append(f"id: {_one_line(frame.id)}")
    lines += [f"data: {line}" for line in _TEXT_LINE_END.split(frame.data)]
    return ("\n".join(lines) + "\n\n").encode(errors="replace")


def comment(text: str = "") -> bytes:
    """A line that every reader passes over; it shows that the stream lives."""
    return f": {_one_line(text)}\n\n".encode(errors="replace")


def decode(chunks: Iterable[bytes], longest: int = _LONGEST) -> Iterator[Frame]:
    """The frames in a stream of bytes, however it was cut. One that was not ended by an empty line is dropped.

    Raises: Overlong for an event of more than `longest` bytes.
    """
    data: list[str] = []
    event = last_id = ""
    size = 0
    for line in _lines(chunks, longest):
        size += len(line)
        if size > longest:
            raise Overlong(f"An event is longer than {longest} bytes.")
        if not line:
            if data:
                yield Frame("\n".join(data), event, last_id)
            data, event, size = [], "", 0
            continue
        name, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode(errors="replace")
        match name:
            case b"data":
                data.append(text)
            case b"event":
                event = text
            case b"id" if "\0" not in text:
                last_id = text


def _lines(chunks: Iterable[bytes], longest: int) -> Iterator[bytes]:
    """Lines without their ends. A carriage return at the end of a chunk waits for the newline that may follow."""
    waiting = b""
    is_first = True
    for chunk in chunks:
        waiting += chunk
        if is_first and len(waiting) < len(_BOM) and _BOM.startswith(waiting):
            continue
        if is_first:
            waiting, is_first = waiting.removeprefix(_BOM), False
        held = b"\r" if waiting.endswith(b"\r") else b""
        *lines, rest = _LINE_END.split(waiting.removesuffix(held))
        yield from lines
        waiting = rest + held
        if len(waiting) > longest:
            raise Overlong(f"A line is longer than {longest} bytes.")
    if waiting.endswith(b"\r"):
        yield waiting[:-1]


def _one_line(text: str) -> str:
    return _TEXT_LINE_END.sub(" ", text).replace("\0", "")
