"""Conversations and their turns. The user's words are a row before anything is done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from memory import lexical
from memory.models import Conversation, Turn, TurnState


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn that a search found, with its conversation; `score` is greater the better."""

    turn: Turn
    conversation: Conversation
    score: float


def start(session: Session, conversation: Conversation) -> Conversation:
    session.add(conversation)
    session.flush()
    return conversation


def get(session: Session, conversation_id: int) -> Conversation | None:
    return session.get(Conversation, conversation_id)


def last(session: Session) -> Conversation | None:
    """The one last spoken in."""
    return session.exec(select(Conversation).order_by(*_latest_first())).first()


def recent(session: Session, limit: int, *, goal_id: int | None = None) -> list[Conversation]:
    """The latest first."""
    chosen = select(Conversation).order_by(*_latest_first()).limit(limit)
    if goal_id is not None:
        chosen = chosen.where(Conversation.goal_id == goal_id)
    return list(session.exec(chosen))


def sensitive_goals(session: Session) -> set[int]:
    """The goals of conversations that the user marked as sensitive: what they are about belongs in no mail."""
    chosen = select(Conversation.goal_id).where(col(Conversation.is_sensitive), col(Conversation.goal_id).is_not(None))
    return {goal_id for goal_id in session.exec(chosen) if goal_id is not None}


def add_turn(session: Session, conversation: Conversation, said: str, now: datetime) -> Turn:
    """Keep what the user said as the next turn of a conversation, waiting for its reply."""
    assert conversation.id is not None
    highest = session.exec(select(func.max(Turn.number)).where(Turn.conversation_id == conversation.id)).one()
    turn = Turn(conversation_id=conversation.id, number=(highest or 0) + 1, asked_at=now, said=said)
    conversation.last_at = now
    session.add(conversation)
    session.add(turn)
    session.flush()
    lexical.put_turn(session, turn)
    return turn


def finish_turn(
    session: Session, turn_id: int, state: TurnState, now: datetime, *, reply: str = "", **fields: Any
) -> Turn:
    """Keep what came of a turn. `fields` are further columns of it, such as `citations` or `error`."""
    turn = session.get_one(Turn, turn_id)
    turn.state, turn.reply, turn.answered_at = state, reply, now
    for name, value in fields.items():
        setattr(turn, name, value)
    session.add(turn)
    session.flush()
    lexical.put_turn(session, turn)
    return turn


def wait_again(session: Session, turn: Turn) -> Turn:
    """A turn is to be answered anew: what was answered before goes."""
    turn.state, turn.reply, turn.answered_at, turn.error = TurnState.WAITING, "", None, ""
    turn.citations, turn.checks, turn.verdict = [], [], ""
    session.add(turn)
    session.flush()
    lexical.put_turn(session, turn)
    return turn


def turn(session: Session, conversation_id: int, number: int) -> Turn | None:
    chosen = select(Turn).where(Turn.conversation_id == conversation_id, Turn.number == number)
    return session.exec(chosen).first()


def get_turn(session: Session, turn_id: int) -> Turn | None:
    return session.get(Turn, turn_id)


def turns(session: Session, conversation_id: int, *, after: int = 0, with_undone: bool = False) -> list[Turn]:
    """The turns with a number over `after`, in order."""
    chosen = select(Turn).where(Turn.conversation_id == conversation_id, Turn.number > after)
    if not with_undone:
        chosen = chosen.where(col(Turn.undone_at).is_(None))
    return list(session.exec(chosen.order_by(col(Turn.number))))


def turns_saying(session: Session, said: str, limit: int, *, origin: str) -> list[Turn]:
    """Turns of conversations of that origin in which the user said just this, white space around it aside, the latest
    first."""
    blanks = " \t\r\n"
    chosen = (
        select(Turn)
        .join(Conversation, col(Conversation.id) == col(Turn.conversation_id))
        .where(
            Conversation.origin == origin,
            col(Turn.undone_at).is_(None),
            func.trim(Turn.said, blanks) == said.strip(blanks),
        )
    )
    return list(session.exec(chosen.order_by(col(Turn.id).desc()).limit(limit)))


