"""How a goal ends: judged by its transcript, met in full and so achieved, or past its deadline.

The user's word outranks all of it: what they closed, no judge and no clock touches.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from assistant.answers.goals import ScoreLine
from assistant.engine.contract import Engine
from assistant.sessions import judge
from assistant.sessions.judge import Judged, Spoken
from assistant.sessions.playbook import Playbook
from assistant.sessions.views import card_of
from memory.models import Goal, GoalStatus, Score
from memory.store import conversations, goals

MOST_CONVERSATIONS = 100


def transcript(session: Session, goal: Goal) -> list[Spoken]:
    """Everything that was said in the goal's conversations, in order, without what was taken back.

    Turns are numbered through; a conversation has its own numbers where it is the only one.
    """
    rows = sorted(conversations.recent(session, MOST_CONVERSATIONS, goal_id=goal.id), key=lambda row: row.started_at)
    spoken: list[Spoken] = []
    before = 0
    for row in rows:
        number = before
        for turn in conversations.turns(session, row.id or 0):
            number = before + turn.number
            spoken.append(Spoken(number, "user", turn.said))
            if turn.reply:
                spoken.append(Spoken(number, "assistant", turn.reply))
        before = number
    return spoken


def judged(spoken: Sequence[Spoken], goal: Goal, engine: Engine | None, playbook: Playbook, now: datetime) -> Judged:
    """What a judge makes of a goal, by the transcript and the criteria only. It may take long: hold no session meanwhile."""
    card = card_of(goal)
    return judge.score(spoken, card.criteria, engine, statement=card.statement, playbook=playbook, now=now)


def keep_score(session: Session, goal: Goal, found: Judged, now: datetime) -> Score:
    """Keep a judge's score."""
    score = Score(
        goal_id=goal.id or 0,
        at=free_instant(session, goal.id or 0, now),
        judge=found.judge,
        overall=found.overall,
        verdicts=[verdict.model_dump() for verdict in found.verdicts],
        dimensions=found.dimensions,
    )
    return goals.add_score(session, score)


def free_instant(session: Session, goal_id: int, now: datetime) -> datetime:
    """`now`, or just after the goal's last score: two scores of a goal have two instants."""
    latest = max((one.at for one in goals.scores(session, goal_id)), default=None)
    return now if latest is None or latest < now else latest + timedelta(microseconds=1)


def is_judged(session: Session, goal: Goal) -> bool:
    """Whether a judge has seen the goal as its card is now."""
    return any(one.judge != "user" and one.at >= goal.changed_at for one in goals.scores(session, goal.id or 0))


def is_met(found: Judged) -> bool:
    """Whether every criterion is met in a judge's eyes."""
    return bool(found.verdicts) and all(verdict.is_met for verdict in found.verdicts)


def end_if_met(session: Session, goal: Goal, found: Judged, now: datetime) -> bool:
    """Close a goal that a model judged to be reached in every criterion; False for one that stays as it is."""
    if not is_met(found) or found.judge == "rules" or goal.is_standing or goal.status is not GoalStatus.OPEN:
        return False
    goals.close(session, goal, GoalStatus.ACHIEVED, now, by="judge")
    return True


def expire(session: Session, now: datetime) -> list[Goal]:
    """Close the open goals whose deadline has passed; standing ones stay."""
    late = [goal for goal in goals.due(session, now) if not goal.is_standing]
    return [goals.close(session, goal, GoalStatus.EXPIRED, now, by="clock") for goal in late]


def score_line(score: Score) -> ScoreLine:
    return ScoreLine.model_validate(score.model_dump(exclude={"id"}))
