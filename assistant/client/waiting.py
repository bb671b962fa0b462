"""The client's methods for `/api/waiting`: one a route."""

from __future__ import annotations

from assistant.answers.mailbox import FollowUpLine, Later
from assistant.client.wire import Wire


class Waiting:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> list[FollowUpLine]:
        return self._wire.get("/api/waiting", list[FollowUpLine])

    def done(self, follow_up: int) -> FollowUpLine:
        return self._wire.post(f"/api/waiting/{follow_up}/done", FollowUpLine)

    def later(self, follow_up: int, days: int | None = None) -> FollowUpLine:
        return self._wire.post(f"/api/waiting/{follow_up}/later", FollowUpLine, Later(days=days))
