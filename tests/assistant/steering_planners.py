"""Planners for tiny models: drawn, not trained, with rows from the model's own embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from assistant.engine.contract import Place, Steer
from assistant.steering.choosing import Chooser
from assistant.steering.planner import Planner, Shape
from assistant.steering.state import Standard
from assistant.steering.up_mapping import by_pca, embeddings_of, mean_norm
from tests.assistant.at_work import model_of
from tests.tiny_models import Kind

DIMENSION = 8
FINGERPRINT = "the tiny model"
NOWHERE = Path("nowhere.safetensors")


def drawn_planner(model: Any, *, fingerprint: str = FINGERPRINT, seed: int = 0, place: Place = "end") -> Planner:
    """A planner of random weights for `model`, whose actions depend on the state."""
    embeddings = embeddings_of(model)
    width = embeddings.shape[1]
    shape = Shape(
        fingerprint=fingerprint,
        width=width,
        norm=mean_norm(embeddings),
        dimension=DIMENSION,
        hidden=16,
        place=place,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        planner: Planner = Planner(shape, Standard.of(torch.randn(50, width) * 3 + 1)).requires_grad_(False)
    by_pca(planner, embeddings)
    return planner


def chooser_of(kind: Kind, *, place: Place = "end", **steer: Any) -> Chooser:
    """An order's planner for a tiny model of `kind`; no file stands behind it."""
    return Chooser(drawn_planner(model_of(kind)), Steer(planner=NOWHERE, place=place, **steer))
