"""Where an up-mapping comes from without cloning: the principal directions of the model's own token embeddings.

The matrix that turns an action into prefix rows is then orthogonal block by block, so that every row is as long as
`radius` mean embeddings whatever the action (Dialogue Action Tokens, arXiv 2406.11978, offers it beside a learnt
one). It knows no state and no reward; training calls it once for a new planner.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from assistant.steering.planner import Planner

AT_ONCE = 16_384
"""Token embeddings that are asked of the model at once."""
_POWER_ITERATIONS, _MORE = 6, 32
"""Of the randomised decomposition, and directions beyond those that are kept: the spectra of embeddings fall slowly."""


def embeddings_of(model: Any) -> Tensor:
    """The rows as which a model reads its tokens, float32 of shape (vocabulary, width), with any scale it puts on them."""
    table = model.get_input_embeddings()
    tokens = torch.arange(table.weight.shape[0], device=table.weight.device)
    with torch.no_grad():
        return torch.cat([table(part).float() for part in tokens.split(AT_ONCE)])


def mean_norm(embeddings: Tensor) -> float:
    """The mean length of token embeddings, of shape (vocabulary, width)."""
    return float(embeddings.float().norm(dim=1).mean())


def by_pca(planner: Planner, embeddings: Tensor, *, seed: int = 0) -> None:
    """Set `planner.up` from token embeddings of shape (vocabulary, width).

    Its blocks, one a row, are the same principal directions, each turned by a rotation of its own: the rows of an action
    are distinct, and all as long as the action. A model narrower than the action has too few directions for that; there
    a row is a projection of the action, as long as it on average.
    """
    shape = planner.shape
    kept = min(shape.dimension, shape.row_width)
    generator = torch.Generator().manual_seed(seed)
    directions = _principal(embeddings.float().cpu(), kept, seed)
    scale = (shape.dimension / kept) ** 0.5
    blocks = [
        scale * directions @ _orthogonal(shape.dimension, generator, turned=block > 0)[:kept]
        for block in range(shape.rows)
    ]
    with torch.no_grad():
        planner.up.weight.copy_(torch.cat(blocks))


def _principal(embeddings: Tensor, count: int, seed: int) -> Tensor:
    """Orthonormal columns, (width, count): the directions in which the embeddings vary most, the first one most."""
    vocabulary, width = embeddings.shape
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _, _, found = torch.pca_lowrank(embeddings, q=min(count + _MORE, vocabulary, width), niter=_POWER_ITERATIONS)
        found = found[:, :count]
        if found.shape[1] < count:  # fewer tokens than directions: the rest is drawn
            found = torch.cat([found, torch.randn(width, count - found.shape[1])], dim=1)
    directions: Tensor = torch.linalg.qr(found).Q
    return directions


def _orthogonal(size: int, generator: torch.Generator, *, turned: bool) -> Tensor:
    """A random rotation of shape (size, size), or none at all."""
    if not turned:
        return torch.eye(size)
    rotation: Tensor = torch.linalg.qr(torch.randn(size, size, generator=generator)).Q
    return rotation
