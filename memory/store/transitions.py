"""Transitions: what each turn was to the planner, in episodes, and the rewards that came to them late.

Whoever writes one holds the turn's own transaction; nobody else writes SQL on them. It knows bytes, not vectors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from memory.models import Conversation, Transition, Turn

_VECTORS: Any = (Transition.state, Transition.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What there is of one model's transitions. `rewarded` have a known reward, `episodes` at least one such."""

    transitions: int = 0
    steered: int = 0
    explored: int = 0
    simulated: int = 0
    rewarded: int = 0
    episodes: int = 0
    newest_at: datetime | None = None


def keep(session: Session, transition: Transition) -> Transition:
    """Keep it, in the place of what the same turn had before: a turn that is answered anew has one."""
    if transition.turn_id is not None:
        session.exec(delete(Transition).where(col(Transition.turn_id) == transition.turn_id))
    session.add(transition)
    session.flush()
    return transition


def of_turn(session: Session, turn_id: int) -> Transition | None:
    return session.exec(select(Transition).where(Transition.turn_id == turn_id)).first()


def of_conversation(session: Session, conversation_id: int) -> list[Transition]:
    """In order. Their vectors are not read before they are asked for."""
    chosen = select(Transition).where(Transition.conversation_id == conversation_id).options(*map(defer, _VECTORS))
    return list(session.exec(chosen.order_by(col(Transition.step))))


def conversations(session: Session) -> list[Conversation]:
    """Those that have any, the latest first."""
    known = select(Transition.conversation_id).where(col(Transition.conversation_id).is_not(None)).distinct()
    chosen = select(Conversation).where(col(Conversation.id).in_(known))
    return list(session.exec(chosen.order_by(col(Conversation.last_at).desc())))


def episodes(session: Session, fingerprint: str, most: int) -> Iterator[list[Transition]]:
    """The episodes of a model's transitions, the latest first and each in order, until `most` transitions were told."""
    newest = func.max(Transition.id)
    chosen = select(Transition.episode).where(Transition.fingerprint == fingerprint)
    told = 0
    for episode in session.exec(chosen.group_by(col(Transition.episode)).order_by(newest.desc())).all():
        steps = select(Transition).where(Transition.episode == episode, Transition.fingerprint == fingerprint)
        found = list(session.exec(steps.order_by(col(Transition.step))))
        told += len(found)
        if told > most:
            return
        yield found


def held(session: Session, fingerprint: str) -> Held:
    """What there is for a model."""
    own = Transition.fingerprint == fingerprint

    def number(*conditions: Any) -> int:
        return session.exec(select(func.count()).select_from(Transition).where(own, *conditions)).one()

    is_rewarded = col(Transition.reward).is_not(None)
    with_reward = select(func.count(func.distinct(Transition.episode))).where(own, is_rewarded)
    return Held(
        transitions=number(),
        steered=number(col(Transition.action).is_not(None)),
        explored=number(Transition.noise > 0),
        simulated=number(col(Transition.is_simulated)),
        rewarded=number(is_rewarded),
        episodes=session.exec(with_reward).one(),
        newest_at=session.exec(select(func.max(Transition.at)).where(own)).one(),
    )


def leading_to_a_reward(session: Session, fingerprint: str) -> int:
    """How many of a model's transitions have a reward, or a later step of their episode has one; by their weights."""
    known = (
        select(col(Transition.episode).label("episode"), func.max(Transition.step).label("last"))
        .where(Transition.fingerprint == fingerprint, col(Transition.reward).is_not(None))
        .group_by(col(Transition.episode))
        .subquery()
    )
    chosen = (
        select(func.sum(Transition.weight))
        .select_from(Transition)
        .join(known, known.c.episode == col(Transition.episode))
        .where(Transition.fingerprint == fingerprint, col(Transition.step) <= known.c.last)
    )
    return int(session.exec(chosen).one() or 0)


def state_bytes(session: Session, fingerprint: str) -> int:
    """How large a state of this model is; 0 where there is none."""
    chosen = select(func.length(Transition.state)).where(Transition.fingerprint == fingerprint).limit(1)
    return session.exec(chosen).first() or 0


def acted(session: Session, fingerprint: str, most: int) -> list[Transition]:
    """Those of a model that were steered, the latest first."""
    chosen = select(Transition).where(Transition.fingerprint == fingerprint, col(Transition.action).is_not(None))
    return list(session.exec(chosen.order_by(col(Transition.id).desc()).limit(most)))


def reward(session: Session, transition: Transition, value: float | None, sources: Sequence[dict[str, Any]]) -> bool:
    """Set the reward, or take it back; whether that changed anything."""
    after = (value, list(sources), value is not None)
    if (transition.reward, transition.reward_from, transition.done) == after:
        return False
    transition.reward, transition.reward_from, transition.done = after
    session.add(transition)
    session.flush()
    return True


def remove_turn(session: Session, turn_id: int) -> None:
    """The turn was taken back."""
    session.exec(delete(Transition).where(col(Transition.turn_id) == turn_id))


def forget_from(session: Session, turn_ids: Collection[int]) -> None:
    """Delete those of these turns and of the later ones in their conversations, whose states have seen them, too."""
    first: dict[int, int] = {}
    for start in range(0, len(turn_ids), 500):
        part = col(Turn.id).in_(list(turn_ids)[start : start + 500])
        for conversation_id, number in session.exec(select(Turn.conversation_id, Turn.number).where(part)):
            first[conversation_id] = min(first.get(conversation_id, number), number)
    for conversation_id, number in first.items():
        later = (col(Transition.conversation_id) == conversation_id, col(Transition.step) >= number)
        session.exec(delete(Transition).where(*later))


def forget_conversations(session: Session, conversation_ids: Collection[int]) -> None:
    """Delete all of these conversations: what their prompts began with was erased."""
    for start in range(0, len(conversation_ids), 500):
        part = list(conversation_ids)[start : start + 500]
        session.exec(delete(Transition).where(col(Transition.conversation_id).in_(part)))


def forget_goals(session: Session, goal_ids: Collection[int]) -> None:
    """Delete what was simulated with these goals: words were erased that its prompts began with."""
    for start in range(0, len(goal_ids), 500):
        part = list(goal_ids)[start : start + 500]
        session.exec(delete(Transition).where(col(Transition.goal_id).in_(part)))


def prune(session: Session, before: datetime) -> int:
    """Delete those made before an instant; how many."""
    return int(session.exec(delete(Transition).where(col(Transition.at) < before)).rowcount)
