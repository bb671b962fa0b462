"""Feeds and arXiv hold to what every connector does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance, World
from tests.connectors.worlds.arxiv import ArxivWorld
from tests.connectors.worlds.feeds import FeedsWorld
from tests.servers import loopback_policy

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def reader() -> Iterator[WaysOut]:
    """One process that reads documents for all worlds of feeds."""
    ways_out = WaysOut(loopback_policy(timeout_s=20.0))
    yield ways_out
    ways_out.close()


class TestFeeds(Conformance):
    largest_cursor = 400_000  # a print of each entry that the document holds

    @pytest.fixture
    def world(self, reader: WaysOut) -> Iterator[World]:
        world = FeedsWorld(reader)
        yield world
        world.close()


class TestArxiv(Conformance):
    most_repeated = 1000  # what the listing holds of the last three days

    @pytest.fixture
    def world(self) -> Iterator[World]:
        world = ArxivWorld()
        yield world
        world.close()
