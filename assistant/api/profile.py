"""`/api/profile`: what the user prefers, the lessons it comes from, and their word on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from assistant import profile
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
)
from assistant.api.dependencies import ServiceDep
from assistant.api.streams import stream

router = APIRouter(prefix="/api/profile", tags=["profile"])

Limit = Annotated[int, Query(ge=1, le=10_000)]


@router.get("")
def list_preferences(
    service: ServiceDep, kind: str = "", to: str = "", dimension: str = "", with_retired: bool = False
) -> list[PreferenceLine]:
    """What holds; in texts of a kind, or to a reader, or of one dimension."""
    return profile.list_preferences(service, kind=kind, recipient=to, dimension=dimension, with_retired=with_retired)


@router.post("")
def state(service: ServiceDep, new: NewPreference) -> PreferenceLine:
    """A preference by the user's own word, pinned at once."""
    return profile.state(service, new)


@router.get("/preferences/{preference}")
def why(service: ServiceDep, preference: int) -> PreferenceView:
    """A preference with the edits behind it."""
    return profile.why(service, preference)


@router.patch("/preferences/{preference}")
def edit(service: ServiceDep, preference: int, edit: PreferenceEdit) -> PreferenceLine:
    return profile.edit(service, preference, edit)


@router.delete("/preferences/{preference}")
def forget(service: ServiceDep, preference: int) -> PreferenceLine:
    """Its evidence teaches nothing any more."""
    return profile.forget(service, preference)


@router.get("/history")
def history(service: ServiceDep, preference: int | None = None, limit: Limit = 50) -> list[ChangeLine]:
    """What changed, of one preference or of all, the latest first."""
    return profile.history(service, preference, limit)


@router.get("/lessons")
def lessons(service: ServiceDep, limit: Limit = 50) -> list[LessonView]:
    """What was learned, the latest first."""
    return profile.lessons(service, limit)


@router.delete("/lessons/last")
def undo_last(service: ServiceDep) -> LessonView:
    return profile.undo(service)


@router.delete("/lessons/{lesson}")
def undo(service: ServiceDep, lesson: int) -> LessonView:
    """Take a lesson back. It stays in the list, with its time, and teaches nothing."""
    return profile.undo(service, lesson)


@router.get("/export")
def export(service: ServiceDep) -> Exported:
    return profile.export(service)


@router.post("/import")
def import_(service: ServiceDep, exported: Exported) -> Imported:
    return profile.import_(service, exported)


@router.post("/learn")
def learn(service: ServiceDep, texts: LearnTexts) -> StreamingResponse:
    """Learn from texts of the user's own."""
    return stream(service, lambda progress: profile.learn(service, texts, progress))


@router.get("/cost")
def cost(service: ServiceDep, kind: str = "", to: str = "") -> list[CostPoint]:
    """What each decided draft cost to edit, the earliest first."""
    return profile.cost(service, kind=kind, to=to)
