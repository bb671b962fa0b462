"""The verbs on memory, as the API and the command line call them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import memories
from assistant.answers.memory import Filters, Lines, Note, Query
from assistant.clock import FakeClock
from assistant.config.schema import MemorySettings, Settings, UserSettings
from assistant.errors import NotFound
from assistant.home import Home
from assistant.ingest import reindexing
from assistant.ingest.indexing import Indexing
from assistant.progress import unheard
from assistant.service import Service
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    settings = Settings(user=UserSettings(timezone="Asia/Tokyo"))
    service = Service(
        Home.at(tmp_path), settings=settings, clock=FakeClock(NOW), embedder=WordEmbedder(), make_index=HeldIndex
    )
    yield service
    service.close()


def bring(service: Service, *lines: object) -> list[str]:
    """Import and index lines; the problems."""
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    done = memories.import_lines(service, Lines(lines=written))
    memories.index(service, unheard)
    return done.problems


def refs(service: Service, **filters: object) -> set[str]:
    query = Query(query="bees", filters=Filters.model_validate(filters))
    return {hit.ref for hit in memories.search(service, query).hits}


def test_a_day_of_a_filter_is_one_of_the_user(service: Service) -> None:
    """23:00 UTC of the first is 08:00 of the second in Tokyo."""
    bring(
        service,
        {"ref": "first", "text": "Bees of the first.", "time": "2026-04-01T23:00:00+09:00"},
        {"ref": "second", "text": "Bees of the second.", "time": "2026-04-01T23:00:00Z"},
    )
    assert refs(service, since="2026-04-02T00:00:00") == {"second"}
    assert refs(service, until="2026-04-02T00:00:00") == {"first"}
    assert refs(service, since="2026-04-02T00:00:00Z") == set()


def test_a_source_that_there_is_not_is_named_rather_than_silent(service: Service) -> None:
    bring(service, {"ref": "a", "text": "Bees dance."})
    assert refs(service, source="import") == {"a"}
    with pytest.raises(NotFound, match="no source 'imports'"):
        refs(service, source="imports")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param("{", "it is no JSON", id="no JSON"),
        pytest.param("[1]", "it is no JSON object", id="no object"),
        pytest.param({"ref": "a"}, "it has no 'text'", id="no text"),
        pytest.param({"ref": " ", "text": "x"}, "it has no 'ref'", id="an empty ref"),
        pytest.param({"ref": "a", "text": "x", "time": "soon"}, "its time 'soon' is not as in", id="no time"),
    ],
)
def test_a_bad_line_is_named_and_stops_no_other(service: Service, line: object, problem: str) -> None:
    (said,) = bring(service, {"ref": "good", "text": "Bees dance."}, line)
    assert said.startswith(f"Line 2 was passed over: {problem}")
    assert refs(service) == {"good"}


def test_a_note_says_where_it_came_from_and_is_in_no_story(service: Service) -> None:
    added = memories.add(service, Note(text="The shed key is with Ana.", title="Keys"))
    memories.index(service, unheard)
    view = memories.show(service, added.item_id)
    assert (view.source, view.title, view.story_id) == ("notes", "Keys", None)


def test_what_arrives_while_the_embedder_changes_gets_the_vectors_of_the_new_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(service, {"ref": "early", "text": "Bees dance."})
    other = WordEmbedder(32)
    other.slug = "other-32"
    complete, late = reindexing.complete, [{"ref": "late", "text": "Bees rest."}]

    def complete_while_something_arrives(parts: Indexing) -> None:
        complete(parts)
        if late:
            bring(service, late.pop())

    monkeypatch.setattr(reindexing, "complete", complete_while_something_arrives)
    monkeypatch.setattr(memories, "WorkerEmbedder", lambda _: other)
    service.settings = service.settings.model_copy(update={"memory": MemorySettings(embedder="other")})
    done = memories.reindex(service, unheard)
    assert (done.embedded, done.slug) == (2, "other-32")
    assert len(service.vectors.index) == len(service.vectors.matrix) == 2
    assert refs(service) == {"early", "late"}