def said(session: Session, limit: int, *, origin: str, longest: int) -> list[str]:
    """What the user said last in conversations of that origin, the latest last: without those that are sensitive, turns
    that were taken back, and messages of more than `longest` characters."""
    chosen = (
        select(Turn.said)
        .join(Conversation, col(Conversation.id) == col(Turn.conversation_id))
        .where(
            Conversation.origin == origin,
            ~col(Conversation.is_sensitive),
            col(Turn.undone_at).is_(None),
            func.length(Turn.said) <= longest,
        )
    )
    return list(session.exec(chosen.order_by(col(Turn.id).desc()).limit(limit)))[::-1]


def last_turn(session: Session, conversation_id: int) -> Turn | None:
    """The last one that was not taken back."""
    chosen = select(Turn).where(Turn.conversation_id == conversation_id, col(Turn.undone_at).is_(None))
    return session.exec(chosen.order_by(col(Turn.number).desc())).first()


def count_turns(session: Session, conversation_ids: Sequence[int]) -> dict[int, int]:
    """How many turns stand in each conversation; those without any are left out."""
    chosen = select(Turn.conversation_id, func.count()).where(
        col(Turn.conversation_id).in_(conversation_ids), col(Turn.undone_at).is_(None)
    )
    return dict(session.exec(chosen.group_by(col(Turn.conversation_id))).all())


def undo_turn(session: Session, turn: Turn, now: datetime) -> Turn:
    """Take a turn back. It stays as a row, and is neither told nor found any more."""
    turn.undone_at = now
    session.add(turn)
    session.flush()
    lexical.remove_turn(session, turn)
    return turn


def waiting(session: Session) -> list[Turn]:
    """Turns without a reply, the oldest first."""
    chosen = select(Turn).where(Turn.state == TurnState.WAITING, col(Turn.undone_at).is_(None))
    return list(session.exec(chosen.order_by(col(Turn.asked_at))))


def remember_summary(session: Session, conversation: Conversation, summary: str, to: int) -> None:
    """From now on `summary` stands for the turns up to number `to`."""
    conversation.summary, conversation.summarised_to = summary, to
    conversation.compactions += 1
    session.add(conversation)
    session.flush()


def search(session: Session, query: str, limit: int, *, without: int | None = None) -> list[Spoken]:
    """Turns that hold words of the query, the best first; `without` leaves a conversation out."""
    scores = dict(lexical.search_turns(session, query, limit * 2 if without is not None else limit))
    chosen = (
        select(Turn, Conversation)
        .join(Conversation, col(Conversation.id) == col(Turn.conversation_id))
        .where(col(Turn.id).in_(scores))
    )
    found = [
        Spoken(turn, conversation, scores[turn.id or 0])
        for turn, conversation in session.exec(chosen)
        if conversation.id != without
    ]
    return sorted(found, key=lambda one: -one.score)[:limit]


def remove(session: Session, conversation_ids: Sequence[int]) -> int:
    """Delete conversations with their turns and the calls logged for them; how many."""
    gone = session.exec(delete(Conversation).where(col(Conversation.id).in_(conversation_ids)))
    return int(gone.rowcount)


def prune(session: Session, before: datetime) -> int:
    """Delete the conversations last spoken in before an instant; how many."""
    gone = session.exec(delete(Conversation).where(col(Conversation.last_at) < before))
    return int(gone.rowcount)


def change(session: Session, conversation: Conversation, fields: Mapping[str, Any]) -> Conversation:
    for name, value in fields.items():
        setattr(conversation, name, value)
    session.add(conversation)
    session.flush()
    return conversation


def _latest_first() -> tuple[Any, Any]:
    return col(Conversation.last_at).desc(), col(Conversation.id).desc()
