"""The mailbox both ways: the answer that was drafted to a mail, what is followed up, and what the user answered a digest."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, ForeignKey, UniqueConstraint
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class ReplyState(StrEnum):
    """drafted -> placing -> placed -> sent | answered | left. `placing` is committed before the server hears APPEND."""

    DRAFTED = "drafted"
    """The draft is in Telos alone."""
    PLACING = "placing"
    """It may lie in the Drafts folder or not: the folder says."""
    PLACED = "placed"
    LEFT = "left"
    """The user changed it there, took it away, or rejected it: it is never placed again, and what lies there is theirs."""
    SENT = "sent"
    """The user sent it."""
    ANSWERED = "answered"
    """The user answered in another way."""
    NONE = "none"
    """No draft could be made of it."""


class Reply(SQLModel, table=True):
    """A mail that awaited an answer, and the draft of one. A mail has one at most, whatever becomes of it."""

    item_id: int = Field(sa_column=Column(ForeignKey("item.id", ondelete="CASCADE"), primary_key=True))
    draft_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("draft.id", ondelete="SET NULL"), unique=True)
    )
    state: ReplyState = Field(default=ReplyState.DRAFTED, index=True)
    at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    version: int | None = None
    """The number of the draft's version that lies in the Drafts folder, or is about to."""
    folder: str = ""
    uid: int | None = None
    validity: int | None = None
    """Where the server said that it put it."""
    problem: str = ""
    """Why it is not placed, in a sentence."""


class FollowUpKind(StrEnum):
    AWAITS_ME = "awaits_me"
    """Somebody's mail that the user has not answered."""
    AWAITS_THEM = "awaits_them"
    """The user's own mail that nobody has answered."""
    PROMISED_BY_ME = "promised_by_me"
    PROMISED_TO_ME = "promised_to_me"


class FollowUp(SQLModel, table=True):
    """Something in a mail that a digest reminds of once it is due, once until the user says `later`, and not after `done`."""

    __table_args__ = (UniqueConstraint("item_id", "kind", "quote"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(sa_column=Column(ForeignKey("item.id", ondelete="CASCADE"), nullable=False))
    kind: FollowUpKind
    person: str = ""
    """Who else it concerns, as they are called."""
    quote: str = ""
    """The sentence of the promise, or the mail's subject."""
    due: date = Field(index=True)
    """The local day from which on it is told."""
    opened_at: datetime = Field(sa_type=Instant)
    told_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a digest that names it was sent; `later` clears it."""
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    how: str = ""
    """`done` by the user's word, `answered`, or `kept`."""


class RequestState(StrEnum):
    """asked -> answered. Without a question it is `answered` at once."""

    ASKED = "asked"
    ANSWERED = "answered"


class Request(SQLModel, table=True):
    """A mail of the user's that answered a digest: taken once, and answered by one mail (its `Delivery`)."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    """A keyed hash of the mail's Message-ID: the same mail is never taken again, in whatever folder or under whatever number."""
    item_id: int | None = Field(default=None, sa_column=Column(ForeignKey("item.id", ondelete="SET NULL")))
    digest_id: int | None = Field(default=None, sa_column=Column(ForeignKey("digest.id", ondelete="SET NULL")))
    state: RequestState = Field(default=RequestState.ASKED, index=True)
    at: datetime = Field(sa_type=Instant)
    message_id: str = ""
    references: list[str] = Field(default_factory=list, sa_type=JSON)
    subject: str = ""
    lines: list[str] = Field(default_factory=list, sa_type=JSON)
    """What became of each command, a paragraph each. Cleared once the answer is sent, as are the next two."""
    question: str = ""
    answer: str = ""
    conversation_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("conversation.id", ondelete="SET NULL"))
    )
    """Where the question is answered."""
    tries: int = 0
