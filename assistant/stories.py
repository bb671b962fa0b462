"""Stories: items about the same event, told once."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session


def place(session: Session, *, embedder_slug: str | None, now: datetime) -> int:
    """Put every item that has no story into one; returns how many were placed.

    Works without vectors (`embedder_slug` is `None`, or an item has none yet). The caller commits.
    """
    raise NotImplementedError
