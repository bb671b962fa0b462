"""Who a draft is for: `Ann Lee <ann@example.org>` taken apart into name and address. Pure functions of strings.

`gathering` and `incoming` read recipients with it; nothing else in the house takes an address apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any, Self

from assistant.errors import BadRequest

MOST = 50
_ADDRESS = re.compile(r"[^\s@<>\"(),;:]+@[^\s@<>\"(),;:]+", re.UNICODE)
_UNQUOTED = re.compile(r"(?P<before>^|[,;])\s*(?P<name>[^\s,;<>\"]+@[^\s,;<>\"]+)\s*(?=<)")
"""An address in the place of a name, `a@x.org <b@y.org>`, which would be read as two people."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One of them may be empty, never both."""

    name: str = ""
    address: str = ""

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Self:
        return cls(str(row.get("name", "")), str(row.get("address", "")))

    def row(self) -> dict[str, Any]:
        return {"name": self.name, "address": self.address}

    @property
    def key(self) -> str:
        """What tells readers apart: the address, or the name where there is none, case-folded."""
        return (self.address or self.name).casefold()

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].casefold()

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name and self.address else self.name or self.address


def read(written: Iterable[str]) -> list[Recipient]:
    """The recipients as one writes them, each once: `Ann Lee <ann@example.org>`, an address, or a bare name.

    Raises: BadRequest for an address that is none, or where there are too many.
    """
    found: dict[str, Recipient] = {}
    for text in written:
        for recipient in _several(tidy(text)):
            found.setdefault(recipient.key, recipient)
    if len(found) > MOST:
        raise BadRequest(f"A draft goes to at most {MOST} people, and {len(found)} are named.")
    return list(found.values())


def of_header(values: Iterable[str]) -> list[Recipient]:
    """Those of a mail's header, whose values came from outside: what is no address is passed over."""
    found: dict[str, Recipient] = {}
    for name, address in _pairs(tidy(value) for value in values):
        if _ADDRESS.fullmatch(address):
            recipient = Recipient(name, address)
            found.setdefault(recipient.key, recipient)
    return list(found.values())


def tidy(text: str) -> str:
    """One line without what nobody sees: a name that turns the line around it, or ends a header, is none."""
    return " ".join(_UNSEEN.sub(" ", text.encode("utf-8", "replace").decode()).split())


def _several(text: str) -> list[Recipient]:
    if "@" not in text:
        bare = text.strip(" <>\"'")
        return [Recipient(name=bare)] if bare else []
    pairs = _pairs([text])
    wrong = next((address or name for name, address in pairs if not _ADDRESS.fullmatch(address)), None)
    if wrong is not None or not pairs or ":" in _QUOTED.sub("", text):  # "Ann Bcc: eve@x.org <ann@x.org>"
        raise BadRequest(
            f"{text!r} is not an address that mail can go to.", 'Write it as in "Ann Lee <ann@example.org>".'
        )
    return [Recipient(name, address) for name, address in pairs]


def _pairs(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Names and addresses; a name that looks like an address is none."""
    quoted = [_UNQUOTED.sub(r'\g<before> "\g<name>" ', text) for text in texts]
    found = [(tidy(name), address.strip()) for name, address in getaddresses(quoted) if name or address]
    return [("" if _ADDRESS.fullmatch(name) else name, address) for name, address in found]
