"""What the user's texts teach: a lesson for each edit, and the evidence that was read in it. Preferences follow from these.

Undone lessons stay, with their time, and teach nothing.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, LargeBinary
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class LessonOrigin(StrEnum):
    EDIT = "edit"
    """The user changed what Telos wrote."""
    ACCEPTED = "accepted"
    """The user approved it as it was."""
    OWN_TEXT = "own_text"
    """A text of the user's own, from before: `telos profile learn --from`."""


class Lesson(SQLModel, table=True):
    """From `kind` on: the context it was learned in, as `memory.profile.context.Context` has it."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)
    origin: LessonOrigin
    draft_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("draft.id", ondelete="SET NULL"), index=True)
    )
    from_version: int | None = None
    to_version: int | None = None
    cost: int = 0
    """Word-level Levenshtein distance between what Telos wrote and what the user made of it."""
    words: int = 0
    """Of the text as the user left it."""
    line: str = ""
    """What was announced, without its undo."""
    announced_at: datetime | None = Field(default=None, sa_type=Instant)
    undone_at: datetime | None = Field(default=None, sa_type=Instant)
    kind: str = Field(index=True)
    recipient: str = ""
    domain: str = ""
    source: str = ""
    language: str = ""
    text: str = ""
    """What the text was about: what was embedded."""
    vector: bytes | None = Field(default=None, sa_type=LargeBinary)
    embedder: str = ""


class Evidence(SQLModel, table=True):
    """One value of one dimension, read in one lesson. `is_active`: the user's own hand made it so, and did not just let it be."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    lesson_id: int = Field(sa_column=Column(ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False, index=True))
    dimension: str = Field(index=True)
    """Such as `greeting`, `layout`, `length`, `term/utilize`."""
    value: str
    amount: float | None = None
    """Of dimensions that are measured; values near each other agree."""
    before: str = ""
    """The value that the draft had; empty where it showed none."""
    is_active: bool = True
    strength: float = 1.0
    """In (0, 1]: how plainly the text shows it."""
    quote_before: str = ""
    quote_after: str = ""
    by: str = "rules"
    """Who read it: `rules`, or a model's name."""
