"""What is known of the user from their own words, and how they correct it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class FactLine(BaseModel):
    """A fact about the user. `superseded_at` is set where a newer one took its place."""

    id: int
    slot: str
    text: str
    quote: str
    learned_at: datetime
    valid_from: datetime
    by: str
    conversation: int | None = None
    turn: int | None = None
    """Its number in the conversation."""
    superseded_by: int | None = None
    superseded_at: datetime | None = None
    used: int = 0
    confirmed: int = 0
    corrected: int = 0


class FactEdit(BaseModel):
    text: str


class NewFact(BaseModel):
    """`text` is the user's own wording, and kept as the quote, too."""

    text: str


class Forgotten(BaseModel):
    """The fact that went, and how many rows with it: those that it had superseded go, too."""

    text: str
    rows: int
