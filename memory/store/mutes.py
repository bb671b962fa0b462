"""What the user never wants to see: words, authors, sources, stories."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from memory.models import Mute, MuteKind


def add(session: Session, kind: MuteKind, value: str, now: datetime, entry_id: int | None = None) -> Mute:
    """Mute a value; one that is muted already stays as it is."""
    mute = find(session, kind, value) or Mute(kind=kind, value=value, at=now, entry_id=entry_id)
    session.add(mute)
    session.flush()
    return mute


def find(session: Session, kind: MuteKind, value: str) -> Mute | None:
    """The mute of this value that holds."""
    chosen = select(Mute).where(Mute.kind == kind, Mute.value == value, col(Mute.undone_at).is_(None))
    return session.exec(chosen).first()


def undo(session: Session, mute: Mute, now: datetime) -> Mute:
    mute.undone_at = now
    session.add(mute)
    session.flush()
    return mute


def last(session: Session) -> Mute | None:
    """The one that was added last and still holds."""
    return session.exec(
        select(Mute).where(col(Mute.undone_at).is_(None)).order_by(col(Mute.at).desc(), col(Mute.id).desc())
    ).first()


def effective(session: Session) -> list[Mute]:
    """All that hold, in the order in which they were added."""
    chosen = select(Mute).where(col(Mute.undone_at).is_(None)).order_by(col(Mute.at), col(Mute.id))
    return list(session.exec(chosen))
