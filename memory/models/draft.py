"""What Telos drafted and what the user made of it. Every version is kept; the text of one never changes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class DraftKind(StrEnum):
    """What kind of text it is. Lessons about one kind say little about another."""

    MAIL = "mail"
    REPLY = "reply"
    DOCUMENT = "document"
    NOTE = "note"
    DIGEST = "digest"
    """An entry of a digest."""
    CHAT = "chat"
    """A reply in a conversation."""


class DraftState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    """Final by the user's word. It is sent only by another one; where it is then stands in its `Delivery`."""
    REJECTED = "rejected"


class Draft(SQLModel, table=True):
    """`context` is what decides which preferences hold: `memory.profile.context.Context` without its vector.

    `vector` is the meaning of `context["text"]`, packed float32, by the embedder `embedder`; `None` until it was embedded.
    """

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    kind: DraftKind = Field(index=True)
    state: DraftState = Field(default=DraftState.OPEN, index=True)
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant, index=True)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    recipients: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """`{"name": str, "address": str}`, the first one first; an address may be empty where only a name is known."""
    about: str = ""
    """What the user asked for, in their words."""
    points: list[str] = Field(default_factory=list, sa_type=JSON)
    item_ids: list[int] = Field(default_factory=list, sa_type=JSON)
    fact_ids: list[int] = Field(default_factory=list, sa_type=JSON)
    incoming: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Of a reply: `{"message_id", "references", "sender", "recipients", "subject", "date", "text"}` of what it answers."""
    entry_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("entry.id", ondelete="SET NULL"), index=True)
    )
    turn_id: int | None = Field(default=None, sa_column=Column(ForeignKey("turn.id", ondelete="SET NULL"), index=True))
    language: str = ""
    context: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    vector: bytes | None = Field(default=None, sa_type=LargeBinary)
    embedder: str = ""


class DraftVersion(SQLModel, table=True):
    """`number` counts from 1. `by` is `telos` or `user`."""

    __table_args__ = (UniqueConstraint("draft_id", "number"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    draft_id: int = Field(sa_column=Column(ForeignKey("draft.id", ondelete="CASCADE"), nullable=False))
    number: int
    at: datetime = Field(sa_type=Instant)
    by: str
    subject: str = ""
    text: str
    writer: str = ""
    """The engine that wrote it, where `by` is `telos`."""
    gaps: list[str] = Field(default_factory=list, sa_type=JSON)
    """What is missing, each marked `[...]` in the text."""
    used: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """The preferences it was written by: `{"preference": int | None, "dimension": str, "value": str}`."""
    notes: list[str] = Field(default_factory=list, sa_type=JSON)
    """Sentences on what was left out, and why."""
