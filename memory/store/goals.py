"""Goals and every version of their cards, what the sources brought to them, and how they were judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from memory.models import Goal, GoalItem, GoalStatus, GoalVersion, Score


def create(session: Session, goal: Goal, *, turn_id: int | None = None, why: str = "begun") -> Goal:
    """Keep a goal with its card as version 1."""
    session.add(goal)
    session.flush()
    _keep_version(session, goal, goal.created_at, why, turn_id)
    return goal


def get(session: Session, goal_id: int) -> Goal | None:
    return session.get(Goal, goal_id)


def every(session: Session, *, status: GoalStatus | None = None, limit: int = 1000) -> list[Goal]:
    """The last changed first."""
    chosen = select(Goal).order_by(col(Goal.changed_at).desc(), col(Goal.id).desc()).limit(limit)
    if status is not None:
        chosen = chosen.where(Goal.status == status)
    return list(session.exec(chosen))


def open_goals(session: Session) -> list[Goal]:
    return every(session, status=GoalStatus.OPEN)


def standing(session: Session) -> list[Goal]:
    """Those that new items are held against."""
    return [goal for goal in open_goals(session) if goal.is_standing]


def due(session: Session, until: datetime) -> list[Goal]:
    """Open goals whose deadline comes before an instant, the nearest first."""
    chosen = select(Goal).where(Goal.status == GoalStatus.OPEN, col(Goal.deadline) < until)
    return list(session.exec(chosen.order_by(col(Goal.deadline))))


def update_card(
    session: Session, goal: Goal, card: Mapping[str, Any], now: datetime, *, why: str, turn_id: int | None = None
) -> Goal:
    """Another version of a goal's card; the one before stays as a row. An equal card changes nothing."""
    if dict(card) == goal.card:
        return goal
    goal.card, goal.version, goal.changed_at = dict(card), goal.version + 1, now
    session.add(goal)
    session.flush()
    _keep_version(session, goal, now, why, turn_id)
    return goal


def change(session: Session, goal: Goal, now: datetime, **fields: Any) -> Goal:
    """Set columns other than the card."""
    for name, value in fields.items():
        setattr(goal, name, value)
    goal.changed_at = now
    session.add(goal)
    session.flush()
    return goal


def spend(session: Session, goal: Goal, *, turns: int, tokens: int) -> None:
    goal.turns_used += turns
    goal.tokens_used += tokens
    session.add(goal)
    session.flush()


def close(session: Session, goal: Goal, status: GoalStatus, now: datetime, *, by: str) -> Goal:
    """End a goal, or open it again."""
    is_open = status is GoalStatus.OPEN
    return change(
        session, goal, now, status=status, closed_at=None if is_open else now, closed_by="" if is_open else by
    )


def versions(session: Session, goal_id: int) -> list[GoalVersion]:
    """All of them, the first one first."""
    chosen = select(GoalVersion).where(GoalVersion.goal_id == goal_id)
    return list(session.exec(chosen.order_by(col(GoalVersion.number))))


def version_before(session: Session, goal_id: int, turn_id: int) -> GoalVersion | None:
    """The card as it was before a turn changed it; `None` if the turn changed nothing."""
    every_version = versions(session, goal_id)
    first = next((number for number, one in enumerate(every_version) if one.turn_id == turn_id), 0)
    return every_version[first - 1] if first else None


def add_item(session: Session, goal_id: int, item_id: int, now: datetime, *, score: float, reason: str) -> bool:
    """Note that an item matches a goal; False if that is known."""
    if session.get(GoalItem, (goal_id, item_id)) is not None:
        return False
    session.add(GoalItem(goal_id=goal_id, item_id=item_id, at=now, score=score, reason=reason))
    session.flush()
    return True


def items_of(session: Session, goal_id: int, *, limit: int = 100) -> list[GoalItem]:
    """The newest first."""
    chosen = select(GoalItem).where(GoalItem.goal_id == goal_id)
    return list(session.exec(chosen.order_by(col(GoalItem.at).desc(), col(GoalItem.item_id).desc()).limit(limit)))


def wanting(session: Session, item_ids: Sequence[int]) -> dict[int, list[tuple[Goal, GoalItem]]]:
    """The open goals that items match, by item."""
    chosen = (
        select(Goal, GoalItem)
        .join(GoalItem, col(GoalItem.goal_id) == col(Goal.id))
        .where(col(GoalItem.item_id).in_(item_ids), Goal.status == GoalStatus.OPEN)
    )
    found: dict[int, list[tuple[Goal, GoalItem]]] = {}
    for goal, match in session.exec(chosen.order_by(col(GoalItem.score).desc())):
        found.setdefault(match.item_id, []).append((goal, match))
    return found


def add_score(session: Session, score: Score) -> Score:
    session.add(score)
    session.flush()
    return score


def scores(session: Session, goal_id: int) -> list[Score]:
    """The newest first."""
    return list(session.exec(select(Score).where(Score.goal_id == goal_id).order_by(col(Score.at).desc())))


def remove(session: Session, goal_id: int) -> None:
    """Delete a goal with its versions, items and scores. Its conversations stay."""
    session.exec(delete(Goal).where(col(Goal.id) == goal_id))


def _keep_version(session: Session, goal: Goal, now: datetime, why: str, turn_id: int | None) -> None:
    assert goal.id is not None
    version = GoalVersion(goal_id=goal.id, number=goal.version, at=now, turn_id=turn_id, why=why, card=goal.card)
    session.add(version)
    session.flush()
