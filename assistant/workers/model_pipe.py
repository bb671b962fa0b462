"""What a language model's process and we say to each other: the order that starts it, how it loads, what it is, how it fails.

Plain data. It knows neither side: `language` is ours, `generation.served` its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.config.schema import ModelSettings
from assistant.engine.contract import Capability, Floats, ModelFailed


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """Which model the process loads, and how."""

    folder: Path
    name: str
    settings: ModelSettings


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the model is loaded."""

    done: int
    total: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Working:
    """Nothing is to be said yet, but work goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A model as it was loaded. `notes` are sentences for the user, `traits` those on its chat template."""

    name: str
    device: str
    dtype: str
    parameters: int
    context_tokens: int
    capabilities: frozenset[Capability]
    fingerprint: str
    width: int
    traits: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """What a planner thinks of actions in states, each array float32 of n rows.

    `chosen` and `cloned` are its own actions and those that leave the model as it is, (n, dimension). `values` belong to
    the actions that were given, or to `chosen` without any, and `angles`, in radians, lie between those and `cloned`.
    """

    chosen: Floats
    cloned: Floats
    values: Floats
    values_chosen: Floats
    values_cloned: Floats
    angles: Floats


class WorkerBroken(ModelFailed):
    """The process is of no use any more: the next call needs another one."""
