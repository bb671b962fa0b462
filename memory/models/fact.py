"""What the user said about themselves, dated and with the words it rests on. Source text never becomes one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Fact(SQLModel, table=True):
    """A newer fact of the same `slot` supersedes an older one, which stays. A forgotten fact is deleted."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    slot: str = Field(index=True)
    """What it is about, in a word or two, case-folded: `home city`, `diet`. Empty where facts may stand side by side."""
    text: str
    """A sentence about the user: "The user lives in Porto."."""
    quote: str
    """Their own words, verbatim."""
    turn_id: int | None = Field(default=None, sa_column=Column(ForeignKey("turn.id", ondelete="SET NULL"), index=True))
    learned_at: datetime = Field(sa_type=Instant)
    valid_from: datetime = Field(sa_type=Instant)
    """From when on it is so; when it was said, unless the words tell another day."""
    by: str
    """Who read it out of the words: `rules`, `user` (told or corrected by hand), or the model's name."""
    superseded_by: int | None = Field(default=None, sa_column=Column(ForeignKey("fact.id", ondelete="SET NULL")))
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)
    used: int = 0
    confirmed: int = 0
    corrected: int = 0
