"""What is followed up of the user's mail, and how the mailbox fares."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

FollowUpName = Literal["awaits_me", "awaits_them", "promised_by_me", "promised_to_me"]


class FollowUpLine(BaseModel):
    """`quote` is the sentence of a promise, or the subject of a mail. It is called `f` and its id."""

    id: int
    kind: FollowUpName
    person: str
    quote: str
    due: date
    """The local day from which on a digest tells it."""
    item: int
    is_open: bool = True


class Later(BaseModel):
    days: int | None = Field(default=None, ge=1, le=365)


class MailboxStatus(BaseModel):
    """The answers that wait for the user, those of them in a Drafts folder, and what is followed up."""

    drafted: int = 0
    placed: int = 0
    following: int = 0
    questions: int = 0
    """Answers to the digest that Telos still works on."""
    problems: list[str] = Field(default_factory=list)
