"""An IMAP connection for `imap_tools` on a guarded socket: bounded in time and in bytes, its failures named by remedy.

It knows no folders and no messages. `connectors.mail.mailbox` and `connectors.mail.bell` use it; its library is loaded
with it, so it is imported when a mailbox is first opened.
"""

from __future__ import annotations

import imaplib
import math
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from imap_tools.errors import ImapToolsError, MailboxUidsError, UnexpectedCommandStatusError
from imap_tools.mailbox import BaseMailBox
from imap_tools.utils import check_command_status

from connectors.base import Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.mail.options import MailOptions
from connectors.mail.remedies import about_login, is_busy, words
from connectors.transport.guarded_tcp import GuardedTcp

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PIECE = 64 * 1024
_PATIENCE = 3
"""An answer may take so many times as long as a single wait for the server."""
_LONGEST_LINE = 4 * 1024 * 1024
_BUSY_AFTER = timedelta(minutes=5)


class Declined(TryLater):
    """The server says no to this, and gives no reason that would pass by itself."""


class Client(imaplib.IMAP4):
    """imaplib's client, reading from the guarded socket by itself: no read outlasts the answer it belongs to, no literal
    is longer than what was asked for."""

    def __init__(self, options: MailOptions, tcp: GuardedTcp, timeout_s: float) -> None:
        self._options = options
        self._tcp = tcp
        self._timeout_s = timeout_s
        self._ends_at = math.inf
        self._read = bytearray()
        self.most_bytes = options.max_kb * 1024 + _LONGEST_LINE
        super().__init__(options.host, options.number, timeout_s)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = self._tcp.connect(host, port, tls=self._options.security == "tls")
        if self._options.security == "none" and ip_address(self.sock.getpeername()[0]).is_global:
            self.sock.close()
            raise Misconfigured(f'The password would go to {host} for all to read. Set security = "tls" or "starttls".')
        self._ends_at = time.monotonic() + self._timeout_s

    def secure(self) -> None:
        """STARTTLS. What a stranger put into the stream before it would be read as the server's: it ends the connection."""
        if "STARTTLS" not in self.capabilities:
            raise Misconfigured(
                f'{self.host}:{self.port} does not offer STARTTLS. Set security = "tls" and its port, mostly 993.'
            )
        self._simple_command("STARTTLS")
        if self._read:
            raise self.abort("more than an answer came before TLS")
        self.sock = self._tcp.secured(self.sock, self.host, self.port)
        self.ask_capabilities()

    def ask_capabilities(self) -> None:
        """What the server can do: more, mostly, once somebody is logged in."""
        self._get_capabilities()

    def send(self, data: Buffer) -> None:
        self._ends_at = time.monotonic() + _PATIENCE * self._timeout_s
        self.sock.sendall(data)

    def read(self, size: int) -> bytes:
        if size > self.most_bytes:
            raise self.abort(f"it sends {size} bytes at once, more than was asked for")
        while len(self._read) < size:
            self._receive()
        return self._taken(size)

    def readline(self) -> bytes:
        searched = 0
        while (end := self._read.find(b"\n", searched)) < 0:
            searched = len(self._read)
            if searched > _LONGEST_LINE:
                raise self.abort(f"it sends a line of more than {_LONGEST_LINE} bytes")
            self._receive()
        return self._taken(end + 1)

    def heard(self, wait_s: float) -> bool:
        """Whether a whole line is there, or comes within `wait_s`. Raises: OSError at the connection's end."""
        if b"\n" in self._read:
            return True
        self.sock.settimeout(wait_s)
        try:
            self._read += self._piece()
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        finally:
            self.sock.settimeout(self._timeout_s)
        return b"\n" in self._read

    def shutdown(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the server was first
        finally:
            self.sock.close()

    def _receive(self) -> None:
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer took too long")
        self.sock.settimeout(min(self._timeout_s, left_s))
        self._read += self._piece()

    def _piece(self) -> bytes:
        piece = self.sock.recv(_PIECE)
        if not piece:
            raise ConnectionResetError("the server closed the connection")
        return piece

    def _taken(self, size: int) -> bytes:
        taken = bytes(self._read[:size])
        del self._read[:size]
        return taken


class Connection(BaseMailBox):
    """`imap_tools`' mailbox on a `Client`."""

    client: Client

    def __init__(self, options: MailOptions, tcp: GuardedTcp, timeout_s: float) -> None:
        self._options = options
        self._made_of = (options, tcp, timeout_s)
        super().__init__()

    def uid(self, command: str, *given: str) -> list[Any]:
        """A command on numbers (UIDs) and what came of it. Raises: MailboxUidsError for a NO."""
        result = self.client.uid(command, *given)
        check_command_status(result, MailboxUidsError)
        return list(result[1])

    def told(self, code: str) -> int:
        """The number that stood behind this code in the last answer that had it, 0 if none had."""
        held = self.client.untagged_responses.get(code) or [b""]
        last = held[-1] if isinstance(held[-1], bytes) else b""
        return int(last) if last.isdigit() else 0

    def _get_mailbox_client(self) -> Client:
        client = Client(*self._made_of)
        if self._options.security == "starttls":
            client.secure()
        return client


@contextmanager
def translated(options: MailOptions, tcp: GuardedTcp) -> Iterator[None]:
    """Everything that imaplib, imap_tools and the socket raise within the block, as one of the failures."""
    shown = options.shown
    try:
        with tcp.translated(options.host, options.number):
            yield
    except SourceFailure:
        raise
    except UnexpectedCommandStatusError as err:
        status, answer = err.command_result[0], err.command_result[1]
        raise failure_of_answer(f"{status} {words(answer)}", shown) from err
    except imaplib.IMAP4.abort as err:
        raise TryLater(f"{shown} broke off the connection: {words(str(err))}.") from err
    except imaplib.IMAP4.error as err:
        raise failure_of_answer(words(str(err)), shown) from err
    except (ImapToolsError, ValueError, LookupError, AttributeError) as err:  # both libraries, given a malformed answer
        raise TryLater(f"{shown} sent an answer that cannot be read ({type(err).__name__}).") from err


def failure_of_answer(answer: str, shown: str) -> SourceFailure:
    """What a NO or BAD of the server means."""
    upper = answer.upper()
    if any(code in upper for code in ("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED")):
        return NeedsLogin(f"{shown} refuses the login: {answer}. {about_login(shown)}")
    if is_busy(answer):
        return TryLater(f"{shown} cannot answer now: {answer}.", _BUSY_AFTER)
    return Declined(f"{shown} does not do what it was asked: {answer}.")
