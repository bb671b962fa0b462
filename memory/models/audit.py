"""What was read, shown, sent, learned and erased, in order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Audit(SQLModel, table=True):
    """One event. `detail` holds ids, counts and keyed hashes, never text from outside."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)
    event: str
    """`read`, `shown`, `sent`, `learned`, `forgot`, `erased`, `migrated`, ..."""
    subject: str = ""
    """A source's name, `digest 12`, `item 40`; erase clears those it concerns."""
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
