"""A web server on loopback, the ways out to it, and one reader of documents for all worlds of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.transport import WaysOut
from tests.servers import WebServer, loopback_policy


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def ways_out() -> Iterator[WaysOut]:
    ways_out = WaysOut(loopback_policy(timeout_s=20))
    yield ways_out
    ways_out.close()


@pytest.fixture(scope="module")
def reader() -> Iterator[WaysOut]:
    """Has the process that reads what comes from outside: each takes a while to start, so worlds share it."""
    ways_out = WaysOut(loopback_policy())
    yield ways_out
    ways_out.close()
