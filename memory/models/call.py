"""What a language model was asked and answered, and what that cost. Secrets are masked before a row is written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Call(SQLModel, table=True):
    """A prompt and its reply, kept for `log_days`."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)
    task: str
    """`chat`, `digest` or `drafts`."""
    purpose: str
    """What exactly was asked for: `reply`, `card`, `judge`, `summary`, `facts`, `story`, ..."""
    engine: str
    model: str
    messages: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    """`{"role": str, "text": str}` each."""
    reply: str = ""
    outcome: str
    """`done`, `cancelled` or `failed`."""
    error: str = ""
    prompt_tokens: int = 0
    prompt_reused: int = 0
    new_tokens: int = 0
    first_token_s: float = 0.0
    total_s: float = 0.0
    turn_id: int | None = Field(default=None, sa_column=Column(ForeignKey("turn.id", ondelete="CASCADE"), index=True))
    item_ids: list[int] = Field(default_factory=list, sa_type=JSON)
    """The items whose text was in the prompt, so that erasing them reaches it."""
    sampling: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Spending(SQLModel, table=True):
    """What a task spent on a local day."""

    day: date = Field(primary_key=True)
    task: str = Field(primary_key=True)
    calls: int = 0
    prompt_tokens: int = 0
    new_tokens: int = 0
    seconds: float = 0.0
