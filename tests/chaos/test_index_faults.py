"""The folder of the indexes is deleted: what is searched is found by its words meanwhile, and the indexes come back by themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant import memories
from assistant.answers.memory import Query
from assistant.jobs.duties import INDEX, duty
from memory import integrity
from tests.chaos.house import House, house

pytestmark = pytest.mark.integration

TEXTS = ("The night ferry leaves at nine.", "The orchard is pruned in March.", "A copper lantern hangs in the hall.")


def found(home: House) -> list[str]:
    return [hit.title for hit in memories.search(home.service, Query(query="copper lantern hall")).hits]


def faults(home: House) -> list[object]:
    with home.service.database.read() as session:
        return list(integrity.of_indexes(session, home.service.vectors, home.service.embedder.dimension))


@pytest.mark.parametrize("is_restarted", [True, False], ids=["before a start", "while it runs"])
def test_indexes_whose_folder_was_deleted_are_made_anew_though_nothing_waits(
    tmp_path: Path, *, is_restarted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with house(tmp_path) as home:
        home.serve_items(*TEXTS)
        home.runner.run("poll:north")
        home.runner.run(INDEX)
        assert duty(home.service, INDEX).at is None
        assert faults(home) == []

        shutil.rmtree(home.home.index)
        if is_restarted:
            home.restart()
        assert found(home)[0] == "Number 2"
        assert duty(home.service, INDEX).at == home.clock.now()
        home.runner.run(INDEX)
        assert faults(home) == []
        assert home.service.vectors.matrix.is_on_disk
        assert found(home)[0] == "Number 2"
        assert duty(home.service, INDEX).at is None
        assert any("are gone, and are made anew" in line for line in caplog.messages) != is_restarted
