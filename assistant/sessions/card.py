"""A goal's card: how it begins, what a message changes on it, and how two versions differ.

Pure functions; `turn` and `conversations` keep what they return. Nothing on a card vanishes without a trace, and nothing
that was decided is overwritten before the user said so.
"""

from __future__ import annotations

from datetime import datetime

from assistant.answers.goals import Card, Constraint, Criterion, GoalEdit, NewGoal
from assistant.sessions.heard import Heard
from assistant.sessions.playbook import Playbook


def begin(new: NewGoal, playbook: Playbook, now: datetime) -> Card:
    """The first version: the template of the playbook, unless the goal brings its own, and what the statement says."""
    criteria = [Criterion(text=text) for text in new.criteria] or [
        Criterion(text=one.text, slot=one.slot) for one in playbook.criteria
    ]
    texts = new.constraints or playbook.constraints
    return Card(
        statement=new.statement,
        criteria=criteria,
        constraints=[Constraint(text=text) for text in texts],
        deadline=new.deadline,
        turn_budget=new.turn_budget,
        token_budget=new.token_budget,
    )


def apply(card: Card, heard: Heard, turn: int) -> tuple[Card, list[str]]:
    """The card after a message, and a line for each thing that changed."""
    return card, []


def edit(card: Card, change: GoalEdit) -> Card:
    """The card as the user wants it by hand, which asks no leave of earlier decisions."""
    return card


def difference(old: Card, new: Card) -> list[str]:
    """What changed between two versions, a line each, for people."""
    return []
