"""The client's methods for `/api/steering`: one a route."""

from __future__ import annotations

from assistant.answers.drift import Drift, DriftWish
from assistant.answers.steering import Changed, Picture, Report, SteeringStatus, Why, Wish
from assistant.client.wire import Wire
from assistant.progress import Progress, unheard


class Steering:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def status(self) -> SteeringStatus:
        return self._wire.get("/api/steering", SteeringStatus)

    def on(self) -> Changed:
        return self._wire.post("/api/steering/on", Changed)

    def off(self) -> Changed:
        return self._wire.post("/api/steering/off", Changed)

    def collect(self, on_progress: Progress = unheard) -> Report:
        return self._wire.stream("/api/steering/collect", Report, on_progress=on_progress)

    def clone(self, on_progress: Progress = unheard) -> Report:
        return self._wire.stream("/api/steering/clone", Report, on_progress=on_progress)

    def train(self, on_progress: Progress = unheard) -> Report:
        return self._wire.stream("/api/steering/train", Report, on_progress=on_progress)

    def evaluate(self, number: int | None = None, on_progress: Progress = unheard) -> Report:
        """The newest planner without a number."""
        return self._wire.stream("/api/steering/evaluate", Report, Wish(number=number), on_progress)

    def promote(self, number: int | None = None, *, anyway: bool = False) -> Changed:
        return self._wire.post("/api/steering/promote", Changed, Wish(number=number, anyway=anyway))

    def rollback(self) -> Changed:
        return self._wire.post("/api/steering/rollback", Changed)

    def drift(self, rounds: int, probes: int, methods: list[str], on_progress: Progress = unheard) -> Drift:
        """By all methods where none is named."""
        wish = DriftWish(rounds=rounds, probes=probes, methods=methods)
        return self._wire.stream("/api/steering/drift", Drift, wish, on_progress)

    def explain(self, conversation: int | None = None, turn: int | None = None, *, replies: bool = False) -> Why:
        """Of the last conversation, and its last turn, where none is named."""
        return self._wire.get("/api/steering/explain", Why, conversation=conversation, turn=turn, with_replies=replies)

    def picture(self) -> Picture:
        return self._wire.get("/api/steering/picture", Picture)
