"""The client's methods for `/api/calls`: one a route."""

from __future__ import annotations

from datetime import datetime

from assistant.answers.calls import CallLine
from assistant.client.wire import Wire


class Calls:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def recent(
        self,
        limit: int = 20,
        *,
        words: str = "",
        task: str | None = None,
        purpose: str | None = None,
        conversation: int | None = None,
        since: datetime | None = None,
        failed: bool = False,
    ) -> list[CallLine]:
        return self._wire.get(
            "/api/calls",
            list[CallLine],
            limit=limit,
            words=words,
            task=task,
            purpose=purpose,
            conversation=conversation,
            since=None if since is None else since.isoformat(),
            failed=failed,
        )

    def show(self, call_id: int) -> CallLine:
        return self._wire.get(f"/api/calls/{call_id}", CallLine)
