"""Reddit: by its feeds without credentials, by its API with them; against a server that speaks both, and recordings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.conformance import Conformance
from tests.connectors.worlds.reddit import RedditFeedWorld, RedditWorld

pytestmark = pytest.mark.integration


class TestRedditByTheApi(Conformance):
    @pytest.fixture
    def world(self) -> Iterator[RedditWorld]:
        world = RedditWorld()
        yield world
        world.close()


class TestRedditByItsFeeds(Conformance):
    @pytest.fixture
    def world(self) -> Iterator[RedditFeedWorld]:
        world = RedditFeedWorld()
        yield world
        world.close()
