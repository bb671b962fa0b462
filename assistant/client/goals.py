"""The client's methods for `/api/goals`: one a route."""

from __future__ import annotations

from assistant.answers.goals import GoalEdit, GoalEnd, GoalLine, GoalStatusName, GoalView, NewGoal, ScoreLine
from assistant.client.wire import Wire


class Goals:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, status: GoalStatusName | None = None) -> list[GoalLine]:
        return self._wire.get("/api/goals", list[GoalLine], status=status)

    def show(self, goal: int) -> GoalView:
        return self._wire.get(f"/api/goals/{goal}", GoalView)

    def create(self, new: NewGoal) -> GoalView:
        return self._wire.post("/api/goals", GoalView, new)

    def edit(self, goal: int, edit: GoalEdit) -> GoalView:
        return self._wire.patch(f"/api/goals/{goal}", GoalView, edit)

    def end(self, goal: int, end: GoalEnd) -> GoalView:
        return self._wire.post(f"/api/goals/{goal}/end", GoalView, end)

    def score(self, goal: int) -> ScoreLine:
        """Have it judged from the transcript and the criteria alone."""
        return self._wire.post(f"/api/goals/{goal}/score", ScoreLine)
