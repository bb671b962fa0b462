"""What the training process and we say to each other: the order that starts it, how far it is, and what came of it.

Plain data. It knows neither side: `training` is ours, `steering.training.served` its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.engine.contract import Place
from assistant.steering.settings import PUBLISHED, TrainingSettings
from assistant.workers.model_pipe import ModelOrder

Stage = Literal["collect", "clone", "train", "evaluate"]
CLONED, CANDIDATE = "cloned.safetensors", "candidate.safetensors"
"""The planners that it makes in its folder: after self-cloning, and after learning from rewards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOrder:
    """Which model is to be steered, by what planner, and where training keeps what it needs to go on.

    `folder` holds checkpoints, the model's own replies to prompts it was given (never the prompts) and the planners that
    were made; whoever erases a conversation removes it whole (`training.forget`). `memory_mb` bounds the transitions.
    """

    model: ModelOrder
    folder: Path
    settings: TrainingSettings = PUBLISHED
    place: Place = "end"
    dimension: int = 64
    rows: int = 2
    hidden: int = 1024
    radius: float = 1.0
    memory_mb: int = 2048
    fingerprint: str = ""
    """Of a model behind a server: no files of it are looked for, and it is neither cloned nor read here."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """So many steps of a stage are done."""

    stage: Stage
    done: int
    total: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Paused:
    """Its time ran out; asked again with the same, it goes on from `done`."""

    stage: Stage
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Collected:
    """So many prompts have the model's own reply, and how many tokens those are together."""

    replies: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Made:
    """A planner's file. `lineage` names its up-mapping: actions chosen through another one mean nothing to it.

    `facts` are for the report that is kept beside it: JSON.
    """

    planner: Path
    lineage: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was seen of replies, steered by a planner and by nobody: perplexities under the unsteered model (not a number
    where nobody could say), of so many replies each, and failed probes by kind."""

    perplexity: float
    perplexity_unsteered: float
    replies: int
    failed: dict[str, int]
    failed_unsteered: dict[str, int]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gate says of a planner. `reasons` are sentences, those against it first; `report` is JSON."""

    is_passed: bool
    reasons: tuple[str, ...]
    report: dict[str, Any]
