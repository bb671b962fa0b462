"""A planner that was cloned from the tiny model once, for all tests that begin with one."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    """Its file, outside the folder of training."""
    from tests.assistant.steering import talks  # lazy for its weight: torch, which other tests do without

    path = tmp_path / "start.safetensors"
    path.write_bytes(talks.cloned_planner())
    return path
