"""A text of the user's own from before, as it was found: what it says, to whom, when, and who sent it where it says so.

The command line has read the files already. A mail that was saved as plain text still has its headers on top, and they
decide whose it is. It knows no row and no trait; `warm_up` calls it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime

from assistant.answers.profile import LearnText

_HEADER = re.compile(
    r"(?:from|to|cc|bcc|subject|date|sent|message-id|received|return-path|[a-z]+-[a-z-]+)\s*:", re.IGNORECASE
)
_TELLING = re.compile(r"^(?:from|to|subject)\s*:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """`kind` is empty where only a look at the text tells it, `sender` where nothing says who wrote it."""

    name: str
    text: str
    kind: str = ""
    sender: str = ""
    writer: str = ""
    to_name: str = ""
    to_address: str = ""
    readers: int = 0
    subject: str = ""
    at: datetime | None = None


def past_text(given: LearnText) -> Past:
    """What a text says of itself. One that cannot be read is empty."""
    if given.kind in (None, "mail") and _has_headers(given.text):
        return _mail(given)
    name, address = _first([given.to])
    return Past(
        name=given.name,
        text=given.text.encode("utf-8", "replace").decode(),
        kind=given.kind or ("mail" if given.to else ""),
        to_name=name,
        to_address=address,
        readers=1 if given.to else 0,
        at=given.at,
    )


def _has_headers(text: str) -> bool:
    """Whether it begins as a saved mail does: lines of headers, the telling ones among them, and an empty one."""
    head, empty, _ = text.lstrip("\ufeff\n").replace("\r\n", "\n").partition("\n\n")
    lines = head.splitlines()
    are_headers = all(_HEADER.match(line) or line[:1].isspace() for line in lines)
    return bool(empty) and are_headers and len(_TELLING.findall(head)) >= 2


def _mail(given: LearnText) -> Past:
    raw = given.text.lstrip("\ufeff\n").encode("utf-8", "surrogateescape")
    try:
        message = message_from_bytes(raw, policy=policy.default)
        body = message.get_body(("plain",))
        text = str(body.get_content()) if body is not None else ""
        writer, sender = _first(_values(message, "from"))
        to = _values(message, "to") or [given.to]
        to_name, to_address = _first(to)
        subject = " ".join(" ".join(_values(message, "subject")).split())
        readers = len(getaddresses(to))
    except (MessageError, LookupError, ValueError, AttributeError, TypeError, RecursionError):
        return Past(name=given.name, text="", kind="mail")
    return Past(
        name=given.name,
        text=text.replace("\r\n", "\n").encode("utf-8", "replace").decode(),
        kind="mail",
        sender=sender.casefold(),
        writer=writer,
        to_name=to_name,
        to_address=to_address.casefold(),
        readers=readers,
        subject=subject,
        at=_date(message) or given.at,
    )


def _values(message: EmailMessage, name: str) -> list[str]:
    return [str(value).encode("utf-8", "replace").decode() for value in message.get_all(name, [])]


def _first(written: list[str]) -> tuple[str, str]:
    """(name, address) of the first who is named; a bare name has no address."""
    if not any("@" in text for text in written):
        return " ".join(" ".join(written).split()), ""
    return next(((name, address) for name, address in getaddresses(written) if address), ("", ""))


def _date(message: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(message.get("date", "")))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
