"""What is followed up: unanswered mail and promises, each told by a digest once it is due.

`assistant.mailbox.following` opens and closes them, the digest's foot tells them, the user says `done` and `later`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from memory.models import FollowUp


def open_one(session: Session, wanted: FollowUp) -> bool:
    """Keep it, unless its mail has one of this kind and text already, open or closed; whether it was new."""
    same = select(FollowUp.id).where(
        FollowUp.item_id == wanted.item_id, FollowUp.kind == wanted.kind, FollowUp.quote == wanted.quote
    )
    if session.exec(same).first() is not None:
        return False
    session.add(wanted)
    session.flush()
    return True


def get(session: Session, follow_up_id: int) -> FollowUp | None:
    return session.get(FollowUp, follow_up_id)


def standing(session: Session) -> list[FollowUp]:
    """All that are open, the first due first."""
    chosen = select(FollowUp).where(col(FollowUp.closed_at).is_(None))
    return list(session.exec(chosen.order_by(col(FollowUp.due), col(FollowUp.id))))


def to_tell(session: Session, today: date) -> list[FollowUp]:
    """The open ones that are due and that no digest told since they became so."""
    chosen = select(FollowUp).where(
        col(FollowUp.closed_at).is_(None), col(FollowUp.told_at).is_(None), col(FollowUp.due) <= today
    )
    return list(session.exec(chosen.order_by(col(FollowUp.due), col(FollowUp.id))))


def told(session: Session, follow_up_ids: Sequence[int], now: datetime) -> None:
    """A digest that names them was sent."""
    session.execute(update(FollowUp).where(col(FollowUp.id).in_(follow_up_ids)).values(told_at=now))


def close(session: Session, row: FollowUp, now: datetime, how: str) -> None:
    row.closed_at, row.how = now, how
    session.add(row)


def put_off(session: Session, row: FollowUp, until: date) -> None:
    """Tell it again, from the local day `until` on; open again if it was closed."""
    row.due, row.told_at, row.closed_at, row.how = until, None, None, ""
    session.add(row)


def forget_about(session: Session, is_meant: Callable[[str], bool]) -> None:
    """Take out those that name someone."""
    for row in session.exec(select(FollowUp)).all():
        if is_meant(f"{row.person}\n{row.quote}"):
            session.delete(row)
