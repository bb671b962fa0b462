"""Who steers a turn, and whether what comes of it is kept: decided before the reply is written.

A helm is made for a turn from the configuration, the row that says which planner serves, and the model's fingerprint.
It chooses no action: the planner does, in the language model's process. The service makes one, the turn holds it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from sqlmodel import Session

from assistant.config.schema import SteeringSettings
from assistant.engine.contract import Capability, Engine, Steer
from assistant.steering import serving
from assistant.steering.shelf import Shelf

SEEDS = 2**31
STEERED = frozenset({Capability.HIDDEN, Capability.STEER_END})
SET_UP = "`telos model use NAME` sets one up that runs on this machine."


class _Description(Protocol):
    @property
    def fingerprint(self) -> str: ...


@runtime_checkable
class Described(Protocol):
    """An engine that knows which model it is: the fingerprint of its weights. Asking loads the model."""

    def describe(self) -> _Description: ...


@runtime_checkable
class Excused(Protocol):
    """An engine that can say why it is not steered."""

    def why_unsteered(self) -> str:
        """A sentence or two, empty where it can be steered. Raises: ModelFailed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Helm:
    """`planner` steers, if there is one; `is_kept`, whether the turn's state and action are written down.

    `notice` says in a sentence why nobody steers although somebody should.
    """

    fingerprint: str = ""
    planner: Path | None = None
    number: int | None = None
    place: str = ""
    """Where the planner's rows go, as it was trained: `start` or `end`."""
    noise: float = 0.0
    is_kept: bool = False
    focus: float = 1.0
    """The exponent of split-softmax; 1 leaves attention as it is."""
    notice: str = ""

    def steer(self, seed: int) -> Steer | None:
        """What is asked of the engine; `seed` is for exploring alone."""
        if self.planner is None:
            return None
        return Steer(planner=self.planner, noise=self.noise, seed=seed % SEEDS if self.noise else None)


UNMANNED = Helm()
"""Nobody steers, and nothing is kept."""


def fingerprint_of(engine: Engine) -> str:
    """Of the model behind an engine; empty where it has no states to steer by, or does not say which model it is.

    A server shows none of its own and takes rows all the same: its states are the embedder's. Raises: ModelFailed where
    it cannot be had.
    """
    if not isinstance(engine, Described) or engine.capabilities.isdisjoint(STEERED):
        return ""
    return engine.describe().fingerprint


def why_unsteered(engine: Engine) -> str:
    """A sentence or two on an engine without a fingerprint. Raises: ModelFailed."""
    if isinstance(engine, Excused):
        return f"Nothing is steered: {engine.why_unsteered()}"
    return f"The engine {engine.name} does not show its hidden states, so nothing is steered. {SET_UP}"


def man(
    session: Session, wanted: SteeringSettings, shelf: Shelf, engine: Engine, *, is_sensitive: bool = False
) -> Helm:
    """The helm of a turn. What is sensitive is steered like anything else, never explored in and never kept.

    Raises: ModelFailed where the model cannot be had.
    """
    if not wanted.on or not (fingerprint := fingerprint_of(engine)):
        return UNMANNED
    focus = wanted.focus if Capability.FOCUS in engine.capabilities else 1.0
    idle = Helm(fingerprint=fingerprint, is_kept=not is_sensitive, focus=focus)
    number = serving.read(session).of(fingerprint)
    if number is None:
        return idle
    if not shelf.path(number).exists():
        notice = (
            f"The reply is not steered: planner {number} is not there. `telos steer rollback` goes back to another."
        )
        return replace(idle, notice=notice)
    return replace(
        idle,
        planner=shelf.path(number),
        number=number,
        place=str(shelf.report(number).get("place", "")),
        noise=wanted.noise if wanted.explore and not is_sensitive else 0.0,
    )
