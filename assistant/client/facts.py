"""The client's methods for `/api/facts`: one a route."""

from __future__ import annotations

from datetime import datetime

from assistant.answers.facts import FactEdit, FactKept, FactLine, FactStrand, FactWhy, Forgotten, KeepFact, NewFact
from assistant.client.wire import Wire


class Facts:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def every(self, *, with_superseded: bool = False) -> list[FactLine]:
        return self._wire.get("/api/facts", list[FactLine], with_superseded=with_superseded)

    def timeline(self, about: str = "") -> list[FactStrand]:
        return self._wire.get("/api/facts/timeline", list[FactStrand], about=about)

    def why(self, fact_id: int) -> FactWhy:
        return self._wire.get(f"/api/facts/{fact_id}/why", FactWhy)

    def add(self, text: str, since: datetime | None = None) -> FactLine:
        return self._wire.post("/api/facts", FactLine, NewFact(text=text, since=since))

    def correct(self, fact_id: int, text: str, since: datetime | None = None) -> FactLine:
        return self._wire.patch(f"/api/facts/{fact_id}", FactLine, FactEdit(text=text, since=since))

    def keep(self, fact_id: int, *, both: bool = False) -> FactKept:
        return self._wire.post(f"/api/facts/{fact_id}/keep", FactKept, KeepFact(both=both))

    def forget(self, fact_id: int) -> Forgotten:
        return self._wire.delete(f"/api/facts/{fact_id}", Forgotten)
