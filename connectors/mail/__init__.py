"""The source kind `mail`: any IMAP mailbox, read without a trace; newsletters too, each under its own name.

The class is all that is loaded at each start; what needs `imap_tools` is imported at the first poll. `connectors.mail.source`
does the work, `connectors.mail.mailbox` is the mailbox that it and `assistant` open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import ClassVar

from connectors.base import API_VERSION, Batch, Cursor, Options
from connectors.mail.options import MailOptions
from connectors.transport import WaysOut

__all__ = ["Mail", "MailOptions"]


class Mail:
    """One account."""

    kind: ClassVar[str] = "mail"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = MailOptions
    every: ClassVar[timedelta] = timedelta(minutes=10)
    quiet_after: ClassVar[timedelta] = timedelta(days=7)

    def __init__(self, options: MailOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        from connectors.mail.mailbox import Mailbox  # weight: imap_tools, which not every start needs
        from connectors.mail.source import Reading
        from connectors.mail.state import MailState

        state = MailState.of(cursor, self._options)
        with Mailbox(self._options, self._ways_out) as mailbox:
            yield from Reading(mailbox, state, self._options, self._ways_out, now, limit, cancelled).batches()

    def listen(self, heard: Callable[[], None], *, cancelled: Event) -> None:
        from connectors.mail.bell import listen  # weight: imap_tools

        listen(self._options, self._ways_out, heard, cancelled)
