"""A mailbox: a real Dovecot, and before it a wire that a test can disturb (see `Wire`)."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from connectors.mail import Mail, MailOptions
from connectors.mail.headers import Headers
from connectors.mail.source import PAGE
from connectors.mail.state import numbers_of
from connectors.transport import WaysOut
from tests.connectors.world import ALL_TROUBLES, Timeline, Trouble
from tests.mail_box import MailBox
from tests.servers import loopback_policy

_FETCHES_TEXT = re.compile(rb"(\S+) UID FETCH (\S+) (\(UID BODY\.PEEK\[\].*)", re.IGNORECASE)
_LOGS_IN = re.compile(rb"(\S+) (?:LOGIN|AUTHENTICATE) ", re.IGNORECASE)


class Wire:
    """Passes on what client and server say to each other, line by line, and troubles the answers to commands that fetch mail
    (or, for "login", that log in): "busy" is a NO [LIMIT], "broken" a NO [SERVERBUG] or by turns a connection that breaks
    off, "malformed" a line that is no answer, "empty_page" an OK without messages, "duplicate_page" the messages that were
    fetched before. `lines` are the client's, `hidden` words that it does not get to see: what an older server cannot do,
    `withheld` the numbers of mail that cannot be read."""

    def __init__(self, port: int) -> None:
        self.pending: Counter[Trouble] = Counter()
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._before = b""
        self._broke = 0
        self.lines: list[bytes] = []
        self.hidden: tuple[bytes, ...] = ()
        self.withheld: set[int] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            threading.Thread(target=self._pass_on, args=(server, client), daemon=True).start()
            for line in client.makefile("rb"):
                said = self._troubled(line)
                if said is None:
                    return
                to, what = said
                (client if to == "client" else server).sendall(what)

    def _troubled(self, line: bytes) -> tuple[str, bytes] | None:
        """To whom what is said instead of this line; None breaks off."""
        self.lines.append(line)
        if (login := _LOGS_IN.match(line)) and self._befalls("login"):
            return "client", login[1] + b" NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"
        fetch = _FETCHES_TEXT.match(line)
        if not fetch:
            return "server", line
        before, self._before = self._before, fetch[2]
        if self._befalls("busy"):
            return "client", fetch[1] + b" NO [LIMIT] Too many commands.\r\n"
        if self._befalls("broken"):
            self._broke += 1
            return ("client", fetch[1] + b" NO [SERVERBUG] Internal error.\r\n") if self._broke % 2 else None
        if self._befalls("malformed"):
            return "client", b"<html><body>We are being moved</body></html>\r\n"
        if self.withheld.intersection(numbers_of(fetch[2].decode())):
            return "client", fetch[1] + b" NO Cannot read this message.\r\n"
        if self._befalls("empty_page"):
            return "client", fetch[1] + b" OK Fetch completed.\r\n"
        if before and self._befalls("duplicate_page"):
            return "server", fetch[1] + b" UID FETCH " + before + b" " + fetch[3] + b"\r\n"
        return "server", line

    def _pass_on(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := server.recv(65536):
                for word in self.hidden:
                    piece = piece.replace(word, b"X" * len(word))
                client.sendall(piece)
            client.shutdown(socket.SHUT_RDWR)

    def _befalls(self, what: Trouble) -> bool:
        is_due = self.pending[what] > 0
        self.pending[what] -= is_due
        return is_due


class MailWorld:
    """`reader` has the process that reads the mail: each takes a while to start, so worlds share it."""

    page_size = PAGE
    window: int | None = None
    deletes = True
    edits = False  # a mail stays as it was sent
    troubles: frozenset[Trouble] = ALL_TROUBLES

    def __init__(self, reader: WaysOut) -> None:
        self._stack = ExitStack()
        self.box = self._stack.enter_context(MailBox.start())
        self.wire = Wire(self.box.port)
        self._stack.callback(self.wire.close)
        self.timeline = Timeline()
        self._reader = reader.reader
        self._published: dict[str, str] = {}
        self._run = f"{os.getpid()}.{time.time_ns()}"

    def options(self, **changes: Any) -> MailOptions:
        return self.box.options(**{"port": self.wire.port, **changes})

    def connector(self, **changes: Any) -> Mail:
        return Mail(self.options(**changes), self.ways_out())

    def ways_out(self, monotonic: Callable[[], float] | None = None) -> WaysOut:
        made = WaysOut(loopback_policy(timeout_s=120), monotonic=monotonic or time.monotonic)
        made.reader = self._reader
        return made

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        made = [self._mail(instant) for instant in self.timeline.take(count, at)]
        self.box.drop([(message, instant) for _, message, instant in made])
        return [identity for identity, _, _ in made]

    def edit(self, external_id: str) -> None:
        raise NotImplementedError

    def delete(self, external_id: str) -> None:
        with self.box.client("INBOX") as client:
            _, found = client.uid("SEARCH", "HEADER", "Message-ID", self._published[external_id])
            number = int(found[0].split()[-1])
        self.box.expunge(number)

    def fail(self, what: Trouble, times: int = 1) -> None:
        self.wire.pending[what] = times

    def close(self) -> None:
        self._stack.close()

    def _mail(self, instant: datetime) -> tuple[str, bytes, datetime]:
        number = len(self._published) + 1
        message_id = f"<{number}.{self._run}@example.net>"
        raw = (
            f"From: Sender {number % 7} <sender{number % 7}@example.net>\r\nTo: ada@example.org\r\n"
            f"Subject: Mail number {number}\r\nDate: {format_datetime(instant)}\r\nMessage-ID: {message_id}\r\n\r\n"
            f"What there is to say in mail {number}.\r\n"
        ).encode()
        identity = Headers.of(raw).identity
        self._published[identity] = message_id
        return identity, raw, instant
