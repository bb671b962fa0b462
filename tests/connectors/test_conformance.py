"""Feeds and arXiv hold to what every connector does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance
from tests.connectors.world import World
from tests.connectors.worlds.arxiv import ArxivWorld
from tests.connectors.worlds.feeds import FeedsWorld

pytestmark = pytest.mark.integration


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
