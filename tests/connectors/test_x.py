"""X: timelines by page and budget, posts as items, refusals by remedy; a server that speaks API v2, and recordings of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.conformance import Conformance
from tests.connectors.worlds.x import XWorld

pytestmark = pytest.mark.integration


class TestUsersOfX(Conformance):
    """A timeline that can be asked by ids, as the search and the home timeline can."""

    @pytest.fixture
    def world(self) -> Iterator[XWorld]:
        world = XWorld("users")
        yield world
        world.close()


class TestListsOfX(Conformance):
    """A timeline that can only be paged by tokens."""

    @pytest.fixture
    def world(self) -> Iterator[XWorld]:
        world = XWorld("lists")
        yield world
        world.close()
