"""Real servers on loopback for tests: `WebServer` answers HTTP from a table of routes and keeps what it was asked."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from connectors.transport.policy import NetworkPolicy


def loopback_policy(**changes: Any) -> NetworkPolicy:
    """A policy that may reach servers on 127.0.0.1 and pauses nowhere."""
    return NetworkPolicy(**{"allow_private": ("127.0.0.1",), "pause_s": 0.0, "timeout_s": 5.0, **changes})


@dataclass(frozen=True, slots=True)
class Request:
    """What the server was asked. `path` has no query, `query` the last value of each key; header look-up ignores case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes
    asked: str = ""
    """The query as it came, for keys that may come more than once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a route answers. A body of bytes gets its Content-Length; an iterable is sent piece by piece, then closed."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""


Route = Callable[[Request], Response]


def _not_here(request: Request) -> Response:
    return Response(status=404, body=f"{request.path} is not here".encode())


class WebServer:
    """`with WebServer({"/feed": route}) as server: server.url("/feed")`; a path without a route is a 404.

    `routes` may be changed while it runs; `otherwise` answers what has no route. A client that hangs up early is no error.
    """

    def __init__(self, routes: Mapping[str, Route] | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.otherwise: Route = _not_here
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, path: str, body: bytes, **headers: str) -> None:
        """Answer `path` with a fixed body; `content_type="..."` becomes `Content-Type`."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        self.routes[path] = lambda request: Response(headers=named, body=body)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):  # a client may hang up whenever it likes
                    super().handle()

            def _serve(self) -> None:
                split = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(
                    self.command, split.path, dict(parse_qsl(split.query)), self.headers, body, split.query
                )
                server.requests.append(request)
                route = server.routes.get(split.path, server.otherwise)
                self._send(route(request))

            def _send(self, response: Response) -> None:
                self.send_response(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                if isinstance(response.body, bytes):
                    self.send_header("Content-Length", str(len(response.body)))
                    self.end_headers()
                    self.wfile.write(response.body)
                    return
                self.send_header("Connection", "close")
                self.end_headers()
                for piece in response.body:
                    self.wfile.write(piece)

            do_GET = do_POST = do_HEAD = _serve  # noqa: N815  (names set by http.server)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing on stderr."""

        return Handler


def redirect(location: str, status: int = 302) -> Callable[[Request], Response]:
    """A route that sends whoever asks on to `location`."""
    return lambda request: Response(status=status, headers={"Location": location})
