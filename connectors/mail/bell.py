"""The door-bell of a mailbox: IDLE (RFC 2177) on its first folder. It rings and reads nothing. Called by `connectors.mail.Mail`."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from connectors.mail.mailbox import Mailbox
from connectors.mail.options import MailOptions
from connectors.transport import WaysOut

_STEP_S = 1.0
"""So soon a cancelled listener ends."""
_ANEW_S = 9 * 60.0
"""IDLE is begun anew so often: routers forget connections that are silent for ten minutes or longer."""
_SIGNS = (b" EXISTS", b" EXPUNGE", b" FETCH ", b"* VANISHED")


def listen(options: MailOptions, ways_out: WaysOut, heard: Callable[[], None], cancelled: Event) -> None:
    """Call `heard` for each sign of news in the first folder, until `cancelled` is set. A server without IDLE is only
    polled. Raises: NeedsLogin, TryLater, Misconfigured."""
    with Mailbox(options, ways_out) as mailbox:
        if "IDLE" in mailbox.connection.client.capabilities:
            mailbox.open(options.folders[0])
            while not cancelled.is_set():
                with mailbox.translated():
                    _idle(mailbox, heard, cancelled)
            return
    cancelled.wait()


def _idle(mailbox: Mailbox, heard: Callable[[], None], cancelled: Event) -> None:
    """One IDLE, until it is to be begun anew."""
    client, idle = mailbox.connection.client, mailbox.connection.idle
    ends_at = time.monotonic() + _ANEW_S
    idle.start()  # type: ignore[no-untyped-call]
    while not cancelled.is_set() and time.monotonic() < ends_at:
        is_news = False
        waits_s = _STEP_S
        while client.heard(waits_s):
            line = client.readline()
            is_news = is_news or any(sign in line for sign in _SIGNS)
            waits_s = 0.05  # what comes together rings once
        if is_news:
            heard()
    idle.stop()  # type: ignore[no-untyped-call]
