"""Mails with which the user answered a digest: taken once, answered once. `assistant.mailbox.answering` calls these verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, func, or_, select

from memory.models import Delivery, DeliveryState, Request, RequestState

ERASED = "What this answer spoke of was erased before it was sent."


def taken(session: Session, key: str) -> bool:
    """Whether the mail with this key was taken before."""
    return session.exec(select(Request.id).where(Request.key == key)).first() is not None


def add(session: Session, request: Request) -> Request:
    session.add(request)
    session.flush()
    return request


def get(session: Session, request_id: int) -> Request:
    return session.get_one(Request, request_id)


def asked(session: Session) -> list[Request]:
    """Those whose question waits, the oldest first."""
    chosen = select(Request).where(Request.state == RequestState.ASKED)
    return list(session.exec(chosen.order_by(col(Request.id))))


def count_since(session: Session, since: datetime) -> int:
    return session.exec(select(func.count(col(Request.id))).where(col(Request.at) >= since)).one()


def try_once(session: Session, request_id: int, conversation_id: int | None = None) -> None:
    """A try to answer the question begins; or it goes on in this conversation."""
    row = session.get_one(Request, request_id)
    if conversation_id is None:
        row.tries += 1
    else:
        row.conversation_id = conversation_id
    session.add(row)


def forget_words(session: Session, request_id: int) -> None:
    """Its answer was sent: what it said is in the user's mailbox, and need not be here."""
    _clear(session, session.get_one(Request, request_id))


def forget_unsent(session: Session) -> None:
    """What waits to be sent may speak of what is erased: it says no more than that."""
    unsent = select(Delivery.request_id).where(Delivery.state != DeliveryState.SENT)
    for row in session.exec(
        select(Request).where(or_(Request.state == RequestState.ASKED, col(Request.id).in_(unsent)))
    ):
        row.lines = [ERASED] if row.lines else []
        row.answer = ERASED if row.answer else ""
        session.add(row)


def forget_before(session: Session, instant: datetime) -> None:
    session.execute(delete(Request).where(col(Request.at) < instant))


def forget_about(session: Session, is_meant: Callable[[str], bool]) -> None:
    """Those that speak of someone lose their words, and are answered no more."""
    for row in session.exec(select(Request)).all():
        if is_meant("\n".join((row.subject, row.question, row.answer, *row.lines))):
            row.state = RequestState.ANSWERED
            _clear(session, row)


def _clear(session: Session, row: Request) -> None:
    row.lines, row.question, row.answer, row.subject = [], "", "", ""
    session.add(row)
