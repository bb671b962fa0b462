"""What the user said about themselves, dated and with the words it rests on. Source text never becomes one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, UniqueConstraint
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Ended(StrEnum):
    """Why a fact holds no more."""

    CONTRADICTED = "contradicted"
    """A newer one says otherwise: it was so until then."""
    EARLIER = "earlier"
    """It was told when a later one was known already: it was so before that."""
    CORRECTED = "corrected"
    """The user put it right: it never was so."""
    SETTLED = "settled"
    """The user was asked which of two holds, and it was the other."""


class Fact(SQLModel, table=True):
    """A newer fact of the same matter supersedes an older one, which stays. A forgotten fact is deleted."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    slot: str = Field(index=True)
    """What it is about, in a word or two, case-folded: `home city`, `diet`. Empty where facts may stand side by side."""
    text: str
    """A sentence about the user: "The user lives in Porto."."""
    quote: str
    """Their own words, verbatim; the first, where it was said again."""
    turn_id: int | None = Field(default=None, sa_column=Column(ForeignKey("turn.id", ondelete="SET NULL"), index=True))
    learned_at: datetime = Field(sa_type=Instant)
    valid_from: datetime = Field(sa_type=Instant)
    """From when on it is so; when it was said, unless the words tell another day."""
    by: str
    """Who read it out of the words: `rules`, `user` (told or corrected by hand), or the model's name."""
    superseded_by: int | None = Field(default=None, sa_column=Column(ForeignKey("fact.id", ondelete="SET NULL")))
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it became known that it holds no more."""
    valid_until: datetime | None = Field(default=None, sa_type=Instant)
    """Until when it was so, as far as is known; not before `valid_from`."""
    ended: str | None = None
    """One of `Ended`; none while it holds, and where an older database did not tell."""
    used: int = 0
    """In so many turns and drafts it stood in the prompt or the answer."""
    confirmed: int = 0
    """So often the user said it again, or said that it is right."""
    corrected: int = 0
    """So often it was superseded, or edited by the user; the wording that takes its place then goes on counting."""


class FactEvidence(SQLModel, table=True):
    """Words of the user that a fact rests on: those it was learned from, and those that said it again."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    fact_id: int = Field(sa_column=Column(ForeignKey("fact.id", ondelete="CASCADE"), nullable=False, index=True))
    text: str
    """The sentence about the user as these words were read."""
    quote: str
    turn_id: int | None = Field(default=None, sa_column=Column(ForeignKey("turn.id", ondelete="SET NULL"), index=True))
    at: datetime = Field(sa_type=Instant)
    valid_from: datetime = Field(sa_type=Instant)
    by: str


class FactDoubt(SQLModel, table=True):
    """Two facts that may contradict each other: both stand until the user says which holds, or that both do."""

    __table_args__ = (UniqueConstraint("fact_id", "other_id"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    fact_id: int = Field(sa_column=Column(ForeignKey("fact.id", ondelete="CASCADE"), nullable=False, index=True))
    """The one that was learned later."""
    other_id: int = Field(sa_column=Column(ForeignKey("fact.id", ondelete="CASCADE"), nullable=False, index=True))
    at: datetime = Field(sa_type=Instant)
    asked_in: int | None = Field(default=None, sa_column=Column(ForeignKey("turn.id", ondelete="SET NULL")))
    """The turn whose reply asked."""
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
