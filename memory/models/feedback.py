"""What the user said of an entry, and what they never want to see."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Verb(StrEnum):
    MORE = "more"
    LESS = "less"
    KEEP = "keep"
    DROP = "drop"


class MuteKind(StrEnum):
    WORD = "word"
    AUTHOR = "author"
    SOURCE = "source"
    STORY = "story"


class Feedback(SQLModel, table=True):
    """A verb on an entry. An undone one stays, with its time, and teaches nothing."""

    id: int | None = Field(default=None, primary_key=True)
    verb: Verb
    entry_id: int = Field(sa_column=Column(ForeignKey("entry.id", ondelete="CASCADE"), nullable=False, index=True))
    at: datetime = Field(sa_type=Instant)
    origin: str = "cli"
    """`cli`, `api` or `mail`."""
    undone_at: datetime | None = Field(default=None, sa_type=Instant)


class Mute(SQLModel, table=True):
    """A word, author, source name or story id that is left out of every digest."""

    id: int | None = Field(default=None, primary_key=True)
    kind: MuteKind
    value: str
    """The word or author case-folded, the source's name, or the story's id in decimal."""
    at: datetime = Field(sa_type=Instant)
    entry_id: int | None = Field(default=None, sa_column=Column(ForeignKey("entry.id", ondelete="SET NULL")))
    undone_at: datetime | None = Field(default=None, sa_type=Instant)
