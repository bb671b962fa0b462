"""What a conversation is for: a goal's card in all its versions, what the sources brought to it, and how it was judged."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, UniqueConstraint
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class GoalStatus(StrEnum):
    OPEN = "open"
    ACHIEVED = "achieved"
    ABANDONED = "abandoned"
    EXPIRED = "expired"


class Goal(SQLModel, table=True):
    """`card` is the latest version of it (`assistant.sessions.goal.Card` as JSON); `GoalVersion` keeps them all."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    statement: str
    status: GoalStatus = Field(default=GoalStatus.OPEN, index=True)
    is_standing: bool = False
    """Stays open; new items that match it are put on its card and in the digest."""
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str = ""
    """`user`, `judge` or `clock`."""
    deadline: datetime | None = Field(default=None, sa_type=Instant)
    version: int = 1
    card: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    turns_used: int = 0
    tokens_used: int = 0


class GoalVersion(SQLModel, table=True):
    """The card as it was from `at` on, and why it changed: the turn, or a word such as `edited`."""

    goal_id: int = Field(sa_column=Column(ForeignKey("goal.id", ondelete="CASCADE"), primary_key=True))
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)
    turn_id: int | None = Field(default=None, sa_column=Column(ForeignKey("turn.id", ondelete="SET NULL")))
    why: str = ""
    card: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class GoalItem(SQLModel, table=True):
    """An item that matched a standing goal, and why."""

    goal_id: int = Field(sa_column=Column(ForeignKey("goal.id", ondelete="CASCADE"), primary_key=True))
    item_id: int = Field(sa_column=Column(ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, index=True))
    at: datetime = Field(sa_type=Instant)
    score: float
    """In [0, 1]."""
    reason: str
    """The words in common, such as "cassini, saturn"; empty where meaning alone joins them."""


class Score(SQLModel, table=True):
    """What a judge made of a goal's transcript, or what the user said of it (`judge` is `user`)."""

    __table_args__ = (UniqueConstraint("goal_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    goal_id: int = Field(sa_column=Column(ForeignKey("goal.id", ondelete="CASCADE"), nullable=False, index=True))
    at: datetime = Field(sa_type=Instant)
    judge: str
    """`user`, `rules`, or the model's name."""
    overall: float
    """0 to 10."""
    verdicts: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """A criterion each: `{"criterion": str, "is_met": bool, "quotes": [str], "turns": [int], "why": str}`."""
    dimensions: dict[str, float | None] = Field(default_factory=dict, sa_type=JSON)
    """Sotopia's seven (arXiv 2310.11667, section 3): goal, believability, knowledge, secret, relationship, social_rules,
    financial; `None` where not judged."""
