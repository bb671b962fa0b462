"""Header fields of the wild, read: encoded words, raw bytes of any charset, addresses, ids, dates, results of checks.

Never fails and never trusts: what cannot be read is read as far as it goes. It knows no bodies; called by
`connectors.mail.letters`.
"""

from __future__ import annotations

import email
import re
from base64 import urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from functools import cached_property
from hashlib import blake2b
from itertools import takewhile

from connectors.reading import charset
from connectors.reading.markup import line

_LONGEST = 20_000
"""Characters of a field that are read."""
_LONGEST_ID = 250
_MOST = 50
_ID = re.compile(r"<\s*([^<>\s]{1,250})\s*>")
_WORD = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=")
_SPECIAL = str.maketrans({character: f"={ord(character):02X}" for character in ',;:()<>@"'} | {" ": "_"})
_RESULT = re.compile(r"(?:^|;)\s*(dkim|spf|dmarc|arc)\s*=\s*([a-z]+)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Person:
    """`address` is in lower case; `name` may be empty."""

    name: str
    address: str

    @property
    def shown(self) -> str:
        return self.name or self.address


class Headers:
    """The fields of a message."""

    def __init__(self, message: Message) -> None:
        self._raw: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            self._raw.setdefault(name.lower(), []).append(str(value)[:_LONGEST])

    @classmethod
    def of(cls, raw: bytes) -> Headers:
        """Those that stand at the head of `raw`."""
        return cls(email.message_from_bytes(raw))

    def all(self, name: str) -> list[str]:
        """Each field of this name, on one line, its bytes decoded but not its encoded words."""
        return [_one_line(value) for value in self._raw.get(name.lower(), ())]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def text(self, name: str) -> str:
        """The first field of this name as a person reads it."""
        return decoded(self.first(name))

    def people(self, *names: str) -> tuple[Person, ...]:
        """Everybody named in these fields, once each, at most fifty."""
        found: dict[str, Person] = {}
        for person in (person for name in names for value in self.all(name) for person in _people(value)):
            found.setdefault(person.address, person)
            if len(found) == _MOST:
                break
        return tuple(found.values())

    def ids(self, *names: str) -> tuple[str, ...]:
        """The message ids in these fields, as `<id>`, once each, in order."""
        found = (match[1] for name in names for value in self.all(name) for match in _ID.finditer(value))
        return tuple(dict.fromkeys(f"<{identity}>" for identity in found))

    @cached_property
    def message_id(self) -> str:
        """As `<id>`, or what stands there instead of one; empty where there is none."""
        if ids := self.ids("Message-ID"):
            return ids[0]
        bare = self.first("Message-ID").strip("<> ")[:_LONGEST_ID]
        return f"<{bare}>" if bare else ""

    @property
    def identity(self) -> str:
        """Stands for this message wherever it lies: a print of its Message-ID and sender, or of what it has instead of an id.
        Another's mail under a known id, by mistake or on purpose, is another mail."""
        names = ("From",) if self.message_id else ("Date", "From", "To", "Subject")
        return _print("\n".join((self.message_id, *map(self.first, names))))

    @property
    def authentication(self) -> dict[str, str]:
        """What the receiving server found of dkim, spf and dmarc, and its name as `server`: the topmost
        Authentication-Results, for the servers before it, and the sender, can write others below. A server that writes one
        for each check has them in a row, under one name."""
        rows = [_COMMENT.sub("", row).partition(";") for row in self.all("Authentication-Results")]
        server = next((word for row in rows[:1] for word in row[0].split()), "")
        own = takewhile(lambda row: row[0].split()[:1] == [server], rows)
        found: dict[str, str] = {}
        for _, _, results in own:
            for name, result in _RESULT.findall(f";{results}"):
                found.setdefault(name.lower(), result.lower())
        return {"server": server, **found} if found else {}


def decoded(value: str) -> str:
    """`value` on one line, with its encoded words read; neighbouring ones are one text, whatever they cut apart."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, BadBase64, ValueError):
        return line(value)
    return line("".join(_read(piece, encoding) for piece, encoding in pieces))


def _read(piece: bytes | str, encoding: str | None) -> str:
    if isinstance(piece, str):
        return piece
    if encoding is None:  # `decode_header` hands on what stands between encoded words in Latin-1's escapes
        return piece.decode("raw-unicode-escape", "replace")
    return charset.decode(piece, {"Content-Type": f'text/plain; charset="{encoding.split("*")[0]}"'})


def _people(value: str) -> Iterator[Person]:
    value = _WORD.sub(lambda word: word[0].translate(_SPECIAL), value)  # a comma in one would end the name
    for name, address in getaddresses([value]):
        address = line(address).lower()
        if "@" in address and " " not in address:
            yield Person(decoded(name)[:200].strip("'\" "), address[:_LONGEST_ID])


def _one_line(value: str) -> str:
    raw = value.encode("utf-8", "surrogateescape")
    return " ".join((value if raw.isascii() else charset.decode(raw, {})).split())


def _print(text: str) -> str:
    """Eight characters that hold 48 bits: a cursor keeps thousands of them."""
    return urlsafe_b64encode(blake2b(text.encode("utf-8", "replace"), digest_size=6).digest()).decode("ascii")
