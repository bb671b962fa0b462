"""Steering over the API: what serves, what there is to learn from, what training made, and why a turn went as it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class MaterialLine(BaseModel):
    """What there is to learn from, for one model. `counts` of `least` have a reward, or lead to one."""

    transitions: int = 0
    steered: int = 0
    explored: int = 0
    simulated: int = 0
    rewarded: int = 0
    episodes: int = 0
    counts: int = 0
    least: int = 0
    missing: int = 0
    newest_at: datetime | None = None


class PlannerLine(BaseModel):
    """A planner that was trained. `passed` is the gate's word; `None` where it was not asked."""

    number: int
    serves: bool
    fits: bool
    """It was made for the model that is configured."""
    trained_at: datetime | None = None
    model: str = ""
    transitions: int = 0
    passed: bool | None = None
    why: str = ""
    size_mb: float = 0.0


class SteeringStatus(BaseModel):
    """`sentence` says how it stands, and what comes next."""

    is_on: bool
    can: bool
    """The configured model can be steered."""
    sentence: str
    model: str = ""
    serving: int | None = None
    planners: list[PlannerLine] = []
    material: MaterialLine = MaterialLine()
    training: str = ""
    """A sentence on a training run that is under way, or was interrupted; empty where there is none."""


class Changed(BaseModel):
    """What is so from now on."""

    sentence: str
    serving: int | None = None


class Why(BaseModel):
    """How a turn was steered, and what its planner makes of it. Values are rewards to come, in [0, 1].

    `angle` is between the action and what the model would do by itself, in radians. `steered` and `unsteered` are replies
    to the same prompt, built anew, where they were asked for.
    """

    conversation: int
    number: int
    sentence: str
    planner: int | None = None
    """That steered it; of a turn that nobody steered, the one whose opinion this is."""
    was_steered: bool = False
    place: str = ""
    noise: float = 0.0
    angle: float | None = None
    value: float | None = None
    value_cloned: float | None = None
    value_chosen: float | None = None
    """Of what the planner would choose by itself."""
    action: list[float] = []
    reward: float | None = None
    reward_from: list[dict[str, Any]] = []
    steered: str = ""
    unsteered: str = ""


class Point(BaseModel):
    """An action in the plane of the actions' first two principal components."""

    x: float
    y: float
    conversation: int | None
    planner: int | None
    reward: float | None
    at: datetime


class Picture(BaseModel):
    """`shares` of the actions' variance that the two components show."""

    points: list[Point]
    shares: tuple[float, float] = (0.0, 0.0)
    dimension: int = 0


class Wish(BaseModel):
    """Which planner a step is about; the newest where none is named."""

    number: int | None = None
    anyway: bool = False
    """Promote it although the gate did not let it pass."""


class Report(BaseModel):
    """What a step of training came to: `sentence` for people, `figures` as they were measured."""

    sentence: str
    number: int | None = None
    passed: bool | None = None
    reasons: list[str] = []
    figures: dict[str, Any] = {}
