"""Messages as a mailbox hands them on: raw bytes, flags and where they lie; a long one in part, and none with a trace.

It interprets nothing but what the server tells of them; `connectors.mail.letters` reads the rest. Called by
`connectors.mail.mailbox`.
"""

from __future__ import annotations

import email
import email.policy
import imaplib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cached_property
from typing import TYPE_CHECKING

from imap_tools.errors import MailboxUidsError

from connectors.mail.headers import Headers
from connectors.mail.letters import Letter, read
from connectors.mail.remedies import is_busy, words
from connectors.mail.state import ranges

if TYPE_CHECKING:
    from connectors.mail.connection import Connection

_NUMBER = re.compile(rb"\bUID (\d+)")
_OPENING = re.compile(rb"\d+ \(")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_FACTS = "UID FLAGS INTERNALDATE RFC822.SIZE"
_IDENTIFYING = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM TO SUBJECT)]"
_AT_ONCE = 4 * 1024 * 1024
"""Bytes of messages that one command asks for."""
_LONGEST_HEADERS = 256 * 1024
_RECENT = rb"\Recent"
"""Says which session saw it first, nothing of the message."""


@dataclass(frozen=True, slots=True)
class Uid:
    """Where a message lies. `validity` is the folder's UIDVALIDITY: `number` means nothing under another."""

    folder: str
    validity: int
    number: int


@dataclass(frozen=True, slots=True)
class Head:
    """What a server tells of a message without its text. `identity` is empty where that was not asked for."""

    number: int
    size: int
    flags: tuple[str, ...]
    received: datetime
    identity: str = ""


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
        return _is_marked(self, r"\Deleted")

    @property
    def is_draft(self) -> bool:
        """Not sent yet."""
        return _is_marked(self, r"\Draft")

    @cached_property
    def headers(self) -> Headers:
        return Headers.of(self.raw)

    @cached_property
    def letter(self) -> Letter:
        """Who wrote what to whom; never fails."""
        return read(self.raw)

    @cached_property
    def parsed(self) -> EmailMessage:
        """The message as the standard library reads it, which fails at some headers of the wild."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)


def heads_of(connection: Connection, numbers: Sequence[int], *, identify: bool = False) -> list[Head]:
    """What is known of these messages of the selected folder, in the order of their numbers; what is gone is left out."""
    if not numbers:
        return []
    parts = f"({_FACTS} {_IDENTIFYING})" if identify else f"({_FACTS})"
    answered = connection.uid("FETCH", ranges(numbers), parts)
    heads = (_head(about, raw) for about, raw in _pairs(answered) if _SIZE.search(about))
    by_number = {head.number: head for head in heads}
    return [by_number[number] for number in sorted(set(numbers) & by_number.keys())]


def headers_of(connection: Connection, numbers: Sequence[int]) -> dict[int, Headers]:
    """The headers of these messages of the selected folder, without their texts; what the server does not give is left out."""
    if not numbers:
        return {}
    connection.client.most_bytes = _LONGEST_HEADERS
    try:
        answered = connection.uid("FETCH", ranges(numbers), f"(UID BODY.PEEK[HEADER]<0.{_LONGEST_HEADERS}>)")
    except MailboxUidsError:  # of one of them, maybe
        return {}
    wanted = set(numbers)
    return {number: Headers.of(raw) for about, raw in _pairs(answered) if raw and (number := _number(about)) in wanted}


def flags_of(connection: Connection, numbers: Sequence[int], changed_since: int = 0) -> dict[int, tuple[str, ...]]:
    """The flags of these messages; with `changed_since` (a MODSEQ), of those whose flags changed after it."""
    if not numbers:
        return {}
    further = (f"(CHANGEDSINCE {changed_since})",) if changed_since else ()
    answered = connection.uid("FETCH", ranges(numbers), "(UID FLAGS)", *further)
    found = {_number(about): _flags(about) for about, _ in _pairs(answered)}
    wanted = set(numbers)
    return {number: flags for number, flags in found.items() if number in wanted}


def messages_of(connection: Connection, uid: Uid, heads: Sequence[Head], most_bytes: int) -> Iterator[Message]:
    """The messages with these heads, cut at `most_bytes` each. One that the server cannot give is left out; where it
    gives none at all, that is a failure."""
    for group in _groups(heads, most_bytes):
        try:
            texts = _texts(connection, [head.number for head in group], most_bytes)
        except MailboxUidsError as err:
            if len(group) == 1 or is_busy(words(err.command_result[1])):
                raise
            texts = {}
        missing = [head.number for head in group if head.number not in texts]
        texts |= _one_by_one(connection, missing, most_bytes, bool(texts))
        for head in group:
            if head.number in texts:
                where = Uid(uid.folder, uid.validity, head.number)
                yield Message(where, texts[head.number], head.size, head.flags, head.received)


def _one_by_one(connection: Connection, numbers: Sequence[int], most_bytes: int, is_partial: bool) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    refusal: MailboxUidsError | None = None
    for number in numbers:
        try:
            found |= _texts(connection, [number], most_bytes)
        except MailboxUidsError as err:
            refusal = err
            if is_busy(words(err.command_result[1])):
                raise
    if refusal and not found and not is_partial:
        raise refusal
    return found


def _texts(connection: Connection, numbers: Sequence[int], most_bytes: int) -> dict[int, bytes]:
    connection.client.most_bytes = most_bytes
    answered = connection.uid("FETCH", ranges(numbers), f"(UID BODY.PEEK[]<0.{most_bytes}>)")
    wanted = set(numbers)
    return {number: raw for about, raw in _pairs(answered) if raw and (number := _number(about)) in wanted}


def _groups(heads: Sequence[Head], most_bytes: int) -> Iterator[list[Head]]:
    group: list[Head] = []
    size = 0
    for head in heads:
        if group and size + min(head.size, most_bytes) > _AT_ONCE:
            yield group
            group, size = [], 0
        group.append(head)
        size += min(head.size, most_bytes)
    if group:
        yield group


def _pairs(answered: Iterable[bytes | tuple[bytes, bytes] | None]) -> list[tuple[bytes, bytes]]:
    """What was told of each message, before and behind its text, and its text."""
    found: list[tuple[bytes, bytes]] = []
    for piece in answered:
        if isinstance(piece, tuple):
            found.append((piece[0], piece[1]))
        elif piece and _OPENING.match(piece):
            found.append((piece, b""))
        elif piece and found:
            found[-1] = (found[-1][0] + b" " + piece, found[-1][1])
    return found


def _head(about: bytes, raw: bytes) -> Head:
    size = _SIZE.search(about)
    told = imaplib.Internaldate2tuple(about)  # in the zone of this machine
    return Head(
        number=_number(about),
        size=int(size[1]) if size else 0,
        flags=_flags(about),
        received=datetime.fromtimestamp(time.mktime(told), UTC) if told else datetime.fromtimestamp(0, UTC),
        identity=Headers.of(raw).identity if raw else "",
    )


def _number(about: bytes) -> int:
    found = _NUMBER.search(about)
    return int(found[1]) if found else 0


def _is_marked(message: Message, flag: str) -> bool:
    """Servers spell the system's flags as they like (RFC 3501, 9)."""
    return any(one.lower() == flag.lower() for one in message.flags)


def _flags(about: bytes) -> tuple[str, ...]:
    return tuple(sorted(flag.decode("ascii", "replace") for flag in imaplib.ParseFlags(about) if flag != _RECENT))
