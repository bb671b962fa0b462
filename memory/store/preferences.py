"""Preferences, what they rest on, and their history. `memory.profile` writes them; the verbs over the profile read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Integer, Row, bindparam, cast, delete, insert, tuple_, update
from sqlmodel import Session, col, func, select

from memory.models import Evidence, Lesson, Preference, PreferenceChange, PreferenceEvidence, PreferenceState


def add(session: Session, preference: Preference) -> Preference:
    session.add(preference)
    session.flush()
    return preference


def add_all(session: Session, made: Sequence[Preference]) -> None:
    session.add_all(made)
    session.flush()


def get(session: Session, preference_id: int) -> Preference | None:
    return session.get(Preference, preference_id)


def every(session: Session) -> list[Preference]:
    """Retired and forgotten ones as well, by id."""
    return list(session.exec(select(Preference).order_by(col(Preference.id))))


def held(session: Session) -> list[Preference]:
    """Those that hold, the surest first."""
    chosen = select(Preference).where(Preference.state == PreferenceState.HELD)
    return list(session.exec(chosen.order_by(col(Preference.confidence).desc(), col(Preference.id))))


def rows(session: Session) -> Sequence[Row[Any]]:
    """(id, dimension, value, amount, kind, recipient, domain, source, is topical, topic, anchor, state, confidence,
    is pinned, by) of each, by id."""
    chosen = select(
        Preference.id,
        Preference.dimension,
        Preference.value,
        Preference.amount,
        Preference.kind,
        Preference.recipient,
        Preference.domain,
        Preference.source,
        Preference.is_topical,
        Preference.topic,
        Preference.anchor,
        Preference.state,
        Preference.confidence,
        Preference.is_pinned,
        Preference.by,
    )  # type: ignore[call-overload]
    return session.connection().execute(chosen.order_by(col(Preference.id))).all()


def dimensions(session: Session, prefix: str) -> set[str]:
    """Those that begin so and ever held."""
    chosen = select(Preference.dimension).where(col(Preference.dimension).startswith(prefix, autoescape=True))
    return set(session.exec(chosen.distinct()))


def change(session: Session, changed: Sequence[dict[str, Any]]) -> None:
    """Set columns of many rows: each a dict with `of`, the id, and the same columns in all. What the session holds of
    them is read anew when it is next looked at."""
    if not changed:
        return
    columns: dict[str, Any] = {name: bindparam(name) for name in changed[0] if name != "of"}
    session.flush()
    session.connection().execute(
        update(Preference).where(col(Preference.id) == bindparam("of")).values(columns), changed
    )
    ids = {one["of"] for one in changed}
    for held in list(session.identity_map.values()):
        if isinstance(held, Preference) and held.id in ids:
            session.expire(held)


def count_use(session: Session, preference_ids: Collection[int]) -> None:
    used = update(Preference).where(col(Preference.id).in_(preference_ids))
    session.connection().execute(used.values(used=Preference.used + 1))


def links(session: Session) -> dict[tuple[int, bool], set[int]]:
    """The evidence for (True) and against (False) each preference that is not forgotten, by ids; put together by the database,
    which takes a fifth of the time that so many rows would."""
    of, is_for = PreferenceEvidence.preference_id, PreferenceEvidence.is_for
    chosen = (
        select(of, is_for, func.group_concat(PreferenceEvidence.evidence_id))
        .join(Preference, col(Preference.id) == col(of))
        .where(Preference.state != PreferenceState.FORGOTTEN)
        .group_by(col(of), col(is_for))
    )
    return {
        (preference_id, speaks_for): set(map(int, ids.split(",")))
        for preference_id, speaks_for, ids in session.connection().execute(chosen)
    }


def link(session: Session, added: Sequence[tuple[int, int, bool]], gone: Sequence[tuple[int, int]]) -> None:
    """Take away and put (preference id, evidence id, is for)."""
    connection = session.connection()
    if gone:
        pair = tuple_(col(PreferenceEvidence.preference_id), col(PreferenceEvidence.evidence_id))
        for start in range(0, len(gone), 400):
            connection.execute(delete(PreferenceEvidence).where(pair.in_(gone[start : start + 400])))
    if added:
        named = [{"preference_id": of, "evidence_id": evidence, "is_for": is_for} for of, evidence, is_for in added]
        connection.execute(insert(PreferenceEvidence), named)


def evidence_of(session: Session, preference_id: int) -> list[tuple[Evidence, Lesson, bool]]:
    """What it rests on: the evidence, its lesson, and whether it speaks for it; the latest first."""
    chosen = (
        select(Evidence, Lesson, PreferenceEvidence.is_for)
        .join(PreferenceEvidence, col(PreferenceEvidence.evidence_id) == col(Evidence.id))
        .join(Lesson, col(Lesson.id) == col(Evidence.lesson_id))
        .where(PreferenceEvidence.preference_id == preference_id)
        .order_by(col(Lesson.at).desc(), col(Evidence.id).desc())
    )
    return list(session.exec(chosen))


def counts(session: Session) -> dict[int, tuple[int, int]]:
    """How much evidence is for, and how much against, each preference that has any."""
    chosen = select(
        PreferenceEvidence.preference_id, func.sum(cast(PreferenceEvidence.is_for, Integer)), func.count()
    ).group_by(col(PreferenceEvidence.preference_id))
    return {of: (int(is_for), int(total) - int(is_for)) for of, is_for, total in session.exec(chosen)}


def note(session: Session, changes: Sequence[PreferenceChange]) -> None:
    session.add_all(changes)
    session.flush()


def history(session: Session, *, preference_id: int | None = None, limit: int = 100) -> list[PreferenceChange]:
    """The latest change first; of one preference, or of all."""
    chosen = select(PreferenceChange).order_by(col(PreferenceChange.id).desc()).limit(limit)
    if preference_id is not None:
        chosen = chosen.where(PreferenceChange.preference_id == preference_id)
    return list(session.exec(chosen))


def changed_by(session: Session, lesson_id: int) -> list[PreferenceChange]:
    """What a lesson changed when it was kept, in order."""
    chosen = select(PreferenceChange).where(PreferenceChange.lesson_id == lesson_id)
    return list(session.exec(chosen.order_by(col(PreferenceChange.id))))


def stamp(session: Session) -> tuple[object, ...]:
    """Another one after each change of what the profile is loaded from."""
    asked = select(
        select(func.max(PreferenceChange.id)).scalar_subquery(),
        select(func.count()).select_from(Preference).where(Preference.state == PreferenceState.HELD).scalar_subquery(),
        select(func.max(Evidence.id)).scalar_subquery(),
        select(func.count()).select_from(Evidence).scalar_subquery(),
        select(func.max(Lesson.undone_at)).scalar_subquery(),
        select(func.max(Lesson.at)).scalar_subquery(),
        select(func.count()).select_from(Lesson).where(col(Lesson.undone_at).is_(None)).scalar_subquery(),
        select(func.group_concat(col(Lesson.embedder).distinct())).scalar_subquery(),
    )  # type: ignore[call-overload]
    return tuple(session.connection().execute(asked).one())
