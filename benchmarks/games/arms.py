"""The arms of a game: the ways in which side 0 may speak, all through one frozen model.

Each is a `Policy` of `play`. Actions are unit vectors, and become rows through a planner's up-mapping. It knows no score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from assistant.steering.planner import Planner, on_sphere
from benchmarks.games.play import Game
from benchmarks.games.voice import Place

Sight = Callable[[Tensor, Sequence[Sequence[int]]], Tensor]
"""From (states (n, width), prompts) to the states that a planner sees, (n, width)."""


def as_is(states: Tensor, _prompts: Sequence[Sequence[int]]) -> Tensor:
    """The model's own states."""
    return states


@dataclass(slots=True, kw_only=True)
class Plain:
    """Nothing steers. With several `samples`, `value` picks the one with the best state behind it."""

    temperature: float
    place: Place = "end"
    samples: int = 1
    value: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None

    def choose(self, states: Tensor, prompts: Sequence[Sequence[int]], games: Sequence[Game]) -> Tensor | None:
        return None

    def rows(self, actions: Tensor) -> Tensor:
        raise AssertionError("nothing steers")

    def best(self, behind: NDArray[np.float32]) -> NDArray[np.int64]:
        assert self.value is not None
        flat = self.value(behind.reshape(-1, behind.shape[-1]))
        best: NDArray[np.int64] = flat.reshape(behind.shape[:2]).argmax(1)
        return best


@dataclass(slots=True, kw_only=True)
class Steering:
    """Actions of one kind or another, through the up-mapping of `planner`."""

    planner: Planner
    temperature: float
    samples: int = 1

    @property
    def place(self) -> Place:
        return self.planner.shape.place

    def rows(self, actions: Tensor) -> Tensor:
        with torch.no_grad():
            return self.planner.embedded(actions)

    def best(self, behind: NDArray[np.float32]) -> NDArray[np.int64]:
        raise AssertionError("there is one sample")


@dataclass(slots=True, kw_only=True)
class Planned(Steering):
    """The planner's own actions, or those of self-cloning; with noise of this length."""

    is_clone: bool = False
    noise: float = 0.0
    sight: Sight = as_is
    generator: torch.Generator = field(default_factory=lambda: torch.Generator().manual_seed(0))

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def choose(self, states: Tensor, prompts: Sequence[Sequence[int]], games: Sequence[Game]) -> Tensor | None:
        seen = self.sight(states, prompts)
        actions = self.planner.cloned_act(seen) if self.is_clone else self.planner.act(seen)
        return noisy(actions, self.noise, self.generator)


@dataclass(slots=True, kw_only=True)
class Constant(Steering):
    """One action in every turn of every game."""

    action: Tensor

    def choose(self, states: Tensor, prompts: Sequence[Sequence[int]], games: Sequence[Game]) -> Tensor | None:
        return self.action.expand(len(states), -1)


@dataclass(slots=True, kw_only=True)
class Random(Steering):
    """An action drawn in every turn: evenly from the sphere, or from `among` (n, dimension)."""

    among: Tensor | None = None
    generator: torch.Generator = field(default_factory=lambda: torch.Generator().manual_seed(0))

    def choose(self, states: Tensor, prompts: Sequence[Sequence[int]], games: Sequence[Game]) -> Tensor | None:
        if self.among is None:
            return on_sphere(torch.randn(len(states), self.planner.shape.dimension, generator=self.generator))
        return self.among[torch.randint(len(self.among), (len(states),), generator=self.generator)]


@dataclass(slots=True, kw_only=True)
class Exploring(Steering):
    """What fills the buffer: each turn's action lies between an own one and one of `among`, and some noise is added.

    How far on the way it lies is drawn evenly from [0, `reach`]. So the buffer knows what it is to leave the own action by
    little and by much, toward what the model understands.
    """

    among: Tensor
    is_current: bool = False
    """Whether the own action is the planner's, or that of self-cloning."""
    reach: float = 1.0
    noise: float = 0.3
    generator: torch.Generator = field(default_factory=lambda: torch.Generator().manual_seed(0))

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def choose(self, states: Tensor, prompts: Sequence[Sequence[int]], games: Sequence[Game]) -> Tensor | None:
        own = self.planner.act(states) if self.is_current else self.planner.cloned_act(states)
        toward = self.among[torch.randint(len(self.among), (len(states),), generator=self.generator)]
        share = self.reach * torch.rand(len(states), 1, generator=self.generator)
        return noisy(on_sphere((1 - share) * own + share * toward), self.noise, self.generator)


def noisy(actions: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """With noise of this length on average, as unit vectors again."""
    if noise <= 0:
        return actions
    drawn = torch.randn(actions.shape, generator=generator) / actions.shape[1] ** 0.5
    return on_sphere(actions + noise * drawn)
