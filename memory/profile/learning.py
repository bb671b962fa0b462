"""Lessons kept and taken back. Every derived preference follows from the evidence that is live, so both are exact.

`assistant.learning` reads an edit and calls this inside its transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from memory.models import Evidence, Lesson, PreferenceChange
from memory.profile.context import Observation
from memory.profile.deriving import derive
from memory.profile.evidence import Evidences
from memory.profile.reconciling import reconcile
from memory.store import lessons


def keep(session: Session, lesson: Lesson, observations: Sequence[Observation]) -> list[PreferenceChange]:
    """Store a lesson with its evidence, and derive the preferences anew; what that changed."""
    lessons.add(session, lesson)
    _read(session, lesson, observations)
    return rederive(session, lesson.at, lesson_id=lesson.id)


def keep_all(
    session: Session, told: Sequence[tuple[Lesson, Sequence[Observation]]], now: datetime
) -> list[PreferenceChange]:
    """Store many lessons with their evidence, and derive once: what `keep` of each, one after the other, leads to."""
    for lesson, observations in told:
        lessons.add(session, lesson)
        _read(session, lesson, observations)
    return rederive(session, now)


def replace(
    session: Session, draft_id: int, lesson: Lesson, observations: Sequence[Observation]
) -> list[PreferenceChange]:
    """A draft was edited further: its lesson is read anew, under the id it has. Without one it is kept."""
    held = lessons.of_draft(session, draft_id)
    if held is None or held.id is None:
        lesson.draft_id = draft_id
        return keep(session, lesson, observations)
    lessons.drop_evidence(session, held.id)
    for name in lesson.model_dump(exclude={"id", "draft_id", "announced_at", "undone_at"}):
        setattr(held, name, getattr(lesson, name))
    lessons.add(session, held)
    lesson.id = held.id
    _read(session, held, observations)
    return rederive(session, lesson.at, lesson_id=held.id)


def take_back(session: Session, lesson_id: int, now: datetime) -> list[PreferenceChange]:
    """Undo a lesson, as if it had never been; what that changed. It stays, and teaches nothing."""
    lesson = lessons.get(session, lesson_id)
    if lesson is None or lesson.undone_at is not None:
        return []
    lessons.undo(session, lesson, now)
    return rederive(session, now, lesson_id=lesson_id)


def rederive(session: Session, now: datetime, *, lesson_id: int | None = None) -> list[PreferenceChange]:
    """Bring the preferences in step with the evidence that is live."""
    return reconcile(session, derive(Evidences.load(session)).preferences, now, lesson_id)


def _read(session: Session, lesson: Lesson, observations: Sequence[Observation]) -> None:
    assert lesson.id is not None
    lessons.add_evidence(
        session,
        [
            Evidence(
                lesson_id=lesson.id,
                dimension=seen.dimension,
                value=seen.value,
                amount=seen.amount,
                before=seen.before,
                is_active=seen.is_active,
                strength=seen.strength,
                quote_before=seen.quote_before,
                quote_after=seen.quote_after,
                by=seen.by,
            )
            for seen in observations
        ],
    )
