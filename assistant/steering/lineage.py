"""The lineage of a planner: the name of its up-mapping, without which an action means nothing.

Planners that learnt from rewards share it with the cloned one that they began as; another cloning makes another. Logged
actions are learnt from only within their own.
"""

from __future__ import annotations

from hashlib import sha256

import torch

from assistant.steering.planner import Planner


def lineage_of(planner: Planner) -> str:
    """Twelve letters: the same for planners that turn each action into the same rows at the same place."""
    shape = planner.shape
    weights = planner.up.weight.detach().to("cpu", torch.float32).contiguous()
    made_for = f"{shape.fingerprint} {shape.place} {shape.rows} {shape.radius * shape.norm!r}"
    return sha256(made_for.encode() + weights.numpy().tobytes()).hexdigest()[:12]
