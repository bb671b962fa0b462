"""Drift over the API: how stably a model kept to its instructions, round by round and method by method."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DriftWish(BaseModel):
    """How much is measured: rounds of a conversation, probes, and methods by name, all of them where none is named."""

    rounds: int = Field(8, ge=1, le=64)
    probes: int = Field(64, ge=2)
    methods: list[str] = []


class DriftRound(BaseModel):
    """`stability` is the share of the `scored` answers that kept to the instruction, with a 95% interval."""

    number: int
    scored: int
    unscored: int
    stability: float | None = None
    low: float | None = None
    high: float | None = None
    attention: float | None = None
    """The mean share of attention on the instruction, before it was raised."""


class DriftLine(BaseModel):
    """One method. `gain` is how much more stable it was than none from round 1 on, with its 95% interval."""

    method: str
    rounds: list[DriftRound]
    gain: tuple[float, float, float] | None = None
    seconds: float = 0.0


class Drift(BaseModel):
    """What was measured; `left_out` are sentences on what the engine cannot do."""

    model: str
    probes: int
    lines: list[DriftLine]
    left_out: list[str] = []
