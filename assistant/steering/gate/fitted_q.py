"""What a policy would earn, judged from turns that training never saw: fitted-Q evaluation, with a bootstrap.

Each judge is a small Q-function fitted to r + gamma Q(s', pi(s')) (Le, Voloshin & Yue 2019, arXiv 1903.08738), kept in [0, 1]
as an episode has one reward, on a bootstrap sample of the sessions, so that their spread is that of the data. Judges of two policies with the same seed are
paired: same sample, same start, same batches. Knows states and actions; `judging` calls it for the gate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.engine.contract import Floats
from assistant.progress import Cancelled
from assistant.steering.planner import Planner
from assistant.steering.settings import TrainingSettings
from assistant.steering.training.drawing import Drawing, actions_of
from assistant.steering.training.replay import Replay, Turn, by_episode, session_of

Act = Callable[[Tensor], Tensor]
"""From states (n, width) to unit actions (n, dimension)."""


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The first state of each episode, (k, width), what it counts for, (k,), and the episodes' names."""

    states: Floats
    weights: Floats
    keys: tuple[str, ...]

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> Beginnings:
        firsts = {key: group[0] for key, group in by_episode(turns).items()}
        return cls(
            states=np.stack([turn.state for turn in firsts.values()]).astype(np.float32),
            weights=np.array([turn.weight for turn in firsts.values()], np.float32),
            keys=tuple(firsts),
        )


def judged(
    planner: Planner,
    act: Act,
    replay: Replay,
    beginnings: Beginnings,
    settings: TrainingSettings,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Floats:
    """What each judge thinks an episode of `act` earns: (judges,), means over its bootstrap sample of `beginnings`.

    `planner` says what the actions of unsteered turns in `replay` count as, and how states are standardised.
    Raises: Cancelled; ValueError without a transition.
    """
    if not len(replay):
        raise ValueError("there is no transition to judge by")
    data = _Data.of(planner, act, replay, settings)
    counts = torch.from_numpy(_counts(replay.keys, settings))[:, torch.from_numpy(replay.episodes)]  # (judges, n)
    judges = _fitted(data, replay, counts, settings, is_cancelled)
    with torch.no_grad():
        states = torch.from_numpy(beginnings.states)
        seen = torch.cat([data.seen(planner.standard(states)), act(states)], dim=1)  # (k, seen)
        values = judges(seen.expand(settings.judges, -1, -1))  # (judges, k)
        shares = torch.from_numpy(_counts(beginnings.keys, settings) * beginnings.weights)
        means = (values * shares).sum(1) / shares.sum(1).clamp(min=1e-6)
    return np.asarray(means.numpy(), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Data:
    """What judges see of n transitions: `here` and `after` are (n, seen), state and action side by side."""

    here: Tensor
    after: Tensor
    rewards: Tensor
    goes_on: Tensor
    components: Tensor

    @classmethod
    def of(cls, planner: Planner, act: Act, replay: Replay, settings: TrainingSettings) -> _Data:
        with torch.no_grad():
            states, next_states = torch.from_numpy(replay.states), torch.from_numpy(replay.next_states)
            standardised = planner.standard(states)
            components = _principal(standardised, settings.judge_states)
            return cls(
                here=torch.cat([standardised @ components, actions_of(replay, planner)], dim=1),
                after=torch.cat([planner.standard(next_states) @ components, act(next_states)], dim=1),
                rewards=torch.from_numpy(replay.rewards),
                goes_on=1 - torch.from_numpy(replay.done).float(),
                components=components,
            )

    def seen(self, standardised: Tensor) -> Tensor:
        return standardised @ self.components


class _Judges(nn.Module):  # type: ignore[misc]  # torch is not read by the type checker
    """As many small networks side by side: (judges, n, seen) -> (judges, n)."""

    def __init__(self, judges: int, seen: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        sizes = [(seen, width), (width, width), (width, 1)]
        self.weights = nn.ParameterList(
            (2 * torch.rand((judges, *size), generator=generator) - 1) / math.sqrt(size[0]) for size in sizes
        )
        self.biases = nn.ParameterList(torch.zeros((judges, 1, size[1])) for size in sizes)

    def forward(self, seen: Tensor) -> Tensor:
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            seen = torch.baddbmm(bias, functional.silu(seen) if layer else seen, weight)
        values: Tensor = seen[:, :, 0]
        return values


def _fitted(
    data: _Data, replay: Replay, counts: Tensor, settings: TrainingSettings, is_cancelled: Callable[[], bool]
) -> _Judges:
    generator = torch.Generator().manual_seed(settings.seed)
    judges = _Judges(settings.judges, data.here.shape[1], settings.judge_width, generator)
    targets = _Judges(settings.judges, data.here.shape[1], settings.judge_width, generator).requires_grad_(False)
    targets.load_state_dict(judges.state_dict())
    optimizer = torch.optim.AdamW(judges.parameters(), lr=settings.judge_rate, weight_decay=settings.judge_decay)
    drawing = Drawing(replay, generator)
    for _ in range(settings.judge_steps):
        if is_cancelled():
            raise Cancelled
        places = drawing.places(settings.judge_batch)
        with torch.no_grad():
            after = targets(data.after[places].expand(settings.judges, -1, -1))
            goals = data.rewards[places] + settings.gamma * data.goes_on[places] * after  # (judges, batch)
            goals = goals.clamp(0, 1)
        errors = judges(data.here[places].expand(settings.judges, -1, -1)) - goals
        loss = (errors.square() * counts[:, places]).mean(1).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for moved, towards in zip(targets.parameters(), judges.parameters(), strict=True):
                moved.lerp_(towards, settings.judge_tau)
    return judges


def _counts(keys: Sequence[str], settings: TrainingSettings) -> Floats:
    """How often each judge's sample holds each episode: (judges, episodes), the same for a name whatever the others are.

    Poisson counts of mean 1, which is the bootstrap for many; a session's episodes come and go together. The first judge
    counts each once.
    """
    counts = np.ones((settings.judges, len(keys)), dtype=np.float32)
    for place, key in enumerate(keys):
        seed = int.from_bytes(sha256(f"{settings.seed} {session_of(key)}".encode()).digest()[:8], "big")
        counts[1:, place] = np.random.default_rng(seed).poisson(1.0, settings.judges - 1)
    return counts


def _principal(standardised: Tensor, most: int) -> Tensor:
    """The directions in which states differ most, scaled so that each coordinate has variance 1: (width, components)."""
    centred = standardised - standardised.mean(0)
    _, sizes, directions = torch.linalg.svd(centred, full_matrices=False)
    kept = min(most, int((sizes > 1e-3 * sizes[0].clamp(min=1e-9)).sum()))
    spread = (sizes[:kept] / math.sqrt(max(len(standardised) - 1, 1))).clamp(min=1e-6)
    return (directions[:kept] / spread[:, None]).T
