"""The Chroma index: what goes in is found, what is rebuilt leaves nothing of the old on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from memory.embed import Ids, Rows
from memory.index import VectorIndex

DIMENSION = 16


def unit_rows(count: int, seed: int = 0) -> Rows:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    index = VectorIndex(tmp_path, "words-16")
    yield index
    index.close()


def filled(index: VectorIndex, count: int = 40) -> Ids:
    chunk_ids = np.arange(1, count + 1)
    index.add(chunk_ids, unit_rows(count))
    return chunk_ids


def test_the_nearest_vector_comes_first_with_its_cosine(index: VectorIndex) -> None:
    filled(index)
    chunk_ids, scores = index.search(unit_rows(40)[6], limit=5)
    assert chunk_ids[0] == 7
    assert scores[0] == pytest.approx(1.0, abs=1e-5)
    assert len(chunk_ids) == 5


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert index.search(unit_rows(1)[0], limit=5)[0].tolist() == []


def test_vectors_survive_closing_and_a_second_add_replaces(index: VectorIndex) -> None:
    chunk_ids = filled(index)
    index.close()
    index.add(chunk_ids[:3], unit_rows(3, seed=9))
    assert len(index) == 40
    assert index.search(unit_rows(3, seed=9)[1], limit=1)[0].tolist() == [2]


def test_it_says_what_it_lacks_and_what_it_holds_too_much(index: VectorIndex) -> None:
    chunk_ids = filled(index)
    index.remove(chunk_ids[:2])
    assert index.missing(chunk_ids).tolist() == [1, 2]
    assert index.surplus(chunk_ids[5:]).tolist() == [3, 4, 5]
