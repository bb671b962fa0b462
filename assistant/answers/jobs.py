"""The recurring work, as the API tells of it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class JobAnswer(BaseModel):
    name: str
    next_at: datetime | None
    """When it is due; `None` while there is nothing for it to do."""
    is_running: bool
    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    last_outcome: str | None = None
    failures: int = 0
    """Failed runs in a row."""
    last_error: str | None = None
    broken_since: datetime | None = None


class RanAnswer(BaseModel):
    name: str
    outcome: str
