"""What is known of the user from their own words, since when, and how they correct it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class FactBefore(BaseModel):
    """What was so before a fact."""

    id: int
    text: str
    valid_from: datetime
    valid_until: datetime | None = None


class FactLine(BaseModel):
    """A fact about the user. `superseded_at` is set where a newer one took its place, and `ended` says why."""

    id: int
    slot: str
    text: str
    quote: str
    learned_at: datetime
    valid_from: datetime
    is_dated: bool = False
    """Whether its words said from when on it is so; else it is so at least since it was said."""
    by: str
    conversation: int | None = None
    turn: int | None = None
    """Its number in the conversation."""
    superseded_by: int | None = None
    superseded_at: datetime | None = None
    valid_until: datetime | None = None
    ended: str | None = None
    """`contradicted`, `earlier` (it was so before a later one that was known), `corrected` or `settled`."""
    before: list[FactBefore] = []
    """What was so before it, the latest first; not what was put right."""
    in_doubt_with: list[int] = []
    """Facts that perhaps contradict it: both stand until the user says which holds."""
    used: int = 0
    confirmed: int = 0
    corrected: int = 0


class EvidenceLine(BaseModel):
    """Words of the user that a fact rests on, and what was read in them."""

    quote: str
    text: str
    at: datetime
    by: str
    conversation: int | None = None
    turn: int | None = None


class FactWhy(BaseModel):
    """A fact with all it rests on, what it took the place of, what took its place, and what it may contradict."""

    fact: FactLine
    evidence: list[EvidenceLine]
    took_the_place_of: list[FactLine]
    gave_way_to: FactLine | None = None
    in_doubt_with: list[FactLine]


class FactStrand(BaseModel):
    """The facts of one matter in the order in which they were so."""

    matter: str
    facts: list[FactLine]


class FactEdit(BaseModel):
    """`since`: from when on it is so, where that is to be changed, too."""

    text: str
    since: datetime | None = None


class NewFact(BaseModel):
    """`text` is the user's own wording, and kept as the quote, too."""

    text: str
    since: datetime | None = None


class KeepFact(BaseModel):
    """The user says that a fact holds; with `both`, that those it is in doubt with hold, too."""

    both: bool = False


class FactKept(BaseModel):
    """The fact, and those that do not hold any more by that."""

    fact: FactLine
    ended: list[FactLine]


class Forgotten(BaseModel):
    """The fact that went, and how many rows with it: those that it had superseded go, too."""

    text: str
    rows: int
