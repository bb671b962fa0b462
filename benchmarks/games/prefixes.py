"""The up-mapping of a small model that has seen prefixes: the principal directions of the prefixes that it has seen.

Self-cloning alone learns rows that change nothing, and leaves the other directions to chance; a PCA of all embeddings
spends them on words. What a prefix of L descriptive tokens can be spans (descriptions x L) directions, and an action
reaches all of them and everything between. It knows no game and no reward.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from assistant.steering.planner import Planner, Shape, on_sphere
from benchmarks.games.voice import Place


def planner_over(
    model: Any, descriptions: Sequence[int], *, fingerprint: str, place: Place, hidden: int, seed: int, rows: int = 2
) -> Planner:
    """A planner that has learnt nothing but its up-mapping; `descriptions` are token ids."""
    table = model.get_input_embeddings().weight.float()
    seen = seen_prefixes(table[list(descriptions)], rows)
    norm = float(table.norm(dim=1).mean())
    shape = Shape(
        fingerprint=fingerprint,
        width=table.shape[1],
        norm=norm,
        dimension=min(rows * len(descriptions), rows * table.shape[1]),
        rows=rows,
        hidden=hidden,
        radius=float(seen.norm(dim=1).mean()) / norm,
        place=place,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        planner = Planner(shape)
    directions, _, _ = torch.linalg.svd(seen.T, full_matrices=False)
    planner.up.weight.data.copy_(directions[:, : shape.dimension])
    planner.requires_grad_(False)
    return planner


def actions_of(planner: Planner, model: Any, descriptions: Sequence[int]) -> Tensor:
    """The actions that come nearest to each prefix of descriptive tokens, all of them different: (n, dimension)."""
    table = model.get_input_embeddings().weight.float()
    seen = seen_prefixes(table[list(descriptions)], planner.shape.rows)
    return on_sphere(seen @ planner.up.weight)


def seen_prefixes(rows: Tensor, length: int) -> Tensor:
    """Every ordered choice of `length` different rows, side by side: (n, length * width)."""
    return rows[torch.tensor(list(permutations(range(len(rows)), length)))].flatten(1)
