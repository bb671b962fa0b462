"""Real documents through the gate: each is taken whole, and a second reading of it brings nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.config.schema import SourceSettings
from assistant.ingest.polling import Ingest, poll_source
from connectors.feeds import FeedOptions
from connectors.transport import WaysOut
from memory.models import Stage
from memory.store import items, sources
from memory.store.connection import Database
from tests.servers import loopback_policy

pytestmark = pytest.mark.integration

CLOCK = FakeClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
NO_FEED = {"xml_iso88591.xml", "xml_iso88591_utf8_mismatch.xml", "xml_sample_1.xml", "xml_sample_2.xml"}
"""Samples of XML as such: the failure says that they are no feed."""


@pytest.fixture
def ingest(database: Database) -> Iterator[Ingest]:
    ways_out = WaysOut(loopback_policy(timeout_s=20.0))
    yield Ingest(database, ways_out, CLOCK)
    ways_out.close()


def feed(path: Path) -> SourceSettings:
    options = FeedOptions(url=str(path), first_run_items=100_000, first_run_days=40_000)
    return SourceSettings(name=path.name, kind="feeds", options=options)


def test_every_real_document_is_kept_and_read_again_without_a_change(ingest: Ingest, shared_data: Path) -> None:
    documents = [path for path in sorted((shared_data / "feeds").rglob("*")) if path.is_file()]
    feeds = [path for path in documents if not path.name.endswith((".expected.json", ".md", ".txt"))]
    assert len(feeds) > 50
    brought = 0
    refused = set()
    for path in feeds:
        first = poll_source(ingest, feed(path))
        brought += first.new
        if first.failure is not None:
            assert "not a feed" in first.failure
            refused.add(path.name)
            continue
        forget_cursor(ingest.database, path.name)
        again = poll_source(ingest, feed(path))
        assert (again.failure, again.new, again.updated) == (None, 0, 0), path.name
    assert refused == NO_FEED
    with ingest.database.read() as session:
        assert items.count(session) == brought
        texts = items.in_stage(session, Stage.STORED, brought)
    assert len(texts) == brought
    assert not [version.title for version in texts if "\ufffd" in version.title + version.text]


def forget_cursor(database: Database, name: str) -> None:
    """As if the whole document were new again."""
    with database.write() as session:
        source = sources.by_name(session, name)
        assert source is not None
        source.cursor = None
        session.add(source)
