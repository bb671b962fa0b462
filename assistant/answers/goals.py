"""Goals, their cards and their scores, and what the user asks about them.

The card is what a goal's conversation is held to. `assistant.sessions` fills and checks it, `memory` keeps it as JSON.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

GoalStatusName = Literal["open", "achieved", "abandoned", "expired"]


class Evidence(BaseModel):
    """Words that show something, verbatim, and the turn they stand in."""

    quote: str
    turn: int
    """Its number in the conversation; 0 for words given with the goal itself."""
    speaker: Literal["user", "assistant"] = "user"


class Criterion(BaseModel):
    """A line of the checklist. `slot` names the value it asks for, where it is one that can be filled."""

    text: str
    slot: str = ""
    is_met: bool = False
    evidence: list[Evidence] = []


class Constraint(BaseModel):
    """What must hold of every reply and of the result: `text` for people; `slot`, `op` and `value` where code can check it."""

    text: str
    slot: str = ""
    op: Literal["", "at_most", "at_least", "equals", "excludes", "includes"] = ""
    value: str = ""
    evidence: list[Evidence] = []


class Value(BaseModel):
    """A fact gathered, or a decision taken: the slot it fills, and since which turn. `earlier` are the values before, and
    `earlier_evidence` the words that said them."""

    slot: str
    value: str
    evidence: Evidence
    is_decision: bool = False
    earlier: list[str] = []
    earlier_evidence: list[Evidence] = []


class Question(BaseModel):
    """What is still to be asked. A `contradiction` waits for the user's word: nothing is overwritten before it."""

    text: str
    slot: str = ""
    is_contradiction: bool = False
    old: str = ""
    new: str = ""
    asked_in: int | None = None
    """The turn that asked it."""


class Card(BaseModel):
    """Everything a goal stands at. `progress` is the share of criteria met, in [0, 1]."""

    statement: str
    criteria: list[Criterion] = []
    constraints: list[Constraint] = []
    facts: list[Value] = []
    decisions: list[Value] = []
    questions: list[Question] = []
    deadline: datetime | None = None
    turn_budget: int | None = None
    token_budget: int | None = None
    playbook: str = ""
    """The one it was begun with; empty where that is not known."""

    @property
    def progress(self) -> float:
        return sum(one.is_met for one in self.criteria) / len(self.criteria) if self.criteria else 0.0

    def value_of(self, slot: str) -> Value | None:
        """What is known for a slot; a decision before a fact."""
        return next((one for one in (*self.decisions, *self.facts) if one.slot == slot), None)


class GoalItemLine(BaseModel):
    item_id: int
    title: str
    url: str
    at: datetime
    reason: str


class Verdict(BaseModel):
    """Of a criterion, by a judge that saw the transcript and the criteria only. Quotes are verbatim; none if not met."""

    criterion: str
    is_met: bool
    quotes: list[str] = []
    turns: list[int] = []
    why: str = ""


class ScoreLine(BaseModel):
    """`overall` is 0 to 10. `dimensions` are Sotopia's seven; `None` where not judged."""

    goal_id: int
    at: datetime
    judge: str
    overall: float
    verdicts: list[Verdict] = []
    dimensions: dict[str, float | None] = {}


class GoalLine(BaseModel):
    """A goal in a list."""

    id: int
    statement: str
    status: GoalStatusName
    is_standing: bool
    progress: float
    criteria_met: int
    criteria: int
    deadline: datetime | None
    changed_at: datetime
    turns_used: int
    tokens_used: int
    conversations: list[int] = []


class GoalVersionLine(BaseModel):
    number: int
    at: datetime
    why: str
    changes: list[str]
    """What this version changed, a line each."""


class GoalView(BaseModel):
    """A goal whole."""

    line: GoalLine
    card: Card
    version: int
    items: list[GoalItemLine] = []
    scores: list[ScoreLine] = []
    history: list[GoalVersionLine] = []


class NewGoal(BaseModel):
    """Criteria and constraints not given come from the playbook's template."""

    statement: str
    playbook: str = ""
    criteria: list[str] = []
    constraints: list[str] = []
    deadline: datetime | None = None
    turn_budget: int | None = None
    token_budget: int | None = None
    is_standing: bool = False


class GoalEdit(BaseModel):
    """What the user changes by hand; `None` leaves a field as it is."""

    statement: str | None = None
    criteria: list[str] | None = None
    """The whole list; criteria that stay keep what they were met by."""
    constraints: list[str] | None = None
    values: dict[str, str] | None = None
    """Facts and decisions by slot; an empty value takes one away."""
    deadline: datetime | None = None
    clear_deadline: bool = False
    turn_budget: int | None = None
    token_budget: int | None = None
    is_standing: bool | None = None


class GoalEnd(BaseModel):
    """The user's word on a goal, which outranks every judge."""

    outcome: Literal["achieved", "abandoned", "open"]
    note: str = ""
