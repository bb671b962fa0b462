"""Slack holds to what every connector does, and brings what a reader of it expects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.conformance import Conformance
from tests.connectors.worlds.slack import SlackWorld

pytestmark = pytest.mark.integration


@pytest.fixture
def world() -> Iterator[SlackWorld]:
    world = SlackWorld()
    yield world
    world.close()


class TestSlack(Conformance):
    pass
