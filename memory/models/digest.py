"""A digest as it was built: entries with their sentences, citations and reasons. The mail is rendered from these rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, UniqueConstraint
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Digest(SQLModel, table=True):
    """Its key is (local_date, recipient, run), fixed when it is queued. Run 0 is the scheduled one."""

    __table_args__ = (UniqueConstraint("local_date", "recipient", "run"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    local_date: date = Field(index=True)
    recipient: str
    run: int = 0
    built_at: datetime = Field(sa_type=Instant)
    since: datetime = Field(sa_type=Instant)
    """Items first seen after this were candidates."""
    writer: str
    """The engine that wrote it: `extractive`, later a model's name."""
    language: str
    """Of the headings: `en`, `de`, ..."""
    zone: str
    """IANA name of the zone in which `local_date` is a day."""
    notes: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """The foot: `{"kind": "failed" | "stale" | "left_out" | "unknown_delivery" | "writer" | "language", ...}`; the
    renderer turns each kind into a sentence."""
    candidates: int = 0
    """Stories that were considered."""
    missed: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": "{}"})
    """The conversations it told of, by the ids of their items, and how much it left out; see `digest.missed`."""


class Entry(SQLModel, table=True):
    """A numbered entry of a digest: a story, or what is new in one shown before."""

    __table_args__ = (UniqueConstraint("digest_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    digest_id: int = Field(sa_column=Column(ForeignKey("digest.id", ondelete="CASCADE"), nullable=False))
    number: int
    section: str
    story_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("story.id", ondelete="SET NULL"), index=True)
    )
    title: str
    language: str = ""
    sentences: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """`{"text": str, "item_ids": [int, ...]}`, each with at least one citation."""
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    score: float
    """The ranking's probability that the user wants it, in [0, 1]."""
    is_unproven: bool = False
    is_follow_up: bool = False


class EntryItem(SQLModel, table=True):
    """An item that an entry cites; `position` counts from 1 within the entry."""

    entry_id: int = Field(sa_column=Column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True))
    item_id: int = Field(sa_column=Column(ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, index=True))
    position: int
