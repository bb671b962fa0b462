"""An event, told by one or more items, that lives on while new items join it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Story(SQLModel, table=True):
    """Items about the same event. Members are the items whose `story_id` it is.

    `title` is the lead item's. `moved_at` is when its newest member that says something new joined.
    """

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    title: str
    started_at: datetime = Field(sa_type=Instant)
    moved_at: datetime = Field(sa_type=Instant, index=True)
