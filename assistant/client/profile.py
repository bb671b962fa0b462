"""The client's methods for `/api/profile`: one a route."""

from __future__ import annotations

from assistant.answers.profile import (
    ChangeLine,
    CostPoint,
    Exported,
    Imported,
    LearnTexts,
    LessonView,
    NewPreference,
    PreferenceEdit,
    PreferenceLine,
    PreferenceView,
    WarmedUp,
)
from assistant.client.wire import Wire
from assistant.progress import Progress, unheard


class Profile:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def every(
        self, *, kind: str = "", to: str = "", dimension: str = "", with_retired: bool = False
    ) -> list[PreferenceLine]:
        return self._wire.get(
            "/api/profile", list[PreferenceLine], kind=kind, to=to, dimension=dimension, with_retired=with_retired
        )

    def state(self, new: NewPreference) -> PreferenceLine:
        """A preference by the user's own word, pinned at once."""
        return self._wire.post("/api/profile", PreferenceLine, new)

    def why(self, preference: int) -> PreferenceView:
        """A preference with the edits behind it."""
        return self._wire.get(f"/api/profile/preferences/{preference}", PreferenceView)

    def edit(self, preference: int, edit: PreferenceEdit) -> PreferenceLine:
        return self._wire.patch(f"/api/profile/preferences/{preference}", PreferenceLine, edit)

    def forget(self, preference: int) -> PreferenceLine:
        return self._wire.delete(f"/api/profile/preferences/{preference}", PreferenceLine)

    def history(self, preference: int | None = None, limit: int = 50) -> list[ChangeLine]:
        return self._wire.get("/api/profile/history", list[ChangeLine], preference=preference, limit=limit)

    def lessons(self, limit: int = 50) -> list[LessonView]:
        return self._wire.get("/api/profile/lessons", list[LessonView], limit=limit)

    def undo(self, lesson: int | None = None) -> LessonView:
        """Take a lesson back; the last one that holds, if none is named."""
        return self._wire.delete(f"/api/profile/lessons/{'last' if lesson is None else lesson}", LessonView)

    def export(self) -> Exported:
        return self._wire.get("/api/profile/export", Exported)

    def import_(self, exported: Exported) -> Imported:
        return self._wire.post("/api/profile/import", Imported, exported)

    def learn(self, texts: LearnTexts, on_progress: Progress = unheard) -> WarmedUp:
        """Learn from texts of the user's own."""
        return self._wire.stream("/api/profile/learn", WarmedUp, texts, on_progress)

    def cost(self, kind: str = "", to: str = "") -> list[CostPoint]:
        """What each decided draft cost to edit, the earliest first."""
        return self._wire.get("/api/profile/cost", list[CostPoint], kind=kind, to=to)
