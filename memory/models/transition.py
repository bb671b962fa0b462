"""What a turn was to the planner: the state it found, the action that was taken, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, LargeBinary
from sqlmodel import Field, SQLModel

from memory.models.types import Instant


class Transition(SQLModel, table=True):
    """A turn of an episode. The state after it is that of the episode's next step.

    Every turn of a model that shows its hidden states has one, steered or not. It goes with its turn and its conversation;
    a simulated one has neither, and goes with the goal it was about. `state` and `action` are packed float32.
    """

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    turn_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("turn.id", ondelete="CASCADE"), unique=True, nullable=True)
    )
    conversation_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    )
    goal_id: int | None = Field(default=None, sa_column=Column(ForeignKey("goal.id", ondelete="CASCADE"), index=True))
    episode: str = Field(index=True)
    step: int
    """Its place in the episode, of a turn its number: later ones have greater numbers, not always the next."""
    at: datetime = Field(sa_type=Instant, index=True)
    fingerprint: str = Field(index=True)
    """Of the model that the state is of: states of another one mean nothing to its planner."""
    model: str
    planner: int | None = None
    """The number of the planner that chose it."""
    place: str = ""
    """Where its rows were put: `start` or `end`; empty where nobody steered."""
    noise: float = 0.0
    """What was explored with; 0 where the action is the planner's own."""
    value: float | None = None
    value_cloned: float | None = None
    angle: float | None = None
    """Between the action and the cloned one, in radians."""
    corrections: int = 0
    """How often the message that this turn answers found fault with the reply before: corrected it, asked again."""
    reward: float | None = None
    """In [0, 1]; `None` until something is known."""
    reward_from: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """What the reward came from: `{"what": str, "value": float}` each."""
    done: bool = False
    """Nothing after this turn counts for it: its reward is known."""
    is_simulated: bool = False
    weight: float = 1.0
    """What it counts for in training."""
    action: bytes | None = Field(default=None, sa_type=LargeBinary)
    """A unit vector, (dimension,); `None` where nobody steered, which is what the cloned planner does."""
    state: bytes = Field(sa_type=LargeBinary)
    """The last hidden state of the prompt, read without a prefix: (width,)."""
