"""`/api/goals`: what conversations are to reach, and the user's word on it."""

from __future__ import annotations

from fastapi import APIRouter

from assistant import goals
from assistant.answers.goals import GoalEdit, GoalEnd, GoalLine, GoalStatusName, GoalView, NewGoal, ScoreLine
from assistant.api.dependencies import ServiceDep

router = APIRouter(prefix="/api/goals", tags=["goals"])


@router.get("")
def list_goals(service: ServiceDep, status: GoalStatusName | None = None) -> list[GoalLine]:
    return goals.list_goals(service, status)


@router.post("")
def create(service: ServiceDep, new: NewGoal) -> GoalView:
    return goals.create(service, new)


@router.get("/{goal}")
def show(service: ServiceDep, goal: int) -> GoalView:
    return goals.show(service, goal)


@router.patch("/{goal}")
def edit(service: ServiceDep, goal: int, change: GoalEdit) -> GoalView:
    return goals.edit(service, goal, change)


@router.post("/{goal}/end")
def end(service: ServiceDep, goal: int, word: GoalEnd) -> GoalView:
    """The user's word on a goal, or that it is open again."""
    return goals.end(service, goal, word)


@router.post("/{goal}/score")
def score(service: ServiceDep, goal: int) -> ScoreLine:
    """Have it judged from the transcript and the criteria alone."""
    return goals.score(service, goal)
