"""The profile as a file: what holds, readable, and taken in again elsewhere.

It makes and reads the answer `Exported`; `memory.profile.rulings` decides what of it is taken in.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from assistant.answers.profile import Exported, ExportedPreference
from assistant.errors import BadRequest
from assistant.learning.scope_words import shortened
from assistant.learning.wording import amount_of, dimension_of, scope_of, value_of
from memory.models import Preference
from memory.store import preferences

MOST = 20_000
"""Preferences in a file."""
MOST_EXAMPLES = 5
_EXAMPLE = 400
"""Characters."""


def exported(session: Session, now: datetime) -> Exported:
    """What holds now, the surest first. Of a topical one, with some of the texts that it was learned from."""
    return Exported(exported_at=now, preferences=[_told(session, row) for row in preferences.held(session)])


def rows(told: Exported) -> list[Preference]:
    """The rows of a file, checked and not kept yet. Raises: BadRequest."""
    if len(told.preferences) > MOST:
        raise BadRequest(f"A profile has at most {MOST:,} preferences, and this file {len(told.preferences):,}.")
    return [_row(one, told.exported_at) for one in told.preferences]


def _told(session: Session, row: Preference) -> ExportedPreference:
    assert row.id is not None
    texts: list[str] = []
    if row.is_topical:
        behind = preferences.evidence_of(session, row.id)
        texts = [shortened(lesson.text, _EXAMPLE) for _, lesson, is_for in behind if is_for and lesson.text]
    return ExportedPreference(
        dimension=row.dimension,
        value=row.value,
        amount=row.amount,
        kind=row.kind,
        recipient=row.recipient,
        domain=row.domain,
        source=row.source,
        topic=row.topic,
        confidence=row.confidence,
        is_pinned=row.is_pinned,
        examples=list(dict.fromkeys(texts))[:MOST_EXAMPLES],
    )


def _row(told: ExportedPreference, at: datetime) -> Preference:
    dimension = dimension_of(told.dimension)
    value = value_of(dimension, told.value)
    scope = scope_of(told.kind, told.recipient, told.domain, told.source)
    return Preference(
        dimension=dimension,
        value=value,
        amount=amount_of(dimension, value) if told.amount is None else told.amount,
        kind=scope.kind,
        recipient=scope.recipient,
        domain=scope.domain,
        source=scope.source,
        is_topical=bool(told.topic),
        topic=" ".join(told.topic.split()),
        confidence=min(max(told.confidence, 0.0), 1.0),
        is_pinned=told.is_pinned,
        by="user",
        learned_at=at,
        changed_at=at,
    )
