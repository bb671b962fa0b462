"""When each job is next due and how it fares, and the few facts about this home that are not configuration."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Job(SQLModel, table=True):
    """A recurring piece of work. Sources carry their own schedule in `Source`."""

    name: str = Field(primary_key=True)
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    last_started_at: datetime | None = Field(default=None, sa_type=Instant)
    last_finished_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    last_error: str | None = None
    broken_since: datetime | None = Field(default=None, sa_type=Instant)
    last_outcome: str | None = None
    """One sentence about the last run that ended well."""


class Setting(SQLModel, table=True):
    """A fact about this home: the embedder that serves, until when the digest is paused."""

    name: str = Field(primary_key=True)
    value: Any = Field(default=None, sa_type=JSON)
