"""The planner: from the state of a conversation to an action, and from the action to rows of input embeddings.

An actor and two critics (Dialogue Action Tokens, arXiv 2406.11978), the actor as it was after self-cloning, and
the up-mapping, which is fixed after cloning. An action is a unit vector wherever it is kept or judged; as rows it is as
long as `radius` mean embeddings of the model. `planner_file` keeps one; `clone` and `td3_bc` train it. It knows no text.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.engine.contract import Place
from assistant.steering.state import Standard

CRITIC_WIDTH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a planner is made for, and how large it is.

    `fingerprint` names the model, `width` how wide its states are, `row_width` how wide its input embeddings are (0 says:
    as wide as a state), `norm` the mean norm of its token embeddings. `dimension` is the action's, `rows` the number of
    prefix tokens, `hidden` how wide the actor's layers are, `radius` how many mean embeddings long a row is.
    """

    fingerprint: str
    width: int
    norm: float
    dimension: int = 64
    rows: int = 2
    hidden: int = 1024
    radius: float = 1.0
    place: Place = "end"
    row_width: int = 0

    def __post_init__(self) -> None:
        if not self.row_width:
            object.__setattr__(self, "row_width", self.width)


class Planner(nn.Module):  # type: ignore[misc]  # torch is not read by the type checker
    """Everything that steers one model. Networks take states as the model gives them: they are standardised within."""

    def __init__(self, shape: Shape, standard: Standard | None = None) -> None:
        super().__init__()
        self.shape = shape
        self.standard = standard or Standard(shape.width)
        self.actor = _actor(shape)
        self.cloned = _actor(shape)
        """The actor after self-cloning: what it does is what the model does without steering."""
        self.critics = nn.ModuleList(_critic(shape) for _ in range(2))
        self.up = nn.Linear(shape.dimension, shape.rows * shape.row_width, bias=False)

    def act(self, states: Tensor) -> Tensor:
        """The actions for `states` of shape (n, width): unit vectors, (n, dimension)."""
        return on_sphere(self.actor(self.standard(states)))

    def cloned_act(self, states: Tensor) -> Tensor:
        """The actions that leave the model as it is, as far as cloning found them: unit vectors, (n, dimension)."""
        return on_sphere(self.cloned(self.standard(states)))

    def values(self, states: Tensor, actions: Tensor) -> Tensor:
        """What both critics expect of `actions`, unit vectors of shape (n, dimension): (2, n), in rewards to come."""
        seen = torch.cat([self.standard(states), actions], dim=-1)
        return torch.stack([critic(seen)[:, 0] for critic in self.critics])

    def embedded(self, actions: Tensor) -> Tensor:
        """The rows for `actions`, unit vectors of shape (n, dimension): input embeddings, (n, rows, row_width)."""
        scale = self.shape.radius * self.shape.norm
        rows: Tensor = self.up(scale * actions).view(-1, self.shape.rows, self.shape.row_width)
        return rows


def on_sphere(vectors: Tensor) -> Tensor:
    """`vectors` of shape (n, dimension) with length 1 each."""
    return functional.normalize(vectors, dim=-1)


def _actor(shape: Shape) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(shape.width, shape.hidden),
        nn.SiLU(),
        nn.Linear(shape.hidden, shape.hidden),
        nn.SiLU(),
        nn.Linear(shape.hidden, shape.dimension),
    )


def _critic(shape: Shape) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(shape.width + shape.dimension, shape.hidden),
        nn.SiLU(),
        nn.Linear(shape.hidden, CRITIC_WIDTH),
        nn.SiLU(),
        nn.Linear(CRITIC_WIDTH, 1),
    )
