"""The outbox: what is to be sent, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class DeliveryState(StrEnum):
    """queued -> sending -> sent | queued (back-off) | failed | unknown. `sending` is committed before DATA."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Delivery(SQLModel, table=True):
    """A digest, a draft, or the answer to a mail of the user's, on its way. A resend puts the same row back to `queued`."""

    __table_args__ = (
        CheckConstraint(
            "CASE WHEN digest_id IS NULL THEN 0 ELSE 1 END + CASE WHEN draft_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN request_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_is_delivered",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    digest_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("digest.id", ondelete="CASCADE"), unique=True)
    )
    draft_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("draft.id", ondelete="CASCADE"), unique=True)
    )
    request_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("request.id", ondelete="CASCADE"), unique=True)
    )
    draft_version: int | None = None
    """The number of the version that the user sent: no other one goes out."""
    state: DeliveryState = Field(default=DeliveryState.QUEUED, index=True)
    attempts: int = 0
    next_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    give_up_at: datetime = Field(sa_type=Instant)
    last_error: str | None = None
    answer: str | None = None
    """How it was taken: the mail server's words, or the file it was written to instead."""
    queued_at: datetime = Field(sa_type=Instant)
    sending_at: datetime | None = Field(default=None, sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    reported_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a later digest named this one as failed or unknown."""
