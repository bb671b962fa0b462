"""The two stages for a game's planner, by the product's own code, and the critic that picks among samples.

`steering.training.clone` and `steering.training.td3_bc` do the work; here stand the settings of a model of two million parameters. It knows
no game.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from assistant.steering.planner import Planner
from assistant.steering.settings import SMALL, TrainingSettings
from assistant.steering.state import Standard
from assistant.steering.training.clone import Cloned, clone
from assistant.steering.training.frozen import Frozen
from assistant.steering.training.replay import Replay
from assistant.steering.training.td3_bc import train
from benchmarks.games.buffer import Returns
from benchmarks.games.play import Game, Room

SETTINGS = replace(
    SMALL, alpha=2.0, steps=2_000, clone_epochs=2, clone_batch=64, clone_up="keep", clone_target="distribution"
)
"""Rates of TD3+BC's own paper; the up-mapping stays the span of the prefixes that the model has seen."""
Judge = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""States behind replies (n, width) to what they are worth (n,)."""
BEGINNINGS = 64
"""Actions that are tried as the one that cloning begins with."""
CLONED = 4_000
"""Replies that are cloned."""


def own_replies(room: Room, games: Sequence[Game], *, seed: int) -> list[Cloned]:
    """What the model said by itself in games: prompts and replies."""
    found = [
        Cloned(prompt, [*reply, room.rules.stop])
        for game in games
        for prompt, reply in zip(room.prompts(game), (said for side, said in game.said if side == 0), strict=True)
    ]
    chosen = np.random.default_rng(seed).permutation(len(found))[:CLONED]
    return [found[place] for place in chosen]


@torch.no_grad()  # type: ignore[untyped-decorator]
def begin_near(room: Room, planner: Planner, among: torch.Tensor, examples: Sequence[Cloned]) -> float:
    """Let the actor begin at the action of `among` (n, dimension) behind which the replies are likeliest, in every state.

    Many actions leave a model as it is, and cloning finds whichever is near its beginning: begun by chance, it ends among
    rows that the model never saw, and so does all that is explored from there. Returns the nats a token.
    """
    frozen = Frozen(room.voice.model, bos_id=room.rules.begin)
    prompts, replies = [one.ids for one in examples], [one.reply for one in examples]
    tokens, best, least = sum(map(len, replies)), among[0], float("inf")
    drawn = torch.randperm(len(among), generator=torch.Generator().manual_seed(0))[:BEGINNINGS]
    for action in among[drawn]:
        rows = planner.embedded(action.expand(len(examples), -1))
        nats = float(frozen.losses(prompts, replies, rows, planner.shape.place)[0].sum()) / tokens
        if nats < least:
            best, least = action, nats
    last = planner.actor[-1]
    last.weight.mul_(0.1)
    last.bias.copy_(best)
    return least


def cloned(room: Room, planner: Planner, examples: Sequence[Cloned], *, settings: TrainingSettings) -> dict[str, float]:
    """Stage 1 in place: nats a token without rows, behind the first rows, behind the cloned ones."""
    frozen = Frozen(room.voice.model, bos_id=room.rules.begin)
    found = clone(frozen, planner, examples, settings)
    return {"unsteered": found.unsteered, "before": found.before, "after": found.after}


def taught(planner: Planner, replay: Replay, *, settings: TrainingSettings) -> dict[str, float]:
    """Stage 2 in place."""
    found = train(planner, replay, settings)
    return {"critic_loss": found.critic_loss, "value": found.value, "distance": found.distance}


def sample_critic(found: Returns, *, hidden: int, seed: int, steps: int) -> Judge:
    """The value of the state behind a reply, as wide a net as a planner's critic, from as many games."""
    torch.manual_seed(seed)
    states, rewards = torch.from_numpy(found.behind), torch.from_numpy(found.rewards)
    standard = Standard.of(states)
    net = nn.Sequential(
        nn.Linear(states.shape[1], hidden), nn.SiLU(), nn.Linear(hidden, 256), nn.SiLU(), nn.Linear(256, 1)
    )
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4, weight_decay=1e-2)
    for _ in range(steps):
        places = torch.randint(len(states), (256,))
        loss = functional.mse_loss(net(standard(states[places]))[:, 0], rewards[places])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def value(behind: NDArray[np.float32]) -> NDArray[np.float32]:
        judged: NDArray[np.float32] = net(standard(torch.from_numpy(behind)))[:, 0].numpy()
        return judged

    judge: Judge = value
    return judge


def imitate(planner: Planner, states: NDArray[np.float32], actions: torch.Tensor, *, steps: int = 2_000) -> None:
    """Stage 1 where the state is another's: the actor learns to do in `states` (n, width) what `actions` (n, dimension)
    did, which were cloned from the model's own states of the same turns. `cloned` is then a copy."""
    seen = torch.from_numpy(states)
    planner.actor.requires_grad_(True)
    optimizer = torch.optim.AdamW(planner.actor.parameters(), lr=1e-3)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 1e-3 * (1 - step / steps)
        places = torch.randint(len(seen), (256,))
        loss = (planner.act(seen[places]) - actions[places]).square().sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    planner.cloned.load_state_dict(planner.actor.state_dict())
    planner.requires_grad_(False)
