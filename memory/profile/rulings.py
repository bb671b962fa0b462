"""The user's own word on preferences: pin, edit, state, forget, import. It stands above all evidence.

The verbs over the profile call these inside a transaction; ids are of rows that exist, which they have looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from memory.models import Preference, PreferenceChange, PreferenceState
from memory.profile.learning import rederive
from memory.profile.scope import Scope
from memory.store import preferences


def pin(session: Session, preference: Preference, now: datetime) -> list[PreferenceChange]:
    """It holds whatever later evidence says, with confidence 1."""
    preference.is_pinned, preference.confidence, preference.state = True, 1.0, PreferenceState.HELD
    return _ruled(session, preference, "pinned", now)


def unpin(session: Session, preference: Preference, now: datetime) -> list[PreferenceChange]:
    """Evidence decides again. What has none stays the user's word."""
    preference.is_pinned = False
    return _ruled(session, preference, "unpinned", now)


def edit(
    session: Session,
    preference: Preference,
    now: datetime,
    *,
    value: str | None = None,
    amount: float | None = None,
    scope: Scope | None = None,
) -> list[PreferenceChange]:
    """Another value or another scope, by the user's word."""
    if value is not None:
        preference.value, preference.amount = value, amount
    if scope is not None:
        preference.kind, preference.recipient = scope.kind, scope.recipient
        preference.domain, preference.source = scope.domain, scope.source
    preference.by, preference.is_pinned, preference.confidence = "user", True, 1.0
    return _ruled(session, preference, "edited", now)


def state(
    session: Session, dimension: str, value: str, scope: Scope, now: datetime, *, amount: float | None = None
) -> Preference:
    """What the user says they want, pinned at once."""
    said = Preference(
        dimension=dimension, value=value, amount=amount, kind=scope.kind, recipient=scope.recipient,
        domain=scope.domain, source=scope.source, confidence=1.0, is_pinned=True, by="user",
        learned_at=now, changed_at=now,
    )  # fmt: skip
    preferences.add(session, said)
    _ruled(session, said, "pinned", now)
    return said


def forget(session: Session, preference: Preference, now: datetime) -> list[PreferenceChange]:
    """The evidence it had teaches nothing any more."""
    preference.state, preference.is_pinned = PreferenceState.FORGOTTEN, False
    return _ruled(session, preference, "forgotten", now)


def import_(session: Session, told: Sequence[Preference], now: datetime) -> tuple[int, int]:
    """Take in preferences from elsewhere; (added, kept): those that are there already, or ruled otherwise, stay."""
    added = 0
    held = {(row.dimension, row.kind, row.recipient, row.domain, row.source) for row in preferences.held(session)}
    for row in told:
        if (row.dimension, row.kind, row.recipient, row.domain, row.source) not in held:
            row.id, row.by, row.learned_at, row.changed_at = None, "user", now, now
            preferences.add(session, row)
            _ruled(session, row, "imported", now)
            added += 1
    return added, len(told) - added


def _ruled(session: Session, preference: Preference, what: str, now: datetime) -> list[PreferenceChange]:
    assert preference.id is not None
    preference.changed_at = now
    preferences.add(session, preference)
    noted = PreferenceChange(preference_id=preference.id, at=now, what=what, after={"value": preference.value})
    preferences.note(session, [noted])
    return [noted, *rederive(session, now)]
