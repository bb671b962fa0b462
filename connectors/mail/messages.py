"""Messages as a mailbox hands them on: raw bytes, flags and where they lie; a long one in part, without a trace.

It interprets no more than headers; `connectors.mail.letter` reads the rest. Called by `connectors.mail.mailbox`.
"""

from __future__ import annotations

import email
import email.policy
import imaplib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.mail.connection import Connection

_NUMBER = re.compile(rb"\bUID (\d+)")
_RECENT = rb"\Recent"
"""Says which session saw it first, nothing of the message."""
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class Uid:
    """Where a message lies. `validity` is the folder's UIDVALIDITY: `number` means nothing under another."""

    folder: str
    validity: int
    number: int


@dataclass(frozen=True)
class Message:
    """`raw` is the message as it was sent, or its beginning: `size` is the whole. `received` is when the server got it."""

    uid: Uid
    raw: bytes
    size: int
    flags: tuple[str, ...]
    received: datetime

    @property
    def is_whole(self) -> bool:
        return len(self.raw) >= self.size

    @property
    def is_deleted(self) -> bool:
        """Marked as such, and gone as soon as somebody tidies up."""
        return r"\Deleted" in self.flags

    @cached_property
    def parsed(self) -> EmailMessage:
        """The message with its headers decoded as far as they can be."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)


def messages_of(
    connection: Connection, folder: str, validity: int, uids: Sequence[int], most_bytes: int
) -> list[Message]:
    """The messages of the selected folder with these numbers, cut at `most_bytes` each; what is gone is left out."""
    if not uids:
        return []
    connection.client.most_bytes = most_bytes
    parts = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{most_bytes}>)"
    connection.client.untagged_responses.pop("FETCH", None)
    _, answered = connection.client.uid("FETCH", ",".join(map(str, uids)), parts)
    found = (_message(about, raw, Uid(folder, validity, 0)) for about, raw in _whole(answered))
    wanted = set(uids)
    by_number = {message.uid.number: message for message in found if message.uid.number in wanted}
    return [by_number[number] for number in sorted(by_number)]


def _whole(answered: Sequence[bytes | tuple[bytes, bytes] | None]) -> list[tuple[bytes, bytes]]:
    """Each message's facts, which stand before and behind its text, and its text."""
    found: list[tuple[bytes, bytes]] = []
    for piece in answered:
        if isinstance(piece, tuple):
            found.append((piece[0], piece[1]))
        elif piece and found:
            found[-1] = (found[-1][0] + b" " + piece, found[-1][1])
    return found


def _message(about: bytes, raw: bytes, uid: Uid) -> Message:
    number, size = _NUMBER.search(about), _SIZE.search(about)
    told = imaplib.Internaldate2tuple(about)
    return Message(
        uid=Uid(uid.folder, uid.validity, int(number[1]) if number else 0),
        raw=raw,
        size=int(size[1]) if size else len(raw),
        flags=tuple(sorted(flag.decode("ascii", "replace") for flag in imaplib.ParseFlags(about) if flag != _RECENT)),
        received=datetime(*told[:6]).astimezone(UTC) if told else datetime.fromtimestamp(0, UTC),
    )
