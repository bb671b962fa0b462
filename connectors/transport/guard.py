"""Which addresses may be reached: public ones, and those that the configuration names.

`GuardedBackend` sits below TLS: it resolves a name once, vets what came of it, and connects to the very address it
vetted, so a name that resolves otherwise a moment later (rebinding) gains nothing; certificates and SNI still go by
the name. It knows nothing of HTTP; `connectors.transport.guarded_http` puts it under httpx.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from weakref import WeakSet

import httpcore
import httpx
from httpcore import SOCKET_OPTION, NetworkBackend, NetworkStream

from connectors.transport.deadline import Deadline
from connectors.transport.pacing import Stopped

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(httpx.ConnectError):
    """The host is not public, and the configuration does not name it."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host` as the system gives them, without repeats. Raises: socket.gaierror."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class Guard:
    """The rule. `allowed` holds networks, addresses and host names that may be reached although they are private."""

    def __init__(self, allowed: Iterable[str], resolve: Resolve = resolve) -> None:
        self._names: set[str] = set()
        self._networks = []
        self._resolve = resolve
        for entry in allowed:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._names.add(_normal(entry))

    def vetted(self, host: str, port: int) -> list[str]:
        """The addresses of `host` that may be connected to, in the resolver's order.

        Raises: AddressRefused, or httpx.ConnectError when the name is not known.
        """
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as err:
            raise httpx.ConnectError(f"the host name {host!r} is not known") from err
        if _normal(host) in self._names:
            return list(addresses)
        vetted = [address for address in addresses if self._may_reach(ip_address(address))]
        if not vetted:
            raise AddressRefused(f"{host} is at {', '.join(addresses)}, which is no public address")
        return vetted

    def _may_reach(self, address: Address) -> bool:
        if any(address in network for network in self._networks):
            return True
        return all(_is_public(form) for form in _forms(address))


def _normal(host: str) -> str:
    return host.lower().rstrip(".")


def _forms(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 addresses that a gateway would read out of it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or address in _NAT64:  # only another spelling of it
            yield IPv4Address(int(address) & 0xFFFFFFFF)
            return
        if address.sixtofour:
            yield address.sixtofour
        if address.teredo:
            yield from address.teredo
    yield address


def _is_public(address: Address) -> bool:
    is_site_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or is_site_local)


class GuardedBackend(NetworkBackend):
    """Opens connections to vetted addresses only, or to any when `guard` is None. `shut` ends all that are open."""

    is_shut = False

    def __init__(self, guard: Guard | None, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline
        self._system = httpcore.SyncBackend()
        self._open: WeakSet[NetworkStream] = WeakSet()
        self._opening = threading.Lock()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        addresses = self._guard.vetted(host, port) if self._guard else [host]
        failure: Exception | None = None
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            allowed_s = self._deadline.cut(timeout)
            share_s = allowed_s / left if allowed_s else allowed_s  # a dead first address leaves time for the next
            try:
                stream = self._system.connect_tcp(address, port, share_s, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as err:
                failure = err
            else:
                return self.watched(stream)
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def shut(self) -> None:
        """Break off every open connection, under whatever thread is reading from it."""
        with self._opening:
            self.is_shut = True
            streams = list(self._open)
        for stream in streams:
            with contextlib.suppress(OSError, AttributeError):
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)

    def watched(self, stream: NetworkStream) -> NetworkStream:
        """`stream` under the deadline of its exchange, and within reach of `shut`."""
        watched = _WatchedStream(stream, self, self._deadline)
        with self._opening:
            self._open.add(watched)
        return watched


class _WatchedStream(NetworkStream):
    def __init__(self, stream: NetworkStream, backend: GuardedBackend, deadline: Deadline) -> None:
        self._stream = stream
        self._backend = backend
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        piece = self._stream.read(max_bytes, self._deadline.cut(timeout))
        if self._backend.is_shut:  # or the end that we made would pass for the end of the body
            raise Stopped("Telos is stopping.")
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        return self._backend.watched(self._stream.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout)))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
