"""One poll of a mailbox: what came, what changed its flags, what went, folder by folder, and never a trace of it there.

What arrives is put on a list of numbers first and read from that list page by page, so a poll that is cut off anywhere
goes on where it stood. It knows the state (`connectors.mail.state`) and the mailbox, and parses nothing itself. Called by
`connectors.mail.Mail`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from connectors.base import Batch, Item, Misconfigured
from connectors.mail import letters
from connectors.mail.connection import Declined
from connectors.mail.folders import ROLES, Folder
from connectors.mail.gone import gone_for_good
from connectors.mail.items import item_of
from connectors.mail.letters import Letter
from connectors.mail.mailbox import Look, Mailbox
from connectors.mail.messages import Head, Message
from connectors.mail.options import MailOptions
from connectors.mail.state import EPOCH, FolderState, Known, MailState, marks_of
from connectors.transport import WaysOut

PAGE = 50
_DIGEST = "<digest.telos.localhost>"
"""The List-Id of Telos' own digest: what it wrote is no news to it."""
_MOST_LOOKED_AT = 20_000
"""Of a folder never seen before, or renumbered, no more than so many are looked at, the newest."""
_OVERLAP = timedelta(days=7)
"""In a renumbered folder, a mail that is not known is a new one if it came at most so long before the newest that is."""
_PATIENCE = 3
"""A mail that the server does not give is left out after so many polls."""
_MOST_FLAGS = 200
"""Where a server does not say which flags changed, the flags of so many mails are compared, the newest."""


