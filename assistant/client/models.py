"""The client's methods for `/api/models`: one a route."""

from __future__ import annotations

from assistant.answers.models import Fetch, Fetched, ModelChoice, ModelLine, TaskName, Tested, Used, Wanted
from assistant.client.wire import Wire
from assistant.progress import Progress, unheard


class Models:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def show(self) -> list[ModelLine]:
        return self._wire.get("/api/models", list[ModelLine])

    def to_fetch(self, wanted: Wanted) -> Fetch:
        return self._wire.post("/api/models/to-fetch", Fetch, wanted)

    def fetch(self, wanted: Wanted, on_progress: Progress = unheard) -> Fetched:
        return self._wire.stream("/api/models/fetch", Fetched, wanted, on_progress)

    def use(self, choice: ModelChoice, on_progress: Progress = unheard) -> Used:
        return self._wire.stream("/api/models/use", Used, choice, on_progress)

    def test(self, task: TaskName = "chat", on_progress: Progress = unheard) -> Tested:
        return self._wire.stream(f"/api/models/{task}/test", Tested, on_progress=on_progress)
