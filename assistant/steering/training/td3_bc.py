"""Stage 2, offline: the actor learns from logged turns what leads to reward, without leaving what was logged. TD3+BC.

Fujimoto & Gu 2021 (arXiv 2106.06860; "the paper", by its section on the algorithm) over TD3 (Fujimoto et al. 2018, arXiv
1802.09477), with the values of Dialogue Action Tokens (arXiv 2406.11978). It knows states, actions and rewards; no model
and no text. `course` and the benchmarks call it. Differences from the paper's own code:

1. Actions are unit vectors, not boxes. The actor's output is brought to length 1 in place of a tanh, and so is the
   target action after its noise; noise is divided by the root of the dimension (a switch), so that it is a share of the
   action's length at any dimension: .2 for each of 64 coordinates would be 1.6 lengths and drown the action.
2. (pi - a)^2 is summed over coordinates, not averaged: on the unit sphere that is 2 - 2 cos, which equals the paper's
   mean for vectors whose coordinates are of size 1, as the paper's are.
3. Transitions are drawn by episode and weight (`replay`), not each alike.
4. States are standardised by the planner's own statistics, taken at cloning: the paper's are of the dataset.
5. A turn that nothing steered counts as the cloned action of its state.
6. The actor starts as the cloned one, not at random. Targets stay in [0, 1], where all values are: an episode has one reward.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from assistant.progress import Progress, unheard
from assistant.steering.planner import Planner, on_sphere
from assistant.steering.settings import TrainingSettings
from assistant.steering.training.checkpoint import (
    Checkpoint,
    into_module,
    into_optimizer,
    of_module,
    of_optimizer,
    work,
)
from assistant.steering.training.drawing import Drawing, actions_of
from assistant.steering.training.replay import Replay

WHAT, REPORT_EVERY = "steps of TD3+BC", 20


@dataclass(frozen=True, slots=True)
class Batch:
    """n transitions: states (n, width), actions (n, dimension), rewards and done (n,), next states (n, width)."""

    states: Tensor
    actions: Tensor
    rewards: Tensor
    next_states: Tensor
    done: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """How it went: means over the last hundredth of the steps. `distance` is |pi - a|^2, in [0, 4]."""

    steps: int
    critic_loss: float
    value: float
    distance: float


class Learner:
    """One run of TD3+BC, a step at a time. `planner` is trained in place: its actor and its critics, nothing else."""

    def __init__(self, planner: Planner, replay: Replay, settings: TrainingSettings) -> None:
        self.planner, self.settings, self.steps = planner, settings, 0
        self.device = planner.up.weight.device
        planner.requires_grad_(False)
        planner.actor.requires_grad_(True)
        planner.critics.requires_grad_(True)
        self.target = copy.deepcopy(planner).requires_grad_(False)
        del self.target.cloned, self.target.up
        self.critic_optimizer = torch.optim.Adam(planner.critics.parameters(), lr=settings.critic_rate)
        self.actor_optimizer = torch.optim.Adam(planner.actor.parameters(), lr=settings.actor_rate)
        self.generator = torch.Generator().manual_seed(settings.seed)  # on the CPU, so that devices agree
        self.seen = {"critic_loss": 0.0, "value": 0.0, "distance": 0.0}
        self._data = self._on_device(replay)
        self._drawing = Drawing(replay, self.generator)

    def step(self) -> None:
        """One update of the critics; every `policy_delay` steps one of the actor and the targets."""
        batch = self.drawn()
        loss = self.critic_loss(batch)
        _descend(self.critic_optimizer, loss)
        self.steps += 1
        self._note("critic_loss", loss)
        if self.steps % self.settings.policy_delay == 0:
            _descend(self.actor_optimizer, self.actor_loss(batch))
            self.move_targets()

    def drawn(self) -> Batch:
        """A batch of transitions, by their chances."""
        places = self._drawing.places(self.settings.batch).to(self.device)
        data = self._data
        return Batch(*(part[places] for part in (data.states, data.actions, data.rewards, data.next_states, data.done)))

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def goals(self, batch: Batch) -> Tensor:
        """y = r + gamma min_i Q'_i(s', pi'(s') + noise), (n,), in [0, 1]: TD3's targets. Nothing follows a turn that is done."""
        settings = self.settings
        actions = self.target.act(batch.next_states)  # (n, dimension)
        noise = torch.randn(actions.shape, generator=self.generator) * settings.target_noise
        noise = noise.clamp(-settings.target_noise_clip, settings.target_noise_clip)
        if not settings.is_noise_per_coordinate:
            noise = noise / math.sqrt(actions.shape[1])
        actions = on_sphere(actions + noise.to(self.device))
        values = self.target.values(batch.next_states, actions).min(0).values  # (2, n) -> (n,)
        goals: Tensor = batch.rewards + settings.gamma * (1 - batch.done) * values
        return goals.clamp(0, 1)

    def critic_loss(self, batch: Batch) -> Tensor:
        """Squared errors of both critics, summed over them and averaged over the batch."""
        values = self.planner.values(batch.states, batch.actions)  # (2, n)
        return functional.mse_loss(values, self.goals(batch).expand_as(values)) * len(values)

    def actor_loss(self, batch: Batch) -> Tensor:
        """The paper's: -lambda Q(s, pi(s)) + (pi(s) - a)^2, with lambda = alpha / mean |Q| of the batch."""
        actions = self.planner.act(batch.states)  # (n, dimension)
        values = self.planner.values(batch.states, actions)[0]  # (n,), the first critic, as in TD3
        scale = self.settings.alpha / values.abs().mean().detach().clamp(min=1e-8)
        distance = (actions - batch.actions).square().sum(1).mean()
        self._note("value", values.mean())
        self._note("distance", distance)
        return -scale * values.mean() + distance

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def move_targets(self) -> None:
        """Each target parameter a share tau toward its own."""
        for goal, own in ((self.target.actor, self.planner.actor), (self.target.critics, self.planner.critics)):
            for moved, towards in zip(goal.parameters(), own.parameters(), strict=True):
                moved.lerp_(towards, self.settings.tau)

    def tensors(self) -> dict[str, Tensor]:
        """All that it takes to go on as if nothing had happened."""
        found = of_module("actor", self.planner.actor) | of_module("critics", self.planner.critics)
        found |= of_module("target_actor", self.target.actor) | of_module("target_critics", self.target.critics)
        found |= of_optimizer("critic_optimizer", self.critic_optimizer)
        found |= of_optimizer("actor_optimizer", self.actor_optimizer)
        return found | {"generator": self.generator.get_state()}

    def facts(self) -> dict[str, Any]:
        return {"steps": self.steps, "seen": self.seen}

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        into_module("actor", self.planner.actor, tensors)
        into_module("critics", self.planner.critics, tensors)
        into_module("target_actor", self.target.actor, tensors)
        into_module("target_critics", self.target.critics, tensors)
        into_optimizer("critic_optimizer", self.critic_optimizer, tensors)
        into_optimizer("actor_optimizer", self.actor_optimizer, tensors)
        self.generator.set_state(tensors["generator"])
        self.steps = steps

    def _on_device(self, replay: Replay) -> Batch:
        names = ("states", "rewards", "next_states", "done")
        data = {name: torch.from_numpy(getattr(replay, name)).float().to(self.device) for name in names}
        return Batch(actions=actions_of(replay, self.planner, at_once=self.settings.batch), **data)

    def _note(self, name: str, value: Tensor) -> None:
        share = min(1.0, 100 / self.settings.steps)
        self.seen[name] += share * (float(value.detach()) - self.seen[name])


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def train(
    planner: Planner,
    replay: Replay,
    settings: TrainingSettings,
    *,
    on_progress: Progress = unheard,
    is_cancelled: Callable[[], bool] = lambda: False,
    checkpoint: Checkpoint | None = None,
) -> Learnt:
    """All steps, from where `checkpoint` stands.

    Raises: Cancelled within one step of `is_cancelled`, with the checkpoint saved; ValueError without a transition.
    """
    if not len(replay):
        raise ValueError("there is no transition to learn from")
    learner = Learner(planner, replay, settings)
    if checkpoint is not None and (saved := checkpoint.load()) is not None:
        learner.restore(saved[0], saved[1]["steps"])
        learner.seen = saved[1]["seen"]
    work(learner, settings.steps, WHAT, checkpoint, on_progress, is_cancelled, report_every=REPORT_EVERY)
    return Learnt(steps=learner.steps, **learner.seen)
