"""The connector of a watched folder: real files, moved, changed, deleted, and all that is no note."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from tests.connectors.conformance import Conformance
from tests.connectors.worlds.files import FilesWorld

pytestmark = pytest.mark.integration


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FilesWorld]:
    made = FilesWorld(tmp_path / "notes")
    made.folder.mkdir()
    yield made
    made.close()


class TestConformance(Conformance):
    largest_cursor: ClassVar[int] = 800_000
    """A folder tells nobody what it held before; the cursor is the only memory of that."""
