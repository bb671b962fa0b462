"""Transitions as training and the gate take them: with actions for turns that nobody steered, and drawn by their chances.

It knows replays and planners; the arrays themselves are `replay`'s, which does without torch. `td3_bc` and `gate.fitted_q`
call it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from assistant.steering.planner import Planner
from assistant.steering.training.replay import Replay

AT_ONCE = 256
"""States whose cloned action is asked for together."""


@torch.no_grad()  # type: ignore[untyped-decorator]
def actions_of(replay: Replay, planner: Planner, *, at_once: int = AT_ONCE) -> Tensor:
    """The actions of all transitions on the planner's device, (n, dimension): a turn that nothing steered did what the
    cloned planner does in its state."""
    device = planner.up.weight.device
    actions = torch.from_numpy(replay.actions).float().to(device, copy=True)
    states = torch.from_numpy(replay.states).float()
    for places in torch.from_numpy(replay.is_cloned).nonzero()[:, 0].split(at_once):
        actions[places.to(device)] = planner.cloned_act(states[places].to(device))
    return actions


class Drawing:
    """Draws transitions by the chances that a replay gives them. `generator` is on the CPU, so that devices agree."""

    def __init__(self, replay: Replay, generator: torch.Generator) -> None:
        self._cumulated = torch.from_numpy(replay.chances().cumsum())
        self._generator = generator

    def places(self, count: int) -> Tensor:
        """So many places of transitions, (count,)."""
        chances = torch.rand(count, generator=self._generator, dtype=torch.float64)
        return torch.searchsorted(self._cumulated, chances, right=True).clamp(max=len(self._cumulated) - 1)
