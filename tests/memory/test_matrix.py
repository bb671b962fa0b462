"""The exact matrix: scores, filters, replacement, removal and what a crash may leave behind."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.embed import Ids, Rows, pack, slug_of, unpack
from memory.matrix import VectorMatrix

DIMENSION = 8


def unit_rows(count: int, seed: int = 0) -> Rows:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def ids(*values: int) -> Ids:
    return np.array(values, dtype=np.int64)


@pytest.fixture
def matrix(tmp_path: Path) -> VectorMatrix:
    """Six chunks, 1 to 6."""
    matrix = VectorMatrix(tmp_path, "words-8", DIMENSION)
    matrix.add(ids(1, 2, 3, 4, 5, 6), unit_rows(6))
    return matrix


def test_the_best_row_is_the_query_itself(matrix: VectorMatrix) -> None:
    chunk_ids, scores = matrix.search(unit_rows(6)[3], limit=2)
    assert chunk_ids[0] == 4
    assert scores[0] == pytest.approx(1.0, abs=1e-6)
    assert scores[0] >= scores[1]


@given(count=st.integers(1, 60), limit=st.integers(1, 70), chosen=st.sets(st.integers(0, 70)), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_filter_gives_what_brute_force_over_the_chosen_chunks_gives(
    tmp_path_factory: pytest.TempPathFactory, count: int, limit: int, chosen: set[int], seed: int
) -> None:
    rows = unit_rows(count, seed)
    matrix = VectorMatrix(tmp_path_factory.mktemp("matrix"), "words", DIMENSION)
    matrix.add(np.arange(count), rows)
    query = unit_rows(1, seed + 1)[0]

    found, scores = matrix.search(query, limit, ids(*sorted(chosen)))

    expected = sorted((float(rows[place] @ query) for place in range(count) if place in chosen), reverse=True)
    assert scores.tolist() == pytest.approx(expected[:limit], abs=1e-6)
    assert set(found.tolist()) <= chosen


def test_the_vectors_of_named_chunks_are_gathered_and_others_left_out(matrix: VectorMatrix) -> None:
    gathered = matrix.gather(ids(1, 3, 99))
    assert set(gathered) == {1, 3}
    assert gathered[3].tolist() == pytest.approx(unit_rows(6)[2].tolist(), abs=1e-6)


def test_a_chunk_added_again_is_replaced(matrix: VectorMatrix) -> None:
    new = unit_rows(1, seed=7)
    matrix.add(ids(4), new)
    assert len(matrix) == 6
    assert matrix.gone == 1
    assert matrix.search(new[0], 1)[0].tolist() == [4]


def test_a_removed_chunk_is_never_found_again_even_after_reopening(matrix: VectorMatrix, tmp_path: Path) -> None:
    matrix.remove(ids(4, 99))
    for opened in (matrix, VectorMatrix(tmp_path, "words-8", DIMENSION)):
        assert 4 not in opened.search(unit_rows(6)[3], 10)[0]
        assert len(opened) == 5


def test_clearing_leaves_no_byte_on_the_disk(matrix: VectorMatrix, tmp_path: Path) -> None:
    matrix.clear()
    assert len(matrix) == 0
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0
    assert matrix.search(unit_rows(1)[0], 5)[0].tolist() == []


@pytest.mark.parametrize(
    ("suffix", "lost_bytes"),
    [
        pytest.param("ids", 8, id="killed between vectors and ids"),
        pytest.param("ids", 5, id="killed within an id"),
        pytest.param("vectors", 3, id="killed within a vector"),
    ],
)
def test_a_torn_write_costs_only_the_torn_row(
    matrix: VectorMatrix, tmp_path: Path, suffix: str, lost_bytes: int
) -> None:
    path = tmp_path / f"words-8.{suffix}"
    os.truncate(path, path.stat().st_size - lost_bytes)

    reopened = VectorMatrix(tmp_path, "words-8", DIMENSION)
    assert sorted(reopened.chunk_ids().tolist()) == [1, 2, 3, 4, 5]

    reopened.add(ids(6), unit_rows(6)[5:])
    assert reopened.search(unit_rows(6)[5], 1)[0].tolist() == [6]


def test_packed_vectors_come_back_as_they_were() -> None:
    rows = unit_rows(5)
    assert np.array_equal(unpack(pack(rows), DIMENSION), rows)
    assert unpack([], DIMENSION).shape == (0, DIMENSION)


@pytest.mark.parametrize(
    ("model", "revision", "slug"),
    [
        ("sentence-transformers/all-MiniLM-L6-v2", "main", "sentence-transformers-all-minilm-l6-v2-main-384"),
        ("/home/me/my model", "v1.0", "home-me-my-model-v1.0-384"),
    ],
)
def test_a_slug_names_model_revision_and_dimension(model: str, revision: str, slug: str) -> None:
    assert slug_of(model, revision, 384) == slug
