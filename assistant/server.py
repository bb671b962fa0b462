"""The HTTP server: one application on one bound socket, in a thread of its own.

The daemon and a command without a daemon use it alike. It knows nothing of Telos but that it serves an ASGI application.
"""

from __future__ import annotations

import socket
import time
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from assistant.errors import Unavailable

STOP_S = 2
"""Seconds that requests under way get to end when the server stops."""
KEEP_ALIVE_S = 30
"""Longer than a client keeps a silent connection (httpx: 5 s), or one that is just being closed takes a request with it."""


class Server:
    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self._listener = listener
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=STOP_S,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, args=([listener],), name="api", daemon=True)

    def start(self, patience_s: float = 10.0) -> None:
        """Return once requests are answered."""
        self._thread.start()
        deadline = time.monotonic() + patience_s
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise Unavailable("The API's server did not start.", "The service's log says why.")
            time.sleep(0.005)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def begin_to_stop(self) -> None:
        """Take no more requests."""
        self._server.should_exit = True

    def stop(self) -> None:
        """Take no more requests, let those under way end, and return when they have."""
        self.begin_to_stop()
        self._thread.join(STOP_S + 1)
