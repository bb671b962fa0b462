"""What was read: an item, its versions, the chunks they are indexed in, the chunks' vectors.

Text lives in `Version` alone; `Chunk` holds offsets into it. What remains to be done with a version is its `stage`,
so that a crash between any two steps loses nothing and repeats nothing: each step takes the versions of one stage,
does its idempotent work and moves them on. The id of an item or chunk that is gone is never given to another: digests
cite the one, and the vector indexes outside the database know the other by it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Stage(StrEnum):
    """How far a version has come on its way into the indexes, in order."""

    STORED = "stored"
    """The row is there."""
    CHUNKED = "chunked"
    """Chunks and full text are there."""
    EMBEDDED = "embedded"
    """Each chunk has its vector row."""
    INDEXED = "indexed"
    """The vectors are in Chroma and the item is in a story."""


class Item(SQLModel, table=True):
    """One thing that a source published. Its identity is (source, external_id, generation)."""

    __table_args__ = (
        UniqueConstraint("source_id", "external_id", "generation"),
        Index("item_by_time", "published_at"),
        Index("item_by_canonical_url", "canonical_url"),
        Index("item_by_story", "story_id"),
        Index("item_by_thread", "source_id", "thread_id", "published_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(sa_column=Column(ForeignKey("source.id"), nullable=False, index=True))
    external_id: str
    generation: int = 0
    kind: str
    thread_id: str = ""
    url: str = ""
    canonical_url: str = ""
    """`url` without tracking parameters, fragments and default ports, for identity; empty if there is none."""
    authors: list[str] = Field(default_factory=list, sa_type=JSON)
    topics: list[str] = Field(default_factory=list, sa_type=JSON)
    language: str = ""
    private: bool = False
    to_me: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    """It speaks to the user: a mention, a direct message, a mail to them."""
    by_me: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    """The user wrote it: it is remembered, and is no news to them."""
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": "{}"})
    """Facts of its kind, small and of JSON: a score, the recipients of a mail."""
    published_at: datetime = Field(sa_type=Instant)
    """The source's date where it gives a credible one, else `first_seen_at`."""
    first_seen_at: datetime = Field(sa_type=Instant)
    story_id: int | None = Field(default=None, sa_column=Column(ForeignKey("story.id")))
    hidden_at: datetime | None = Field(default=None, sa_type=Instant)
    """Set by `forget`: out of recall and learning until it is undone."""
    deleted_at: datetime | None = Field(default=None, sa_type=Instant)
    """Set when it went away upstream."""


class Version(SQLModel, table=True):
    """A text that an item had. The one with the greatest `ord` is current."""

    __table_args__ = (UniqueConstraint("item_id", "ord"), Index("version_by_stage", "stage"))

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(sa_column=Column(ForeignKey("item.id", ondelete="CASCADE"), nullable=False))
    ord: int = 0
    revision: str = ""
    title: str
    text: str
    html: str = ""
    links: list[str] = Field(default_factory=list, sa_type=JSON)
    digest: str
    """SHA-256 of title and text: an equal one is no new version."""
    updated_at: datetime | None = Field(default=None, sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    stage: Stage = Stage.STORED
    shortened_at: datetime | None = Field(default=None, sa_type=Instant)
    """Set when a summary took the place of an old text; `digest` stays that of the whole one."""


class Chunk(SQLModel, table=True):
    """Characters `start` to `end` of a version's text; the title is put before them when they are embedded."""

    __table_args__ = (UniqueConstraint("version_id", "ord"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    version_id: int = Field(sa_column=Column(ForeignKey("version.id", ondelete="CASCADE"), nullable=False))
    ord: int
    start: int
    end: int


class Vector(SQLModel, table=True):
    """A chunk's embedding: float32, little endian, unit length. `embedder` is `Embedder.slug`."""

    chunk_id: int = Field(sa_column=Column(ForeignKey("chunk.id", ondelete="CASCADE"), primary_key=True))
    embedder: str = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
