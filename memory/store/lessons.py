"""Lessons and the evidence read in them. What an undone lesson says, and what was forgotten, teaches nothing.

`memory.profile` keeps and takes back lessons; the verbs over the profile list them. It knows nothing of beliefs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert
from sqlmodel import Session, and_, col, select

from memory.models import Evidence, Lesson, Preference, PreferenceEvidence, PreferenceState


def add(session: Session, lesson: Lesson) -> Lesson:
    session.add(lesson)
    session.flush()
    return lesson


def get(session: Session, lesson_id: int) -> Lesson | None:
    return session.get(Lesson, lesson_id)


def of_draft(session: Session, draft_id: int) -> Lesson | None:
    """The lesson that a draft taught, unless it was undone."""
    live = select(Lesson).where(Lesson.draft_id == draft_id, col(Lesson.undone_at).is_(None))
    return session.exec(live.order_by(col(Lesson.id).desc())).first()


def every_of_draft(session: Session, draft_id: int) -> list[Lesson]:
    """Undone ones as well, the first one first."""
    return list(session.exec(select(Lesson).where(Lesson.draft_id == draft_id).order_by(col(Lesson.id))))


def recent(session: Session, *, limit: int = 100, is_live: bool = False) -> list[Lesson]:
    """The latest first; with `is_live` without the undone."""
    chosen = select(Lesson).order_by(col(Lesson.at).desc(), col(Lesson.id).desc()).limit(limit)
    return list(session.exec(chosen.where(col(Lesson.undone_at).is_(None)) if is_live else chosen))


def undo(session: Session, lesson: Lesson, now: datetime) -> None:
    lesson.undone_at = now
    session.add(lesson)
    session.flush()


def add_evidence(session: Session, rows: Sequence[Evidence]) -> None:
    """In one statement; the rows' own ids are not filled in."""
    if rows:
        session.exec(insert(Evidence), params=[row.model_dump(exclude={"id"}) for row in rows])


def evidence_of(session: Session, lesson_id: int) -> list[Evidence]:
    return list(session.exec(select(Evidence).where(Evidence.lesson_id == lesson_id).order_by(col(Evidence.id))))


def drop_evidence(session: Session, lesson_id: int) -> None:
    """Delete what was read in a lesson, because the lesson is read anew."""
    session.exec(delete(Evidence).where(col(Evidence.lesson_id) == lesson_id))


def live(session: Session) -> Sequence[Row[Any]]:
    """(id, at, kind, recipient, domain, source, embedder, vector) of each lesson that teaches, the oldest first."""
    chosen = select(
        Lesson.id,
        Lesson.at,
        Lesson.kind,
        Lesson.recipient,
        Lesson.domain,
        Lesson.source,
        Lesson.embedder,
        Lesson.vector,
    )  # type: ignore[call-overload]
    return (
        session.connection()
        .execute(chosen.where(col(Lesson.undone_at).is_(None)).order_by(col(Lesson.at), col(Lesson.id)))
        .all()
    )


def texts(session: Session, lesson_ids: Collection[int]) -> dict[int, str]:
    """What each of these lessons was about."""
    rows = session.exec(select(Lesson.id, Lesson.text).where(col(Lesson.id).in_(lesson_ids)))
    return {lesson_id: text for lesson_id, text in rows if lesson_id is not None}


def other_texts(session: Session, lesson_ids: Collection[int], limit: int) -> list[str]:
    """What the latest of all other live lessons were about."""
    chosen = select(Lesson.text).where(col(Lesson.id).not_in(lesson_ids), col(Lesson.undone_at).is_(None))
    return list(session.exec(chosen.order_by(col(Lesson.id).desc()).limit(limit)))


def teaching(session: Session) -> Sequence[Row[Any]]:
    """(id, lesson id, dimension, value, amount, before, is active, strength) of all evidence that teaches, by id."""
    forgotten = (
        select(PreferenceEvidence.evidence_id)
        .join(Preference, col(Preference.id) == col(PreferenceEvidence.preference_id))
        .where(Preference.state == PreferenceState.FORGOTTEN, col(PreferenceEvidence.is_for))
    )
    chosen = (
        select(
            Evidence.id,
            Evidence.lesson_id,
            Evidence.dimension,
            Evidence.value,
            Evidence.amount,
            Evidence.before,
            Evidence.is_active,
            Evidence.strength,
        )  # type: ignore[call-overload]
        .join(Lesson, and_(col(Lesson.id) == col(Evidence.lesson_id), col(Lesson.undone_at).is_(None)))
        .where(col(Evidence.id).not_in(forgotten))
        .order_by(col(Evidence.id))
    )
    return session.connection().execute(chosen).all()
