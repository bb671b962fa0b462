"""Bluesky holds to what every connector does, and brings what a reader of it expects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance
from tests.connectors.worlds.bluesky import BlueskyWorld
from tests.servers import loopback_policy

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def reader() -> Iterator[WaysOut]:
    """One process that reads answers for all worlds."""
    ways_out = WaysOut(loopback_policy(timeout_s=60.0))
    yield ways_out
    ways_out.close()


@pytest.fixture
def world(reader: WaysOut) -> Iterator[BlueskyWorld]:
    world = BlueskyWorld(reader)
    yield world
    world.close()


class TestBluesky(Conformance):
    pass
