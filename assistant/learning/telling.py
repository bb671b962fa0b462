"""Rows of the profile as the user sees them: preferences in phrases with their scope in words, lessons, evidence, changes.

`assistant.profile` and the verbs on drafts call it inside their session. It reads rows and writes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from assistant.answers.profile import ChangeLine, EvidenceLine, LessonView, PreferenceLine, ScopeView
from assistant.learning.announcing import NEWS, is_used, said
from assistant.learning.scope_words import context_in_words, in_words
from assistant.learning.teaching import Taught, undo_of
from memory.models import Evidence, Lesson, Preference, PreferenceChange
from memory.store import preferences


def lines(session: Session, rows: Sequence[Preference]) -> list[PreferenceLine]:
    """Preferences as a list shows them."""
    counts = preferences.counts(session) if rows else {}
    found: list[PreferenceLine] = []
    for row in rows:
        assert row.id is not None
        evidence, against = counts.get(row.id, (0, 0))
        found.append(
            PreferenceLine(
                id=row.id,
                dimension=row.dimension,
                value=row.value,
                says=said(row),
                scope=scope_view(row),
                confidence=row.confidence,
                is_used=is_used(row),
                is_pinned=row.is_pinned,
                state=row.state.value,
                by=row.by,
                evidence=evidence,
                against=against,
                learned_at=row.learned_at,
                changed_at=row.changed_at,
                used=row.used,
            )
        )
    return found


def scope_view(row: Preference) -> ScopeView:
    where = in_words(
        kind=row.kind,
        recipient=row.recipient,
        domain=row.domain,
        source=row.source,
        topic=row.topic,
        is_topical=row.is_topical,
    )
    return ScopeView(
        kind=row.kind, recipient=row.recipient, domain=row.domain, source=row.source, topic=row.topic, says=where
    )


def evidence_line(evidence: Evidence, lesson: Lesson, is_for: bool) -> EvidenceLine:
    """What one text showed, in its own words."""
    return EvidenceLine(
        lesson=evidence.lesson_id,
        draft=lesson.draft_id,
        at=lesson.at,
        context=context_in_words(kind=lesson.kind, recipient=lesson.recipient, text=lesson.text),
        value=evidence.value,
        before=evidence.before,
        quote_before=evidence.quote_before,
        quote_after=evidence.quote_after,
        is_for=is_for,
        is_active=evidence.is_active,
        is_undone=lesson.undone_at is not None,
    )


def change_line(session: Session, change: PreferenceChange) -> ChangeLine:
    """A line of a preference's history."""
    row = preferences.get(session, change.preference_id)
    says = f"{said(row)} {scope_view(row).says}" if row is not None else ""
    return ChangeLine(
        preference=change.preference_id,
        says=says,
        at=change.at,
        what=change.what,
        before=_fields(change.before),
        after=_fields(change.after),
        lesson=change.lesson_id,
    )


def lesson_view(session: Session, lesson: Lesson) -> LessonView:
    """A lesson with the preferences that there are since it was kept."""
    assert lesson.id is not None
    changed = [] if lesson.undone_at is not None else preferences.changed_by(session, lesson.id)
    return LessonView(
        id=lesson.id,
        at=lesson.at,
        origin=lesson.origin.value,
        draft=lesson.draft_id,
        cost=lesson.cost,
        words=lesson.words,
        line=lesson.line,
        undo=undo_of(lesson),
        preferences=list(dict.fromkeys(change.preference_id for change in changed if change.what in NEWS)),
        undone_at=lesson.undone_at,
    )


def told(session: Session, taught: Taught) -> LessonView:
    """A lesson as it is announced: with its line where that was not said before."""
    return lesson_view(session, taught.lesson).model_copy(update={"line": taught.line})


def _fields(said_of: dict[str, Any]) -> str:
    """`value Hi {first}, · confidence 0.8`."""
    parts: list[str] = []
    for name, value in said_of.items():
        shown = f"{value:.2f}" if isinstance(value, float) else str(value)
        if value not in (None, ""):
            parts.append(f"{name} {shown}")
    return " · ".join(parts)
