"""A digest with a real, tiny model in its own process: what random weights write does not stand, and all comes on time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from assistant import calls, digests
from assistant.clock import FakeClock
from assistant.config.schema import DigestSettings, ModelSettings, Settings, SourceSettings, UserSettings
from assistant.engine.local import LocalEngine
from assistant.home import Home
from assistant.service import Service
from assistant.status import status
from assistant.stories.placing import place
from memory.identity import NewItem
from memory.store import items, sources
from tests.assistant.newsroom import embed
from tests.assistant.test_digest import TOPICS
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder
from tests.tiny_models import tiny_model

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("model digest")]

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home.at(tmp_path_factory.mktemp("home"))
    home.prepare()
    write_empty(home.database)
    model = tiny_model("qwen3", tmp_path_factory.mktemp("model"), layers=2, context=4096)
    settings = Settings(
        user=UserSettings(timezone="UTC"),
        model=ModelSettings(engine="local", name=str(model), device="cpu", dtype="float32", compile=False),
        digest=DigestSettings(entries=2, write_minutes=1.0),
        sources=(SourceSettings(name="town", kind="feeds"),),
    )
    embedder = WordEmbedder()
    service = Service(home, clock=FakeClock(NOW), settings=settings, embedder=embedder, make_index=HeldIndex)
    with service.database.write() as session:
        source = sources.ensure(session, "town", "feeds", NOW)
        assert source.id is not None
        published = NOW - timedelta(hours=1)
        new = [
            NewItem(external_id=name, title=f"About {name}", text=text, published=published, language="en")
            for name, text in TOPICS.items()
        ]
        embed(session, embedder, items.save(session, source.id, new, NOW).new_ids)
    place(service.database, embedder_slug=embedder.slug, now=NOW)
    yield service
    service.close()


def test_what_random_weights_write_is_dropped_and_logged_and_extraction_stands(service: Service) -> None:
    digest = digests.preview(service)
    assert digest.writer == "extractive"
    assert len(digest.entries) == 2
    assert all(sentence.text in TOPICS.values() for entry in digest.entries for sentence in entry.sentences)
    assert len([note for note in digest.notes if note.kind.startswith("writer")]) == 1
    made = calls.recent(service, 50)
    assert made
    assert {(line.task, line.purpose, line.engine) for line in made} == {("digest", "story", "local")}
    assert all(line.prompt_tokens > 100 for line in made if line.outcome == "done")
    answer = status(service)
    assert answer.spending[0].tokens == sum(line.prompt_tokens + line.new_tokens for line in made)
    assert answer.models[0].rss_mb > 50


def test_a_process_that_is_killed_holds_no_digest(service: Service) -> None:
    engine = service.engines.of("digest")
    assert isinstance(engine, LocalEngine)
    if engine.pid is not None:
        os.kill(engine.pid, signal.SIGKILL)
    hurried = service.settings.digest.model_copy(update={"write_minutes": 0.1 / 60})
    service.settings = service.settings.model_copy(update={"digest": hurried})
    digest = digests.preview(service)
    assert digest.writer == "extractive"
    assert len(digest.entries) == 2
    assert next(note.kind for note in digest.notes if note.is_trouble) == "writer_late"
