"""What is known of a configured source: where its cursor stands and how it fares. The configuration names it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from memory.models.types import Instant

NOTES, IMPORT = "notes", "import"
"""Names and kinds of the two sources of what the user brings: nobody polls them."""
FILES = "files"
"""The kind of the sources that read the user's own notes from a folder."""
NO_NEWS = (NOTES, IMPORT, FILES)
"""Kinds of sources whose texts are memory, but in no story and so in no digest: the user has them already."""


class Source(SQLModel, table=True):
    """A source's state, kept under the `name` the configuration gives it.

    A source taken out of the configuration keeps its row and its items; `removed_at` tells it from a live one.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str
    cursor: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    moved_to: str | None = None
    """The new address after a permanent redirect, used in place of the configured one."""
    moved_from: str | None = None
    """A print of the configured address that it replaces. Where the configuration names another by now, it does not."""
    next_poll_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    """Failed polls in a row."""
    last_error: str | None = None
    last_error_kind: str | None = None
    """`NeedsLogin`, `TryLater` or `Misconfigured`, or `Crashed` for a defect of the connector."""
    broken_since: datetime | None = Field(default=None, sa_type=Instant)
    last_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    last_success_at: datetime | None = Field(default=None, sa_type=Instant)
    last_new_item_at: datetime | None = Field(default=None, sa_type=Instant)
    rhythm_s: float | None = None
    """Smoothed seconds between polls' new items, learned from what it publishes; `None` until it is known."""
    stale_since: datetime | None = Field(default=None, sa_type=Instant)
    """Since when it answers but brings nothing new for longer than its rhythm."""
    notices: list[str] = Field(default_factory=list, sa_type=JSON)
    """Sentences of the last poll about what it skipped."""
    removed_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
