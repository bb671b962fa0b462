"""Drafts on their way out, or lost on it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class DraftDelivery(BaseModel):
    """A draft that waits to be sent, failed, or of which nobody knows whether it arrived."""

    draft: int
    to: list[str]
    subject: str
    state: Literal["queued", "sending", "sent", "failed", "unknown"]
    attempts: int
    next_attempt_at: datetime | None
    error: str
    """Why it is not sent, or not yet, and what to do."""
