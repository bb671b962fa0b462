"""The service follows its configuration file, whole or not at all, without restart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.errors import BadConfiguration
from assistant.home import Home
from assistant.progress import Cancelled
from assistant.service import Service
from assistant.status import status
from memory.store import sources
from tests.fakes import HeldIndex, WordEmbedder

FEED = "[[sources]]\nname = 'a'\nkind = 'feeds'\nurl = 'https://example.org/feed'\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path)
    home.config_file.write_text(FEED)
    return home


def start(home: Home) -> Service:
    return Service(
        home, clock=FakeClock(datetime(2026, 3, 2, 6, tzinfo=UTC)), embedder=WordEmbedder(), make_index=HeldIndex
    )


@pytest.fixture
def service(home: Home) -> Iterator[Service]:
    service = start(home)
    yield service
    service.close()


def rewrite(home: Home, text: str) -> None:
    """As an editor does: another file in its place."""
    draft = home.config_file.with_suffix(".draft")
    draft.write_text(text)
    os.replace(draft, home.config_file)


def test_a_changed_file_is_taken_up(service: Service, home: Home) -> None:
    rewrite(home, FEED + "[digest]\nentries = 3\n")
    assert service.reload()
    assert service.settings.digest.entries == 3
    assert not service.reload()


def test_a_file_with_a_mistake_changes_nothing_and_is_told(
    service: Service, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    before = service.settings
    rewrite(home, FEED + "[digest]\nentires = 3\n")
    assert not service.reload()
    assert not service.reload()
    assert service.settings is before
    assert any("entires" in sentence for sentence in status(service).attention)
    assert len(caplog.records) == 1
    rewrite(home, FEED)
    service.reload()
    assert service.configuration_problem is None


def test_a_corrected_file_of_a_secret_is_taken_up(service: Service, home: Home, tmp_path: Path) -> None:
    rewrite(home, FEED + "username = 'ada'\npassword_file = 'secret'\n")
    assert not service.reload()
    assert "secret" in str(service.configuration_problem)
    secret = tmp_path / "secret"
    secret.write_text("first")
    secret.chmod(0o600)
    assert service.reload()
    assert service.configuration_problem is None
    secret.write_text("second")
    assert service.reload()
    assert service.settings.sources[0].options.password.get_secret_value() == "second"
    assert not service.reload()


def test_a_corrected_source_is_not_kept_waiting(service: Service, home: Home) -> None:
    now = service.clock.now()
    rewrite(home, FEED + FEED.replace("'a'", "'b'"))
    service.reload()
    failure = sources.Failure(at=now, next_poll_at=now + timedelta(hours=9), kind="Misconfigured", sentence="404.")
    with service.database.write() as session:
        for name in ("a", "b"):
            sources.record_failure(session, sources.ensure(session, name, "feeds", now), failure)
    rewrite(home, FEED.replace("/feed'", "/new'") + FEED.replace("'a'", "'b'"))
    service.reload()
    with service.database.read() as session:
        assert {row.name: row.next_poll_at is None for row in sources.live(session)} == {"a": True, "b": False}


def test_a_service_does_not_start_on_a_file_with_a_mistake(home: Home) -> None:
    rewrite(home, "[digest]\nentires = 3\n")
    with pytest.raises(BadConfiguration):
        start(home)


def test_a_source_that_is_named_no_more_is_retired_and_its_row_kept(service: Service, home: Home) -> None:
    with service.database.write() as session:
        sources.ensure(session, "a", "feeds", service.clock.now())
        sources.ensure(session, "notes", "user", service.clock.now())
    rewrite(home, "")
    service.reload()
    with service.database.read() as session:
        assert [row.name for row in sources.live(session)] == ["notes"]
        assert sources.by_name(session, "a") is not None


def test_a_change_of_the_network_replaces_the_ways_out(service: Service, home: Home) -> None:
    before = service.ways_out
    rewrite(home, FEED + "[network]\nallow_private = ['127.0.0.1']\n")
    service.reload()
    assert service.ways_out is not before


def test_another_embedder_waits_for_a_reindex(service: Service, home: Home) -> None:
    rewrite(home, FEED + "[memory]\nembedder = 'other/model'\n")
    service.reload()
    answer = status(service)
    assert (answer.memory.embedder, answer.memory.wanted_embedder) == (
        "sentence-transformers/all-MiniLM-L6-v2",
        "other/model",
    )
    assert any("telos memory reindex" in sentence for sentence in answer.attention)
    service.close()
    again = start(home)
    assert again.serving.embedder == "sentence-transformers/all-MiniLM-L6-v2"
    again.close()


def test_an_embedder_that_cannot_be_had_keeps_status_from_nothing(home: Home, tmp_path: Path) -> None:
    rewrite(home, FEED + f"[memory]\nembedder = '{tmp_path / 'nobody' / 'has-this-model'}'\n")
    service = Service(home)
    try:
        assert status(service).memory.index_rss_mb == 0
        service.end_children()
    finally:
        service.close()


def test_work_is_cancelled_when_the_service_stops(service: Service) -> None:
    seen: list[int] = []
    progress = service.heeding(lambda done, total, what: seen.append(done))
    progress(1, 2, "")
    service.stopping.set()
    with pytest.raises(Cancelled):
        progress(2, 2, "")
    assert seen == [1]


def test_status_names_what_needs_the_user(service: Service) -> None:
    answer = status(service)
    assert [(source.name, source.health) for source in answer.sources] == [("a", "new")]
    assert answer.attention == []
