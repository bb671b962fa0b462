"""The client's methods for `/api/jobs`: one a route."""

from __future__ import annotations

from assistant.client.wire import Wire


class Jobs:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
