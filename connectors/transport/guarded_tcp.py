"""Sockets for protocols that are not HTTP (IMAP, SMTP): to vetted addresses only, with TLS verified by name.

The same rule as `guarded_http`: a name is resolved once, what came of it is vetted, and the very address is connected to.
It speaks no protocol and sends nothing; what goes wrong is raised as one of the three failures. `WaysOut.tcp` is the one
of a process.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit
from weakref import WeakSet

import httpx

from connectors.failures import Misconfigured, SourceFailure, TryLater
from connectors.transport.guard import AddressRefused, Guard
from connectors.transport.policy import NetworkPolicy

Kept = TypeVar("Kept", bound=socket.socket)

_MAPPED = "tcp"
"""The scheme that the target of a mapped host has here: `{"imap.example.org:993" = "tcp://127.0.0.1:1993"}`; the key may
leave out the port."""


class GuardedTcp:
    """Safe to share between threads. `policy.timeout_s` bounds each wait for the other side."""

    def __init__(self, policy: NetworkPolicy, guard: Guard) -> None:
        self._policy = policy
        self._guard = guard
        self._open: WeakSet[socket.socket] = WeakSet()
        self._opening = threading.Lock()
        self._is_shut = False

    def connect(self, host: str, port: int, *, tls: bool = False) -> socket.socket:
        """A connected socket, under TLS already if `tls`. Raises: TryLater, Misconfigured."""
        with self.translated(host, port):
            opened = self._kept(self._connected(host, port))
        return self.secured(opened, host, port) if tls else opened

    def secured(self, opened: socket.socket, host: str, port: int) -> ssl.SSLSocket:
        """The same connection under TLS (what follows STARTTLS): the certificate must be `host`'s. `opened` is used up.

        Raises: TryLater, Misconfigured.
        """
        try:
            with self.translated(host, port):
                context = ssl.create_default_context()
                return self._kept(context.wrap_socket(opened, server_hostname=host))
        except SourceFailure:
            opened.close()
            raise

    def shut(self) -> None:
        """Break off every open connection, under whatever thread is reading from it, and open none any more."""
        with self._opening:
            self._is_shut = True
            opened = list(self._open)
        for one in opened:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)

    @contextmanager
    def translated(self, host: str, port: int) -> Iterator[None]:
        """What goes wrong on a connection to this server within the block, as one of the failures."""
        try:
            yield
        except SourceFailure:
            raise
        except (OSError, httpx.HTTPError, UnicodeError) as err:
            raise self._failure(err, f"{host}:{port}") from err

    def _connected(self, host: str, port: int) -> socket.socket:
        targets = self._targets(host, port)
        failure: Exception | None = None
        for left, (address, number) in zip(range(len(targets), 0, -1), targets, strict=True):
            try:  # a dead first address leaves time for the next
                return socket.create_connection((address, number), self._policy.timeout_s / left)
            except OSError as err:
                failure = err
        raise failure or OSError(f"{host} has no address")

    def _targets(self, host: str, port: int) -> list[tuple[str, int]]:
        for name in (f"{host}:{port}", host):
            target = urlsplit(self._policy.hosts.get(name, ""))
            if target.scheme == _MAPPED and target.hostname:
                return [(target.hostname, target.port or port)]
        return [(address, port) for address in self._guard.vetted(host, port)]

    def _kept(self, opened: Kept) -> Kept:
        opened.settimeout(self._policy.timeout_s)
        with self._opening:
            self._open.add(opened)
            if not self._is_shut:
                return opened
        opened.close()
        raise TryLater("Nothing was asked: Telos is stopping.")

    def _failure(self, error: Exception, shown: str) -> SourceFailure:
        if self._is_shut:
            return TryLater(f"{shown} was not read: Telos is stopping.")
        match error:
            case AddressRefused():
                return Misconfigured(
                    f"{shown} was not asked: {error}. If it is yours, name it in [network] allow_private."
                )
            case ssl.SSLCertVerificationError():
                return TryLater(
                    f"{shown} shows a certificate that cannot be trusted ({error.verify_message}). Check its address and "
                    "this machine's clock; for a server with a certificate of your own, name its file in SSL_CERT_FILE."
                )
            case ssl.SSLError() if "WRONG_VERSION_NUMBER" in str(error) or "HTTP_REQUEST" in str(error):
                return Misconfigured(f"{shown} does not speak TLS: check its port, and `security`.")
            case TimeoutError():
                return TryLater(f"{shown} did not answer within {self._policy.timeout_s:g} s.")
            case ssl.SSLError():
                return TryLater(f"{shown} and this machine find no common TLS ({error.reason}).")
            case OSError():
                return TryLater(
                    f"{shown} cannot be reached: {error.strerror or error}. Check address, port and network."
                )
            case _:
                return TryLater(f"{shown} cannot be reached: {error}. Check address, port and network.")
