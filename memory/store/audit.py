"""The audit log: what was read, shown, sent, learned and erased. It holds ids, counts and hashes, never outside text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from memory.models import Audit


def record(session: Session, event: str, subject: str = "", *, at: datetime, **detail: Any) -> None:
    """Note an event, such as `record(session, "sent", "digest 12", at=now, entries=10)`."""
    session.add(Audit(at=at, event=event, subject=subject, detail=detail))
    session.flush()


def latest(session: Session, limit: int, event: str | None = None) -> list[Audit]:
    """The last events, the newest first."""
    chosen = select(Audit)
    if event is not None:
        chosen = chosen.where(Audit.event == event)
    return list(session.exec(chosen.order_by(col(Audit.at).desc(), col(Audit.id).desc()).limit(limit)))
