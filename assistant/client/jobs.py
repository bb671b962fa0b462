"""The client's methods for `/api/jobs`: one a route."""

from __future__ import annotations

from urllib.parse import quote

from assistant.answers.jobs import JobAnswer, RanAnswer
from assistant.client.wire import Wire
from assistant.progress import Progress, unheard


class Jobs:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> list[JobAnswer]:
        return self._wire.get("/api/jobs", list[JobAnswer])

    def run(self, name: str, on_progress: Progress = unheard) -> RanAnswer:
        """Run a job now, due or not; returns when it has ended."""
        return self._wire.stream(f"/api/jobs/{quote(name)}/run", RanAnswer, on_progress=on_progress)
