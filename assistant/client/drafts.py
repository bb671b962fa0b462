"""The client's methods for `/api/drafts`: one a route."""

from __future__ import annotations

from assistant.answers.drafts import (
    Decided,
    DiffView,
    DraftEdit,
    DraftLine,
    DraftSend,
    DraftStateName,
    DraftView,
    KindName,
    NewDraft,
    ShapeName,
)
from assistant.client.wire import Wire
from assistant.progress import Progress, unheard


class Drafts:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def new(self, new: NewDraft, on_progress: Progress = unheard) -> DraftView:
        return self._wire.stream("/api/drafts", DraftView, new, on_progress)

    def list(
        self, *, state: DraftStateName | None = None, kind: KindName | None = None, limit: int = 50
    ) -> list[DraftLine]:
        return self._wire.get("/api/drafts", list[DraftLine], state=state, kind=kind, limit=limit)

    def show(self, draft: int) -> DraftView:
        return self._wire.get(f"/api/drafts/{draft}", DraftView)

    def edit(self, draft: int, edit: DraftEdit, on_progress: Progress = unheard) -> Decided:
        """The user's text as a new version, and the lesson; or the question to be answered first."""
        return self._wire.stream(f"/api/drafts/{draft}/versions", Decided, edit, on_progress)

    def diff(self, draft: int, before: int | None = None, after: int | None = None) -> DiffView:
        return self._wire.get(f"/api/drafts/{draft}/diff", DiffView, before=before, after=after)

    def approve(self, draft: int) -> Decided:
        """Final, by the user's word. Nothing is sent."""
        return self._wire.post(f"/api/drafts/{draft}/approve", Decided)

    def reject(self, draft: int) -> DraftView:
        return self._wire.post(f"/api/drafts/{draft}/reject", DraftView)

    def send(self, draft: int, *, again: bool = False) -> DraftLine:
        return self._wire.post(f"/api/drafts/{draft}/send", DraftLine, DraftSend(again=again))

    def export(self, draft: int, version: int | None = None, shape: ShapeName | None = None) -> str:
        """In that shape; without one the text, of a mail the whole message."""
        return self._wire.get(f"/api/drafts/{draft}/text", str, version=version, shape=shape)