@dataclass
class Reading:
    """One poll. `state` is where it stands; whatever is yielded holds it as it was then."""

    mailbox: Mailbox
    state: MailState
    options: MailOptions
    ways_out: WaysOut
    now: datetime
    limit: int
    cancelled: Event

    def batches(self) -> Iterator[Batch]:
        folders = self._watched()
        looks = {folder.name: self._look(folder) for folder in folders}
        self._begin([folder for folder in folders if folder.name not in self.state.folders], looks)
        left, has_yielded = self.limit, False
        for folder in folders:
            state = self.state.folders[folder.name]
            while state.pending and left > 0 and not self.cancelled.is_set():
                page = state.pending[: 1 if state.stuck else min(PAGE, left)]
                try:
                    items, notices = self._taken(folder, page)
                    state.stuck = 0
                except Declined:
                    state.stuck += 1
                    if state.stuck < _PATIENCE or len(page) > 1:
                        yield self._batch([], [])
                        raise
                    items, notices = [], [_left_out(folder, page[0])]
                    state.stuck = 1  # the next one has its own chance
                state.pending = state.pending[len(page) :]
                left -= len(items)
                has_yielded = True
                yield self._batch(items, notices)
        if self.cancelled.is_set() or self._is_pending:
            if not has_yielded:
                yield self._batch([], [])
            return
        items, notices = self._changed(folders, looks, left)
        gone = self._vanished(folders, looks)
        for name, look in looks.items():
            self.state.folders[name].seal = _seal(look)
        if items or notices or gone or not has_yielded:
            yield Batch(items=tuple(items), deleted=tuple(gone), notices=tuple(notices), cursor=self.state.as_cursor())

    @property
    def _is_pending(self) -> bool:
        return any(folder.pending for folder in self.state.folders.values())

    def _batch(self, items: Sequence[Item], notices: Sequence[str]) -> Batch:
        more = self._is_pending
        return Batch(items=tuple(items), notices=tuple(notices), cursor=self.state.as_cursor(), more=more)

    def _watched(self) -> list[Folder]:
        """The folders to read. One that has no role and is not there is a mistake; a mailbox without a Sent is not."""
        found: dict[str, Folder] = {}
        for role in self.options.folders:
            folder = self.mailbox.folder(role)
            if folder:
                found.setdefault(folder.name, folder)
            elif role.lower() not in ROLES:
                raise Misconfigured(
                    f"{self.options.host} has no folder {role!r}. There are: {self.mailbox.names()}. Correct `folders`."
                )
        if not found:
            raise Misconfigured(f"{self.options.host} has none of the folders that `folders` names.")
        self.state.folders = {name: state for name, state in self.state.folders.items() if name in found}
        return list(found.values())

    def _look(self, folder: Folder) -> Look:
        """What the folder is like now; the numbers of what is new in it go onto the list."""
        look = self.mailbox.look(folder.name)
        state = self.state.folders.get(folder.name)
        if state is None:
            return look
        if state.validity != look.validity or 0 < look.next < state.next:
            self.state.folders[folder.name] = self._renumbered(folder, state, look)
        elif look.next == 0 or look.next > state.next:
            state.pending += self.mailbox.numbers(folder.name, state.next)
            state.next = max(look.next, *(number + 1 for number in state.pending), state.next)
        return look

    def _begin(self, folders: Sequence[Folder], looks: dict[str, Look]) -> None:
        """Folders never seen before: their newest mail, within the user's caps, which hold for all of them together."""
        oldest = self.now - timedelta(days=min(self.options.first_run_days, (self.now - EPOCH).days))
        found = [(folder.name, head) for folder in folders for head in self._heads(folder, oldest)]
        newest = sorted((one for one in found if one[1].received >= oldest), key=lambda one: one[1].received)
        chosen = newest[-self.options.first_run_items :]
        floor = chosen[0][1].received if len(chosen) < len(newest) else oldest
        for folder in folders:
            look = looks[folder.name]
            self.state.folders[folder.name] = FolderState(
                validity=look.validity,
                next=max([look.next, 1, *(head.number + 1 for name, head in found if name == folder.name)]),
                floor=floor,
                latest=max([oldest, *(head.received for name, head in newest if name == folder.name)]),
                pending=sorted(head.number for name, head in chosen if name == folder.name),
            )

    def _renumbered(self, folder: Folder, was: FolderState, look: Look) -> FolderState:
        """The folder under its new numbers: what was taken is found again by identity, and what is not, and is no older
        than what had been read, is new."""
        since = was.floor if was.pending else max(was.floor, was.latest - _OVERLAP)
        heads = self._heads(folder, was.floor, identify=True)
        known = {held.identity: held for held in was.known.values()}
        state = FolderState(validity=look.validity, floor=was.floor, latest=was.latest)
        state.next = max([look.next, 1, *(head.number + 1 for head in heads)])
        for head in heads:
            if held := known.get(head.identity):
                state.known[head.number] = Known(held.identity, held.marks)
            elif head.received >= since:
                state.pending.append(head.number)
        return state

    def _heads(self, folder: Folder, since: datetime, *, identify: bool = False) -> list[Head]:
        numbers = self.mailbox.numbers(folder.name, since=since if since > EPOCH + timedelta(days=2) else None)
        return self.mailbox.heads(folder.name, numbers[-_MOST_LOOKED_AT:], identify=identify)

    def _taken(self, folder: Folder, numbers: Sequence[int]) -> tuple[list[Item], list[str]]:
        """The items of these numbers, which are known from now on, and a sentence for each that could not be read."""
        state = self.state.folders[folder.name]
        messages = self.mailbox.fetch(folder.name, numbers)
        notices = self._lost(folder, sorted(set(numbers) - {message.uid.number for message in messages}), len(numbers))
        items = []
        if folder.role != "drafts":  # in a folder of all mail they lie beside what was sent, and would pass for it
            messages = [message for message in messages if not message.is_draft]
        for message, letter in zip(messages, self._letters(messages), strict=True):
            if letter is None:
                notices.append(f"{folder.name}: mail {message.uid.number} cannot be read and is left out.")
                continue
            state.latest = min(max(state.latest, message.received), self.now + timedelta(days=1))
            if letter.is_newsletter and (not self.options.newsletters or _DIGEST in f"<{letter.list_id}>"):
                continue
            state.known[message.uid.number] = Known(letter.identity, marks_of(message.flags))
            items.append(item_of(letter, message, folder, self.options))
        return items, notices

    def _lost(self, folder: Folder, missing: Sequence[int], asked: int) -> list[str]:
        """A sentence for each mail that is there and was not given. Raises: Declined if that is all that was asked for."""
        there = self.mailbox.numbers(folder.name, missing[0], missing[-1]) if missing else []
        lost = [number for number in missing if number in there]
        if lost and len(lost) == asked:
            raise Declined(f"{self.options.host} holds back mail in {folder.name}. It will be asked again later.")
        return [_left_out(folder, number) for number in lost]

    def _letters(self, messages: Sequence[Message]) -> list[Letter | None]:
        """Read in the reader process; where that ends over a page, mail by mail."""
        if not messages:
            return []
        try:
            return list(self.ways_out.read(letters.read_all, [message.raw for message in messages]))
        except Misconfigured:
            return [self._letter(message) for message in messages]

    def _letter(self, message: Message) -> Letter | None:
        try:
            return self.ways_out.read(letters.read, message.raw)
        except Misconfigured:
            return None

    def _changed(self, folders: Sequence[Folder], looks: dict[str, Look], left: int) -> tuple[list[Item], list[str]]:
        """The items whose followed flags are others now, as they are now."""
        items: list[Item] = []
        notices: list[str] = []
        for folder in folders:
            state, look = self.state.folders[folder.name], looks[folder.name]
            if not state.known or (look.modseq and look.modseq == state.modseq):
                state.modseq = look.modseq
                continue
            numbers = sorted(state.known)
            tells = bool(look.modseq and state.modseq)
            flags = self.mailbox.flags(
                folder.name, numbers if tells else numbers[-_MOST_FLAGS:], changed_since=state.modseq if tells else 0
            )
            changed = [number for number, held in sorted(flags.items()) if marks_of(held) != state.known[number].marks]
            now = changed[: max(0, left - len(items))]
            for start in range(0, len(now), PAGE):
                found, said = self._taken(folder, now[start : start + PAGE])
                items += found
                notices += said
            if len(now) == len(changed):
                state.modseq = look.modseq
        return items, notices

    def _vanished(self, folders: Sequence[Folder], looks: dict[str, Look]) -> list[str]:
        """The identities of mail that was taken and is nowhere in the mailbox any more, or in its trash."""
        missing: set[str] = set()
        for folder in folders:
            state = self.state.folders[folder.name]
            if not state.known or state.seal == _seal(looks[folder.name]):
                continue
            there = set(self.mailbox.numbers(folder.name, min(state.known), max(state.known)))
            absent = sorted(state.known.keys() - there)
            absent = sorted(
                set(absent) - {head.number for head in self.mailbox.heads(folder.name, absent)}
            )  # to be sure
            missing |= {state.known.pop(number).identity for number in absent}
        missing = {identity for identity in missing if not self.state.knows(identity)}
        if not missing or not self.options.follow_deletions:
            return []
        return sorted(gone_for_good(self.mailbox, missing, {folder.name for folder in folders}))


def _left_out(folder: Folder, number: int) -> str:
    return f"{folder.name}: the server does not give mail {number}; it is left out."


def _seal(look: Look) -> str:
    """What stays the same while nothing comes to a folder and nothing goes."""
    return f"{look.validity}:{look.next}:{look.exists}"
