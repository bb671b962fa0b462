"""The homes that growth is measured in: the same for one seed, gone on with after an end, searched without loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.home import Home
from benchmarks import scale_asked, scale_home
from benchmarks.scale import _growth
from benchmarks.scale_asked import Prepared, filtered, loss, questions
from benchmarks.scale_home import Drawn, fill
from memory import frequent, reach
from memory.store import items
from memory.store.connection import Database
from memory.vectors import Vectors
from tests.fakes import HeldIndex


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (scale_home, scale_asked):
        monkeypatch.setattr(module, "PAGE", 80)
        monkeypatch.setattr(module, "VOCABULARY", 300)
    monkeypatch.setattr(scale_asked, "EACH", 2)
    monkeypatch.setattr(frequent, "LEAST", 20)
    monkeypatch.setattr(frequent, "LEAST_CHUNKS", 100)
    monkeypatch.setattr(reach, "MANY", 60)


def test_one_seed_draws_the_same_items_page_by_page() -> None:
    one, other = Drawn(3), Drawn(3)
    assert other.texts(1) == one.texts(1) != one.texts(0)
    assert np.array_equal(other.rows(1), one.rows(1))
    assert Drawn(4).texts(1) != one.texts(1)


def test_a_home_that_was_begun_is_filled_to_the_end_and_searched_without_loss(tmp_path: Path) -> None:
    home, drawn = Home.at(tmp_path / "home"), Drawn(0)
    vectors = Vectors(home.index, Prepared(), HeldIndex)
    fill(home, drawn, 80, vectors)
    filled = fill(home, drawn, 240, vectors)
    assert filled.seconds.keys() == {"rows", "matrix", "chroma", "words"}
    database = Database.open(home.database)
    with database.read() as session:
        assert items.count(session) == 240
    assert (len(vectors.matrix), len(vectors.index)) == (240, 240)
    asked = questions(drawn, 240)
    assert {len(question.words.split()) for question in asked} == set(range(1, 9))
    assert loss(database, vectors, asked) <= 0.02
    assert loss(database, vectors, filtered(asked, 240)) <= 0.05
    database.close()


def test_growth_is_the_power_of_the_number_of_items() -> None:
    assert _growth({"10k": 2.0, "100k": 20.0}) == 1.0
    assert _growth({"10k": 3.0, "1m": 3.0}) == 0.0
    assert _growth({"10k": 3.0}) is None
