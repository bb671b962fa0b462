"""Vectors for tests of steering: the same for the same seed."""

from __future__ import annotations

import numpy as np

from assistant.engine.contract import Floats


def vector(width: int, *, seed: int = 0) -> Floats:
    """(width,), float32, of length 1."""
    drawn = np.random.default_rng(seed).standard_normal(width).astype(np.float32)
    return drawn / np.linalg.norm(drawn)
