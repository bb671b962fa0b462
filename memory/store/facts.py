"""Facts about the user. A newer one of the same slot supersedes an older one, which stays; a forgotten one is deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, or_, select

from memory.models import Fact


def add(session: Session, fact: Fact) -> Fact:
    """Keep a fact. The same said again confirms the one that is there; another of its slot supersedes it.

    Returns the fact that holds now.
    """
    held = _of_slot(session, fact.slot) if fact.slot else _same_text(session, fact.text)
    if held is not None and _plain(held.text) == _plain(fact.text):
        held.confirmed += 1
        session.add(held)
        session.flush()
        return held
    session.add(fact)
    session.flush()
    if held is not None:
        held.superseded_by, held.superseded_at = fact.id, fact.learned_at
        session.add(held)
        session.flush()
    return fact


def current(session: Session, *, limit: int = 1000) -> list[Fact]:
    """Those that hold now, the latest learned first."""
    chosen = select(Fact).where(col(Fact.superseded_at).is_(None))
    return list(session.exec(chosen.order_by(col(Fact.learned_at).desc(), col(Fact.id).desc()).limit(limit)))


def every(session: Session) -> list[Fact]:
    """Superseded ones as well, the latest learned first."""
    return list(session.exec(select(Fact).order_by(col(Fact.learned_at).desc(), col(Fact.id).desc())))


def get(session: Session, fact_id: int) -> Fact | None:
    return session.get(Fact, fact_id)


def of_turn(session: Session, turn_id: int) -> list[Fact]:
    return list(session.exec(select(Fact).where(Fact.turn_id == turn_id).order_by(col(Fact.id))))


def correct(session: Session, fact: Fact, text: str, now: datetime) -> Fact:
    """The user's own wording takes the fact's place; the one before stays, superseded."""
    corrected = Fact(
        slot=fact.slot,
        text=text,
        quote=text,
        turn_id=fact.turn_id,
        learned_at=now,
        valid_from=fact.valid_from,
        by="user",
        corrected=fact.corrected + 1,
    )
    session.add(corrected)
    session.flush()
    fact.superseded_by, fact.superseded_at = corrected.id, now
    session.add(fact)
    session.flush()
    return corrected


def withdraw(session: Session, turn_id: int) -> list[Fact]:
    """Take back what a turn taught: its facts are deleted, and those they had superseded hold again, unless another took
    the place of theirs meanwhile. Returns the deleted."""
    taught = of_turn(session, turn_id)
    ids = [fact.id for fact in taught]
    for fact in reversed(taught):  # the latest first, so that a chain within the turn is passed on to its beginning
        heirs = {"superseded_by": fact.superseded_by, "superseded_at": fact.superseded_at}
        session.exec(update(Fact).where(col(Fact.superseded_by) == fact.id).values(heirs))
    session.flush()
    session.exec(delete(Fact).where(col(Fact.id).in_(ids)))
    session.flush()
    return taught


def forget(session: Session, fact: Fact) -> int:
    """Delete a fact with those that it superseded, so that none of them comes back; how many."""
    gone, wave = {fact.id}, {fact.id}
    while wave:
        older = session.exec(select(Fact.id).where(col(Fact.superseded_by).in_(wave)))
        wave = set(older) - gone
        gone |= wave
    session.exec(delete(Fact).where(col(Fact.id).in_(gone)))
    session.flush()
    return len(gone)


def count_use(session: Session, fact_ids: Collection[int]) -> None:
    session.exec(update(Fact).where(col(Fact.id).in_(fact_ids)).values(used=Fact.used + 1))


def _of_slot(session: Session, slot: str) -> Fact | None:
    chosen = select(Fact).where(Fact.slot == slot, col(Fact.superseded_at).is_(None))
    return session.exec(chosen.order_by(col(Fact.id).desc())).first()


def _same_text(session: Session, text: str) -> Fact | None:
    held = select(Fact).where(col(Fact.superseded_at).is_(None), or_(Fact.slot == "", col(Fact.slot).is_(None)))
    return next((fact for fact in session.exec(held) if _plain(fact.text) == _plain(text)), None)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")
