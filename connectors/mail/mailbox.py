"""The user's mailbox, open: its folders by role, and single messages found, placed and removed.

It reads without a trace (`BODY.PEEK`: nothing becomes seen) and knows nothing of items, drafts or digests.
`connectors.mail.source` reads with it; `assistant` places drafts with it and finds what was sent.

    with Mailbox(options, ways_out) as mailbox:
        placed = mailbox.append("drafts", message, flags=("\\\\Draft",))
        sent = mailbox.find("sent", message_id="<1@example.org>")
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from connectors.base import Misconfigured, TryLater
from connectors.mail.connection import Connection, translated
from connectors.mail.folders import Folder, Role, folders_of
from connectors.mail.headers import Headers
from connectors.mail.login import log_in
from connectors.mail.messages import Head, Message, Uid, flags_of, headers_of, heads_of, messages_of
from connectors.mail.options import MailOptions
from connectors.transport import WaysOut

__all__ = ["Folder", "Mailbox", "Message", "Role", "Uid"]

_PAGE = 50
_HEADS = 1000
_APPENDED = re.compile(rb"(\d+) (\d+)")


@dataclass(frozen=True, slots=True)
class Look:
    """A folder as the server describes it: its UIDVALIDITY, the next number it will give, how many messages it holds,
    and its HIGHESTMODSEQ; 0 where it does not say."""

    validity: int
    next: int
    exists: int
    modseq: int


class Mailbox:
    """One connection to one account, for one thread. Everything in it raises NeedsLogin, TryLater or Misconfigured.

    A folder is named by its role ("inbox", "drafts", "sent", "trash", "junk", "archive", "all") or by its name.
    """

    def __init__(self, options: MailOptions, ways_out: WaysOut) -> None:
        self.options = options
        self._ways_out = ways_out
        self._folders: list[Folder] | None = None
        self._selected = ""
        self._validity = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.translated())
            self.connection = Connection(self.options, self._ways_out.tcp, self._ways_out.policy.timeout_s)
            stack.callback(self.connection.client.shutdown)
            log_in(self.connection, self.options, self._ways_out)
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client = self.connection.client
        try:
            if kind is None:
                with self.translated():
                    client.logout()
        except TryLater:
            pass  # all was done; how the server says goodbye changes nothing
        finally:
            client.shutdown()

    def translated(self) -> AbstractContextManager[None]:
        """What goes wrong within the block, as one of the failures."""
        return translated(self.options, self._ways_out.tcp)

    def folders(self) -> list[Folder]:
        """All folders that can be opened, those with a role first."""
        if self._folders is None:
            with self.translated():
                self._folders = folders_of(self.connection)
        return self._folders

    def folder(self, role: str) -> Folder | None:
        """The one that has this role, else the one of this name."""
        wanted = role.lower()
        by_role = (folder for folder in self.folders() if folder.role == wanted)
        by_name = (folder for folder in self.folders() if folder.name == role)
        return next(by_role, None) or next(by_name, None)

    def names(self) -> str:
        """The first of the folders, for a sentence."""
        return ", ".join(sorted(folder.name for folder in self.folders())[:20])

    def open(self, role: str) -> int:
        """Select a folder for reading only. Returns its UIDVALIDITY."""
        return self._select(role, readonly=True)

    def append(self, role: str, message: bytes, flags: Sequence[str] = ()) -> Uid | None:
        """Put `message` into a folder, which is made if the role has none. Returns where it lies, if the server tells."""
        folder = self.folder(role)
        with self.translated():
            if folder is None:
                folder = self._made(role)
            self.connection.client.untagged_responses.pop("APPENDUID", None)
            self.connection.append(message, folder.name, flag_set=flags)
            told = self.connection.client.untagged_responses.get("APPENDUID") or [b""]
            found = _APPENDED.search(told[-1] if isinstance(told[-1], bytes) else b"")
        return Uid(folder.name, int(found[1]), int(found[2])) if found else None

    def search(
        self, role: str, since: datetime, *, first: int = 1, wanted: Callable[[Headers], bool] | None = None
    ) -> Iterator[Message]:
        """The messages that the server received at `since` or later, oldest first, read page by page: those from the number
        `first` on, and of them only those whose headers are `wanted`; the texts of others are not fetched."""
        numbers = self.numbers(role, first, since=since)
        for start in range(0, len(numbers), _PAGE):
            page = numbers[start : start + _PAGE]
            if wanted is not None:
                headers = self._headers(role, page)
                page = [number for number in page if number not in headers or wanted(headers[number])]
            for message in self.fetch(role, page):
                if message.received >= since and not message.is_deleted:
                    yield message

    def find(self, role: str, *, message_id: str = "", header: tuple[str, str] | None = None) -> Message | None:
        """The newest message with this Message-ID, or with this value in this header field; None if there is none."""
        name, value = header or ("Message-ID", message_id)
        if not value.strip() or not value.isascii() or not value.isprintable():
            return None
        folder = self._name(role)
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        for uid in reversed(self._found(folder, f'HEADER {name} "{quoted}"')):  # servers look for a part of it
            for message in self.fetch(folder, [uid]):
                if not message.is_deleted and " ".join(value.split()) in message.headers.all(name):
                    return message
        return None

    def remove(self, *uids: Uid) -> int:
        """Delete messages for good, and say how many were still there. Where the server cannot delete single messages,
        they are only marked as deleted, so that nothing else goes with them."""
        removed = 0
        for uid in uids:
            validity = self._select(uid.folder, readonly=False)
            if validity != uid.validity or not self._found(uid.folder, f"UID {uid.number}", readonly=False):
                continue
            with self.translated():
                self.connection.uid("STORE", str(uid.number), "+FLAGS.SILENT", r"(\Deleted)")
                if "UIDPLUS" in self.connection.client.capabilities:
                    self.connection.uid("EXPUNGE", str(uid.number))
            removed += 1
        return removed

    def fetch(self, role: str, numbers: Sequence[int]) -> list[Message]:
        """These messages, as far as they are still there, in the order of their numbers; long ones cut at `max_kb`."""
        name = self._name(role)
        uid = Uid(name, self._select(name, readonly=True), 0)
        with self.translated():
            heads = heads_of(self.connection, numbers)
            missing = sorted(set(numbers) - {head.number for head in heads})
            heads = sorted([*heads, *heads_of(self.connection, missing)], key=lambda head: head.number)
            return list(messages_of(self.connection, uid, heads, self.options.max_kb * 1024))

    def look(self, role: str) -> Look:
        """What the server says of a folder now."""
        self._selected = ""
        validity = self._select(role, readonly=True)
        told = self.connection.told
        return Look(validity, told("UIDNEXT"), told("EXISTS"), told("HIGHESTMODSEQ"))

    def numbers(
        self, role: str, first: int = 1, last: int | None = None, *, since: datetime | None = None
    ) -> list[int]:
        """The numbers of a folder's messages from `first` to `last`, of those received since about then."""
        criteria = f"UID {first}:{last or '*'}"
        if since:
            criteria += f" SINCE {imap_date(since - timedelta(days=1))}"  # servers count days by their own zone
        found = self._found(self._name(role), criteria)
        return [number for number in found if first <= number <= (last or number)]  # `9:*` is the last one, whichever

    def heads(self, role: str, numbers: Sequence[int], *, identify: bool = False) -> list[Head]:
        """What the server tells of these messages without their text."""
        self._select(role, readonly=True)
        found: list[Head] = []
        for start in range(0, len(numbers), _HEADS):
            with self.translated():
                found += heads_of(self.connection, numbers[start : start + _HEADS], identify=identify)
        return found

    def flags(self, role: str, numbers: Sequence[int], *, changed_since: int = 0) -> dict[int, tuple[str, ...]]:
        """The flags of these messages; with `changed_since`, the MODSEQ of an earlier `look`, only what changed."""
        self._select(role, readonly=True)
        with self.translated():
            return flags_of(self.connection, numbers, changed_since)

    def _headers(self, role: str, numbers: Sequence[int]) -> dict[int, Headers]:
        self._select(role, readonly=True)
        with self.translated():
            return headers_of(self.connection, numbers)

    def _found(self, name: str, criteria: str, *, readonly: bool = True) -> list[int]:
        self._select(name, readonly=readonly)
        with self.translated():
            return sorted(int(uid) for uid in self.connection.uids(criteria, charset=None))

    def _select(self, role: str, *, readonly: bool) -> int:
        name = self._name(role)
        if self._selected != f"{name}:{readonly}":
            with self.translated():
                self._selected = ""
                self.connection.folder.set(name, readonly)
                self._validity = self.connection.told("UIDVALIDITY")
                self._selected = f"{name}:{readonly}"
        return self._validity

    def _name(self, role: str) -> str:
        folder = self.folder(role)
        if folder is None:
            raise Misconfigured(f"{self.options.host} has no folder {role!r}. There are: {self.names()}.")
        return folder.name

    def _made(self, role: str) -> Folder:
        name = role.capitalize()
        self.connection.folder.create(name)
        self._folders = None
        return Folder(name, None)


def imap_date(instant: datetime) -> str:
    """The day as IMAP writes it, whatever the locale: 05-Mar-2026."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{instant.day:02}-{months[instant.month - 1]}-{instant.year:04}"
