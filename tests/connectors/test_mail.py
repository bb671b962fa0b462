"""The mail source against a real Dovecot: what every connector holds to, and what is a mailbox's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance
from tests.connectors.worlds.mail import MailWorld
from tests.servers import loopback_policy

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def reader() -> Iterator[WaysOut]:
    """One process that reads mail, for all tests."""
    ways_out = WaysOut(loopback_policy(timeout_s=20.0))
    yield ways_out
    ways_out.close()


@pytest.fixture
def world(reader: WaysOut) -> Iterator[MailWorld]:
    world = MailWorld(reader)
    yield world
    world.close()


class TestMail(Conformance):
    pass
