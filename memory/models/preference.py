"""What the user prefers, where, and since when. It follows from evidence, or is the user's own word; history stays."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class PreferenceState(StrEnum):
    HELD = "held"
    RETIRED = "retired"
    """Its evidence was undone, or speaks for another value now. It may come back."""
    FORGOTTEN = "forgotten"
    """On the user's word: the evidence it had teaches nothing any more."""


class Preference(SQLModel, table=True):
    """`kind`, `recipient`, `domain`, `source` are its scope: empty means any. A topical one holds near its evidence only:
    `topic` is the words that name what that is about, and `anchor` the first lesson of it, by which it stays the same one.
    """

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    dimension: str = Field(index=True)
    value: str
    amount: float | None = None
    kind: str = ""
    recipient: str = ""
    domain: str = ""
    source: str = ""
    is_topical: bool = False
    topic: str = ""
    anchor: int | None = None
    state: PreferenceState = Field(default=PreferenceState.HELD, index=True)
    confidence: float = 0.0
    """That it is what the user wants here, in [0, 1]; 1 for what the user said or pinned."""
    is_pinned: bool = False
    by: str = "evidence"
    """`evidence`, or `user` for what was written, changed or imported by hand."""
    learned_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    used: int = 0
    """Drafts it was used in."""


class PreferenceEvidence(SQLModel, table=True):
    """Which evidence a preference rests on, and whether for it or against."""

    preference_id: int = Field(sa_column=Column(ForeignKey("preference.id", ondelete="CASCADE"), primary_key=True))
    evidence_id: int = Field(
        sa_column=Column(ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    is_for: bool = True


class PreferenceChange(SQLModel, table=True):
    """Its history. `what`: learned, strengthened, weakened, widened, narrowed, retired, returned, pinned, unpinned, edited,
    forgotten, imported."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    preference_id: int = Field(
        sa_column=Column(ForeignKey("preference.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    at: datetime = Field(sa_type=Instant)
    what: str
    before: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    after: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    lesson_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("lesson.id", ondelete="SET NULL"), index=True)
    )
