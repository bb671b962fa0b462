"""What the user said of entries. An undone word stays as a row and teaches nothing."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from memory.models import Feedback, Verb


def add(session: Session, verb: Verb, entry_id: int, now: datetime, origin: str = "cli") -> Feedback:
    said = Feedback(verb=verb, entry_id=entry_id, at=now, origin=origin)
    session.add(said)
    session.flush()
    return said


def undo(session: Session, said: Feedback, now: datetime) -> Feedback:
    said.undone_at = now
    session.add(said)
    session.flush()
    return said


def last(session: Session) -> Feedback | None:
    """What was said last and still holds."""
    return session.exec(_holding().order_by(col(Feedback.at).desc(), col(Feedback.id).desc())).first()


def of_entry(session: Session, entry_id: int) -> list[Feedback]:
    """What was said of an entry and still holds."""
    return list(session.exec(_holding().where(Feedback.entry_id == entry_id).order_by(col(Feedback.id))))


def effective(session: Session) -> list[Feedback]:
    """Everything that was said and still holds, in the order in which it was said."""
    return list(session.exec(_holding().order_by(col(Feedback.at), col(Feedback.id))))


def _holding() -> SelectOfScalar[Feedback]:
    return select(Feedback).where(col(Feedback.undone_at).is_(None))
