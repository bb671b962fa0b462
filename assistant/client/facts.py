"""The client's methods for `/api/facts`: one a route."""

from __future__ import annotations

from assistant.answers.facts import FactEdit, FactLine, Forgotten, NewFact
from assistant.client.wire import Wire


class Facts:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def every(self, *, with_superseded: bool = False) -> list[FactLine]:
        return self._wire.get("/api/facts", list[FactLine], with_superseded=with_superseded)

    def add(self, text: str) -> FactLine:
        return self._wire.post("/api/facts", FactLine, NewFact(text=text))

    def correct(self, fact_id: int, text: str) -> FactLine:
        return self._wire.patch(f"/api/facts/{fact_id}", FactLine, FactEdit(text=text))

    def forget(self, fact_id: int) -> Forgotten:
        return self._wire.delete(f"/api/facts/{fact_id}", Forgotten)
