"""The client's methods for `/api/sources`: one a route."""

from __future__ import annotations

from assistant.client.wire import Wire


class Sources:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
