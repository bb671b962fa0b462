"""Lessons kept and taken back. Every derived preference follows from the evidence that is live, so both are exact.

`assistant.learning` reads an edit and calls this inside its transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from memory.models import Evidence, Lesson, Preference, PreferenceChange, PreferenceState
from memory.profile.context import Observation
from memory.profile.scope import family
from memory.store import lessons, preferences


def keep(session: Session, lesson: Lesson, observations: Sequence[Observation]) -> list[PreferenceChange]:
    """Store a lesson with its evidence, and derive the preferences anew; what that changed."""
    lessons.add(session, lesson)
    _read(session, lesson, observations)
    return rederive(session, lesson.at, lesson_id=lesson.id)


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
    of_lesson = {row.id: row for row in lessons.live(session)}
    weights: dict[tuple[str, str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    amounts: dict[tuple[str, str, str, str], float | None] = {}
    for row in lessons.teaching(session):
        lesson = of_lesson[row.lesson_id]
        for kind, recipient in {(family(lesson.kind), ""), (family(lesson.kind), lesson.recipient)}:
            sums = weights[(row.dimension, kind, recipient)]
            for value in sums:
                sums[value][:] = [weight * 0.6 for weight in sums[value]]
            sums[row.value].append(row.strength * (1.0 if row.is_active else 0.5))
            amounts[(row.dimension, kind, recipient, row.value)] = row.amount
    wanted = {}
    for (dimension, kind, recipient), sums in weights.items():
        totals = {value: sum(found) for value, found in sums.items()}
        value = max(totals, key=lambda name: totals[name])
        wanted[(dimension, value, kind, recipient)] = totals[value] / (sum(totals.values()) + 0.4)
    changes = []
    held = {(row.dimension, row.value, row.kind, row.recipient): row for row in preferences.every(session)}
    for key, confidence in wanted.items():
        dimension, value, kind, recipient = key
        if key not in held:
            made = Preference(
                dimension=dimension,
                value=value,
                amount=amounts[(dimension, kind, recipient, value)],
                kind=kind,
                recipient=recipient,
                confidence=confidence,
                learned_at=now,
                changed_at=now,
            )
            preferences.add(session, made)
            changes.append(PreferenceChange(preference_id=made.id or 0, at=now, what="learned", lesson_id=lesson_id))
        elif not held[key].is_pinned:
            held[key].confidence, held[key].state = confidence, PreferenceState.HELD
            session.add(held[key])
    for key, known in held.items():
        if key not in wanted and known.state is PreferenceState.HELD and not known.is_pinned and known.by == "evidence":
            known.state = PreferenceState.RETIRED
            session.add(known)
            changes.append(PreferenceChange(preference_id=known.id or 0, at=now, what="retired", lesson_id=lesson_id))
    preferences.note(session, changes)
    return changes


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
