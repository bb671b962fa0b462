"""What a mailbox looked like at the last poll: the cursor, typed. It knows no server; `connectors.mail.source` moves it.

A folder's numbers (UIDs) mean something only under its UIDVALIDITY, so every mail that was taken is kept by number together
with its identity: under another UIDVALIDITY it is found again by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from connectors.base import Cursor
from connectors.mail.options import MailOptions

EPOCH = datetime.fromtimestamp(0, UTC)
IDENTITY = 8
"""Characters of an identity (`connectors.mail.headers.Headers.identity`)."""
MOST_KNOWN = 5000
"""So many mails of a folder are followed, the newest: nine characters each in a cursor that every page is stored with."""
FOLLOWED = (r"\Answered", r"\Flagged")
"""The flags of which a change is worth a second look at the mail."""


@dataclass
class Known:
    """A mail that was taken: its identity, and which of the followed flags it had."""

    identity: str
    marks: int


@dataclass
class FolderState:
    """`pending` are numbers that wait to be read, all below `next`; `known` are those that were. `floor` is the instant
    before which nothing was taken at first, `latest` when the newest mail was received. `seal` is what
    the server said of the folder when all in it had been seen, `modseq` up to where changes of flags were. `stuck` counts how
    often the server said no to the first that is pending."""

    validity: int = 0
    next: int = 1
    floor: datetime = EPOCH
    latest: datetime = EPOCH
    pending: list[int] = field(default_factory=list)
    known: dict[int, Known] = field(default_factory=dict)
    seal: str = ""
    modseq: int = 0
    stuck: int = 0

    def learn(self, number: int, identity: str, marks: int) -> None:
        self.known[number] = Known(identity, marks)

    @classmethod
    def of(cls, held: dict[str, Any]) -> FolderState:
        numbers = numbers_of(held["known"])
        marks, identities = held["marks"], held["identities"]
        known = {
            number: Known(identities[place * IDENTITY :][:IDENTITY], int(marks[place]))
            for place, number in enumerate(numbers)
        }
        return cls(
            validity=held["validity"],
            next=held["next"],
            floor=datetime.fromisoformat(held["floor"]),
            latest=datetime.fromisoformat(held["latest"]),
            pending=numbers_of(held["pending"]),
            known=known,
            seal=held["seal"],
            modseq=held["modseq"],
            stuck=held["stuck"],
        )

    def as_json(self) -> dict[str, Any]:
        kept = sorted(self.known)[-MOST_KNOWN:]
        return {
            "validity": self.validity,
            "next": self.next,
            "floor": self.floor.isoformat(),
            "latest": self.latest.isoformat(),
            "pending": ranges(self.pending),
            "known": ranges(kept),
            "identities": "".join(self.known[number].identity for number in kept),
            "marks": "".join(str(self.known[number].marks) for number in kept),
            "seal": self.seal,
            "modseq": self.modseq,
            "stuck": self.stuck,
        }


@dataclass
class MailState:
    """All folders by name. `account` stands for the server and user: elsewhere no number means anything."""

    account: str
    folders: dict[str, FolderState] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Cursor | None, options: MailOptions) -> MailState:
        account = blake2b(f"{options.host}\n{options.username}".encode(), digest_size=8).hexdigest()
        if not cursor:
            return cls(account)
        folders = {name: FolderState.of(held) for name, held in cursor["folders"].items()}
        if cursor["account"] != account:  # the same mail, perhaps, after a move to another provider
            for folder in folders.values():
                folder.validity = 0
        return cls(account, folders)

    def as_cursor(self) -> Cursor:
        return {"account": self.account, "folders": {name: folder.as_json() for name, folder in self.folders.items()}}

    def knows(self, identity: str) -> bool:
        """Whether a mail is still in one of the folders, as far as they have been seen."""
        return any(known.identity == identity for folder in self.folders.values() for known in folder.known.values())


def marks_of(flags: Iterable[str]) -> int:
    """One digit for the followed flags."""
    given = {flag.lower() for flag in flags}
    return sum(1 << place for place, flag in enumerate(FOLLOWED) if flag.lower() in given)


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers, short: `1:3,7`."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in found)


def numbers_of(written: str) -> list[int]:
    """The numbers that `ranges` wrote."""
    found: list[int] = []
    for piece in filter(None, written.split(",")):
        first, _, last = piece.partition(":")
        found.extend(range(int(first), int(last or first) + 1))
    return found
