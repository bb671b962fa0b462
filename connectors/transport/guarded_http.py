"""The one httpx transport under every request: paced, guarded, and limited in time and in decoded bytes.

Each hop of a redirect passes through it, so each is vetted anew. It reads a body whole (never more than the limit) and
hands it on decoded. It knows nothing of what an answer means: `connectors.transport.ways_out` does, and the libraries that bring
their own client are given one that stands on this.
"""

from __future__ import annotations

import math
import os
import ssl
import time
from dataclasses import dataclass, field
from functools import cache, cached_property

import httpcore
import httpx

from connectors.transport.deadline import Deadline
from connectors.transport.decoding import decoded
from connectors.transport.guard import Guard, GuardedBackend
from connectors.transport.pacing import Pace, retry_after
from connectors.transport.policy import NetworkPolicy

_BUSY = (429, 503)


@dataclass(slots=True)
class Exchange:
    """A request and the redirects that follow from it: they share one time limit, and one turn at each host."""

    pause_s: float = 0.0
    hosts: set[str] = field(default_factory=set)
    ends_at: float = math.inf

    EXTENSION = "telos.exchange"
    """httpx carries it from hop to hop under this name."""


class GuardedTransport(httpx.BaseTransport):
    """May be shared by many clients and threads. `close` does nothing, for a client closes its transport: see `shut`."""

    def __init__(self, policy: NetworkPolicy, guard: Guard, pace: Pace | None = None) -> None:
        self._policy = policy
        self._deadline = Deadline()
        self._pace = pace or Pace(policy.pause_s)
        self._mapped = {host.lower(): httpx.URL(base) for host, base in policy.hosts.items()}
        self._backends = GuardedBackend(guard, self._deadline), GuardedBackend(None, self._deadline)

    @cached_property
    def _pools(self) -> tuple[httpx.HTTPTransport, httpx.HTTPTransport]:
        """The guarded one, and the one for mapped hosts: a connection that a mapping opened could else serve a redirect
        to the same private address. Made when first needed, for the certificates take 20 ms to load."""
        certificates = _certificates(*map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))
        public, mapped = (transport_on(backend, certificates) for backend in self._backends)
        return public, mapped

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        exchange: Exchange = request.extensions.setdefault(Exchange.EXTENSION, Exchange())
        host = request.url.host
        if host not in exchange.hosts:
            self._pace.take_turn(host, exchange.pause_s)
            exchange.hosts.add(host)
        exchange.ends_at = min(exchange.ends_at, time.monotonic() + self._policy.timeout_s)
        with self._deadline.until(exchange.ends_at):
            answer = self._send(request)
        if answer.status_code in _BUSY and (wait := retry_after(answer.headers)):
            self._pace.leave_alone(host, wait)
        return answer

    def shut(self) -> None:
        """Let nothing start any more, and break off what is under way."""
        self._pace.stop()
        for backend in self._backends:
            backend.shut()

    def _send(self, request: httpx.Request) -> httpx.Response:
        base = self._mapped.get(request.url.host)
        public, mapped = self._pools
        answer = mapped.handle_request(_moved(request, base)) if base else public.handle_request(request)
        try:
            body = b"" if answer.has_redirect_location or request.method == "HEAD" else self._body(answer)
        finally:
            answer.close()
        headers = [
            (name, value)
            for name, value in answer.headers.multi_items()
            if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
        ]
        return httpx.Response(answer.status_code, headers=headers, content=body, extensions=answer.extensions)

    def _body(self, answer: httpx.Response) -> bytes:
        assert isinstance(answer.stream, httpx.SyncByteStream)
        return decoded(answer.stream, answer.headers.get("Content-Encoding", ""), self._policy.max_bytes)


def transport_on(backend: httpcore.NetworkBackend, certificates: ssl.SSLContext) -> httpx.HTTPTransport:
    """httpx has no argument for the layer that connects, so its pool is replaced by one that has."""
    transport = httpx.HTTPTransport(verify=certificates, trust_env=False)
    transport._pool = httpcore.ConnectionPool(
        ssl_context=certificates, network_backend=backend, max_connections=100, max_keepalive_connections=10
    )
    return transport


@cache
def _certificates(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Those that are trusted here, which httpx takes from these two of the environment, or from where it has its own; read
    once a process."""
    return httpx.create_ssl_context()


def _moved(request: httpx.Request, base: httpx.URL) -> httpx.Request:
    """The same request to the server that a host is mapped to."""
    path = base.raw_path.rstrip(b"/") + request.url.raw_path
    url = request.url.copy_with(scheme=base.scheme, host=base.host, port=base.port, raw_path=path)
    headers = request.headers.copy()
    headers["Host"] = url.netloc.decode("ascii")
    return httpx.Request(
        request.method, url, headers=headers, stream=request.stream, extensions=dict(request.extensions)
    )
