"""The client's methods for `/api/memory`: one a route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from assistant.answers.memory import (
    Added,
    Answers,
    ErasedAnswer,
    EraseEstimate,
    EraseRequest,
    ExportLine,
    ExportPage,
    Imported,
    IndexedTexts,
    ItemView,
    Lines,
    Note,
    Private,
    Query,
    ReindexedAnswer,
    Retention,
    SetPrivate,
)
from assistant.client.wire import Wire
from assistant.progress import Progress, unheard

LINES_AT_ONCE = 500


class Memory:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def search(self, query: Query) -> Answers:
        return self._wire.post("/api/memory/search", Answers, query)

    def add(self, note: Note) -> Added:
        return self._wire.post("/api/memory/notes", Added, note)

    def import_lines(self, lines: Iterable[str], on_progress: Progress = unheard) -> Imported:
        """Import JSONL, some lines at a time; what was imported before a failure stays."""
        whole, first, waiting = Imported(), 1, iter(lines)
        while some := list(islice(waiting, LINES_AT_ONCE)):
            part = self._wire.post("/api/memory/import", Imported, Lines(lines=some, first=first))
            first += len(some)
            whole = Imported(
                new=whole.new + part.new,
                updated=whole.updated + part.updated,
                unchanged=whole.unchanged + part.unchanged,
                problems=whole.problems + part.problems,
            )
            on_progress(first - 1, None, "importing")
        return whole

    def index(self, on_progress: Progress = unheard) -> IndexedTexts:
        return self._wire.stream("/api/memory/index", IndexedTexts, on_progress=on_progress)

    def export(self) -> Iterator[ExportLine]:
        """Everything that is kept, read page by page."""
        after: int | None = 0
        while after is not None:
            page = self._wire.get("/api/memory/export", ExportPage, after=after)
            yield from page.lines
            after = page.next

    def show(self, item_id: int) -> ItemView:
        return self._wire.get(f"/api/memory/items/{item_id}", ItemView)

    def retention(self) -> Retention:
        return self._wire.get("/api/memory/retention", Retention)

    def list_private(self) -> Private:
        return self._wire.get("/api/memory/private", Private)

    def set_private(self, wish: SetPrivate) -> Private:
        return self._wire.put("/api/memory/private", Private, wish)

    def forget(self, item_id: int) -> ItemView:
        return self._wire.post(f"/api/memory/items/{item_id}/forget", ItemView)

    def remember(self, item_id: int) -> ItemView:
        return self._wire.post(f"/api/memory/items/{item_id}/remember", ItemView)

    def estimate(self, request: EraseRequest) -> EraseEstimate:
        return self._wire.post("/api/memory/erase/estimate", EraseEstimate, request)

    def erase(self, request: EraseRequest, on_progress: Progress = unheard) -> ErasedAnswer:
        return self._wire.stream("/api/memory/erase", ErasedAnswer, request, on_progress)

    def reindex(self, on_progress: Progress = unheard) -> ReindexedAnswer:
        return self._wire.stream("/api/memory/reindex", ReindexedAnswer, on_progress=on_progress)
