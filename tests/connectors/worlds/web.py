"""What worlds behind a web server share: the server, the ways out that lead to it, and the troubles that befall it.

A world extends `WebWorld` and answers in `answer`; "busy", "broken", "login" and "malformed" are answered here, the two of pages
it asks for itself with `befalls`. It knows no source.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from connectors.base import Connector, Options
from connectors.transport import WaysOut
from tests.connectors.world import ALL_TROUBLES, Timeline, Trouble
from tests.servers import Request, Response, WebServer, loopback_policy

ANSWERS: dict[Trouble, Response] = {
    "busy": Response(status=429, headers={"Retry-After": "30"}, body=b"{}"),
    "broken": Response(status=500, body=b"oh dear"),
    "login": Response(status=401, body=b"{}"),
    "malformed": Response(body=b'<p>We are "being moved"</p>', headers={"Content-Type": "text/html"}),
}


class WebWorld:
    """A `World` behind HTTP. A subclass gives `connector_class`, `hosts`, `page_size`, `options`, `answer`, `publish`, ...

    `reader` has the process in which the connector reads what comes: each takes a while to start, so worlds share it.
    """

    connector_class: ClassVar[type[Connector]]
    hosts: ClassVar[tuple[str, ...]] = ()
    """Host names of the source that lead to this server."""
    page_size: int = 100
    window: int | None = None
    deletes: bool = True
    edits: bool = True
    troubles: frozenset[Trouble] = ALL_TROUBLES

    def __init__(self, reader: WaysOut | None = None) -> None:
        self._reader = reader.reader if reader else None
        self.timeline = Timeline()
        self._pending: Counter[Trouble] = Counter()
        self._ways_out: list[WaysOut] = []
        """Those to close: to close others would end the reader that is shared."""
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
        policy = loopback_policy(hosts=dict.fromkeys(self.hosts, self.server.url("")), timeout_s=120)
        made = WaysOut(policy, monotonic=monotonic or time.monotonic)
        if self._reader:
            made.reader = self._reader
        else:
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
        self.server.__exit__(None, None, None)

    def _route(self, request: Request) -> Response:
        if self.is_for_items(request):
            for what, response in ANSWERS.items():
                if self.befalls(what):
                    return response
        return self.answer(request)


def as_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    named = {"Content-Type": "application/json", **(headers or {})}
    return Response(status=status, headers=named, body=json.dumps(body).encode())
