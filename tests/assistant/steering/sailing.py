"""A toy with an exact answer: three steps on a sphere, and a reward at the end for having come close to a place.

A step goes half-way toward its action: s' = (s + a) / |s + a|. Only the last step is rewarded, with (1 + s' . goal) / 2, so
that what the first two were worth is learnt by the critics' bootstrap alone. The best actions point to the goal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from assistant.engine.contract import Floats
from assistant.steering.planner import Planner, Shape
from assistant.steering.training.replay import Replay, Turn

WIDTH = 6
STEPS = 3
GOAL = np.eye(WIDTH, dtype=np.float32)[0]
Act = Callable[[Floats], Floats]


def planner(seed: int = 0, hidden: int = 64) -> Planner:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Planner(Shape(fingerprint="sea", width=WIDTH, norm=1.0, dimension=WIDTH, hidden=hidden))


def sailed(act: Act, episodes: int, seed: int = 0) -> tuple[list[Turn], Floats]:
    """So many episodes, side by side: their turns, and what each earned."""
    chance = np.random.default_rng(seed)
    states = unit(chance.normal(size=(episodes, WIDTH)))
    turns: list[Turn] = []
    for step in range(STEPS):
        actions, is_last = act(states), step == STEPS - 1
        after = unit(states + actions)
        rewards = (1 + after @ GOAL) / 2
        turns += [
            Turn(
                episode=f"{seed}-{number}",
                step=step,
                state=states[number],
                action=actions[number],
                reward=float(rewards[number]) if is_last else None,
                is_last=is_last,
            )
            for number in range(episodes)
        ]
        states = after
    return turns, rewards


def adrift(seed: int) -> Act:
    """Any direction."""
    chance = np.random.default_rng(seed)
    return lambda states: unit(chance.normal(size=states.shape))


def steered(planner: Planner) -> Act:
    def act(states: Floats) -> Floats:
        with torch.no_grad():
            return np.asarray(planner.act(torch.from_numpy(states)).numpy(), dtype=np.float32)

    return act


def logged(episodes: int, seed: int = 0) -> Replay:
    return Replay.of(sailed(adrift(seed), episodes, seed)[0], dimension=WIDTH)


def unit(rows: np.ndarray) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
