"""The client's methods for `/api/digest`: one a route."""

from __future__ import annotations

from assistant.client.wire import Wire


class Digest:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
