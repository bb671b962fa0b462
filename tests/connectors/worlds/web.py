"""What worlds behind a web server share: the server, the ways out that lead to it, and the troubles that befall it.

A world extends `WebWorld` and answers in `answer`; "busy", "broken", "login" and "malformed" are answered here, the two of pages
it asks for itself with `befalls`. It knows no source.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from connectors.base import Connector, Options
from connectors.transport import WaysOut
from connectors.transport.policy import NetworkPolicy
from tests.connectors.conformance import Timeline, Trouble
from tests.servers import Request, Response, WebServer

ALL_TROUBLES: frozenset[Trouble] = frozenset({"busy", "broken", "login", "malformed", "empty_page", "duplicate_page"})

ANSWERS: dict[Trouble, Response] = {
    "busy": Response(status=429, headers={"Retry-After": "30"}, body=b"{}"),
    "broken": Response(status=500, body=b"oh dear"),
    "login": Response(status=401, body=b"{}"),
    "malformed": Response(body=b'<p>We are "being moved"</p>', headers={"Content-Type": "text/html"}),
}


class WebWorld:
    """A `World` behind HTTP. A subclass gives `connector_class`, `hosts`, `page_size`, `options`, `answer`, `publish`, ..."""

    connector_class: ClassVar[type[Connector]]
    hosts: ClassVar[tuple[str, ...]] = ()
    """Host names of the source that lead to this server."""
    page_size: int = 100
    window: int | None = None
    deletes: bool = True
    edits: bool = True
    troubles: frozenset[Trouble] = ALL_TROUBLES

    def __init__(self) -> None:
        self.timeline = Timeline()
        self._pending: Counter[Trouble] = Counter()
        self._ways_out: list[WaysOut] = []
        self.server = WebServer()
        self.server.otherwise = self._route
        self.server.__enter__()

    def answer(self, request: Request) -> Response:
        """What the source answers when all is well."""
        raise NotImplementedError

    def is_for_items(self, request: Request) -> bool:
        """Whether a request asks for items: a failure befalls those alone."""
        return True

    def options(self, **changes: Any) -> Options:
        raise NotImplementedError

    def connector(self, **changes: Any) -> Connector:
        return self.connector_class(self.options(**changes), self.ways_out())

    def ways_out(self, monotonic: Callable[[], float] | None = None) -> WaysOut:
        policy = NetworkPolicy(
            hosts=dict.fromkeys(self.hosts, self.server.url("")),
            allow_private=("127.0.0.1",),
            pause_s=0,
            timeout_s=20,
        )
        made = WaysOut(policy, monotonic=monotonic or time.monotonic)
        self._ways_out.append(made)
        return made

    def fail(self, what: Trouble, times: int = 1) -> None:
        self._pending[what] = times

    def befalls(self, what: Trouble) -> bool:
        """Whether this trouble is due; it is one time less due then."""
        is_due = self._pending[what] > 0
        self._pending[what] -= is_due
        return is_due

    def close(self) -> None:
        for ways_out in self._ways_out:
            ways_out.close()
        self._end_server()

    def _end_server(self) -> None:
        self.server.__exit__(None, None, None)

    def _route(self, request: Request) -> Response:
        if self.is_for_items(request):
            for what, response in ANSWERS.items():
                if self.befalls(what):
                    return response
        return self.answer(request)
