"""A worker that runs out of memory is one failed call: tried once more, then said in a sentence, and nothing is lost."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path

import pytest

from assistant import memories
from assistant.answers.memory import Query
from assistant.config.schema import MemorySettings
from assistant.jobs.duties import INDEX
from assistant.workers.embedder import WorkerEmbedder
from assistant.workers.weights import EmbedderUnavailable
from connectors.child.parent import Child
from tests.chaos.greedy import DIMENSION, MEMORY_MB, Greedy
from tests.chaos.house import house

pytestmark = pytest.mark.integration


class GreedyEmbedder(WorkerEmbedder):
    """The embedder whose process has a model that eats memory."""

    slug = "greedy"
    dimension = DIMENSION

    def __init__(self, notes: Path, times: int) -> None:
        super().__init__(MemorySettings())
        self._notes, self._times = notes, times

    def knows_language(self, code: str) -> bool:
        return True

    @cached_property
    def _child(self) -> Child:
        return Child(partial(Greedy, self._notes, self._times), name="telos-embedder", memory_mb=MEMORY_MB)


def test_an_embedder_that_ran_out_of_memory_is_asked_once_more_unseen(tmp_path: Path) -> None:
    embedder = GreedyEmbedder(tmp_path / "notes", times=1)
    assert embedder.encode(["The ferry leaves."]).shape == (1, DIMENSION)
    assert (tmp_path / "notes").read_text() == "xx"
    embedder.close()


def test_an_embedder_without_memory_is_a_sentence_and_texts_are_found_by_their_words(tmp_path: Path) -> None:
    embedder = GreedyEmbedder(tmp_path / "notes", times=2)
    with pytest.raises(EmbedderUnavailable, match=r"failed twice: .* ran out of the memory .* Free some memory"):
        embedder.encode(["The ferry leaves."])
    assert (tmp_path / "notes").read_text() == "xx"

    with house(tmp_path) as home:
        (tmp_path / "notes").unlink()
        home.service.embedder = embedder
        home.service.vectors = home.service.vectors_of(embedder)
        home.runner.run("poll:north")
        outcome = home.runner.run(INDEX)
        assert "1 wait for the embedder: The embedder" in outcome.sentence
        assert "ran out of the memory it may use" in outcome.sentence
        [hit] = memories.search(home.service, Query(query="night ferry")).hits
        assert hit.title == "Number 0"

        home.runner.run(INDEX)  # there is memory again
        assert home.rows("SELECT DISTINCT stage FROM version") == [("INDEXED",)]
        embedder.close()
