"""A conversation and its turns. A turn is a row before its reply begins, so that a crash loses no word of the user's."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class TurnState(StrEnum):
    WAITING = "waiting"
    """Saved; the reply is not whole. Found so at a start, it is continued when the user comes back."""
    DONE = "done"
    CANCELLED = "cancelled"
    """The user stopped the reply; what came of it is kept."""
    FAILED = "failed"
    """The model did not answer; `error` says why."""


class Conversation(SQLModel, table=True):
    """`head` and `profile` are frozen when it begins, so that the cache of its prompt stays good.

    `summary` stands for the turns up to number `summarised_to`; it is made from their transcript.
    """

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    title: str
    """The goal's statement, or the start of the first message."""
    playbook: str
    goal_id: int | None = Field(default=None, sa_column=Column(ForeignKey("goal.id", ondelete="SET NULL"), index=True))
    started_at: datetime = Field(sa_type=Instant)
    last_at: datetime = Field(sa_type=Instant, index=True)
    origin: str = "cli"
    """`cli`, `api` or `v1`."""
    head: str = ""
    """The instructions as they are sent."""
    profile: list[str] = Field(default_factory=list, sa_type=JSON)
    """What is known of the user, a line each, as of the start."""
    attachments: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """Files that were attached, read-only: `{"path": str, "sha256": str, "text": str}`."""
    summary: str = ""
    summarised_to: int = 0
    compactions: int = 0
    is_sensitive: bool = False
    """Never explored in, and never trained on."""


class Turn(SQLModel, table=True):
    """What the user said and what was answered. `number` counts from 1; an undone turn stays and is told no more."""

    __table_args__ = (UniqueConstraint("conversation_id", "number"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(sa_column=Column(ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False))
    number: int
    asked_at: datetime = Field(sa_type=Instant)
    said: str
    """The user's words, as they came."""
    state: TurnState = TurnState.WAITING
    act: str = ""
    """The dialogue act of the reply: ask, propose, do, confirm, close."""
    reply: str = ""
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str = ""
    citations: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """`{"number": int, "kind": "item" | "turn" | "fact", "id": int, "title": str, "url": str}`, as the reply numbers them."""
    context: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """What the prompt held, why, and what was left out: `sessions.context` writes it, `--explain` shows it."""
    checks: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """What the reply was checked against, and the outcome."""
    usage: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    verdict: str = ""
    """`more` or `less`, as the user said of the reply."""
    undone_at: datetime | None = Field(default=None, sa_type=Instant)


class TurnVector(SQLModel, table=True):
    """The embedding of one side of a turn, as `Vector` has it of a chunk; it goes when the turn is changed or taken back."""

    turn_id: int = Field(sa_column=Column(ForeignKey("turn.id", ondelete="CASCADE"), primary_key=True))
    is_reply: bool = Field(primary_key=True)
    embedder: str = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
