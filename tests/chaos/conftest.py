"""What is killed again and again here is forked from one process, so that every failpoint takes its turn in a minute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.daemon import Daemon
from tests.integration.forked import Forge


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    with Forge() as forge:
        yield forge


@pytest.fixture
def daemon(tmp_path: Path, forge: Forge) -> Daemon:
    """A home of its own; nothing runs there yet."""
    return Daemon(tmp_path / "home", forge=forge)
