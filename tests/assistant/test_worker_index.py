"""Chroma in a process of its own: the same answers, and what happens when it dies or cannot be had."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.workers.index import WorkerIndex
from memory.index import IndexFailed
from memory.vectors import Vectors
from tests.fakes import WordEmbedder

pytestmark = pytest.mark.integration

TEXTS = [f"text number {number} about subject {number % 7}" for number in range(60)]
IDS = np.arange(1, len(TEXTS) + 1)


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    vectors = Vectors(tmp_path / "index", WordEmbedder(), WorkerIndex, exact_up_to=0)
    yield vectors
    vectors.close()


def test_it_answers_what_the_exact_matrix_answers(vectors: Vectors) -> None:
    rows = WordEmbedder().encode(TEXTS)
    vectors.add(IDS, rows)
    query = WordEmbedder().encode(["subject 3"])[0]

    found, scores = vectors.nearest(query, 5)
    exact, exact_scores = vectors.matrix.search(query, 5)

    assert len(vectors.index) == len(TEXTS)
    assert found.tolist() == exact.tolist()
    assert scores == pytest.approx(exact_scores, abs=1e-5)


def test_a_killed_process_is_started_again_and_has_lost_nothing(vectors: Vectors) -> None:
    vectors.add(IDS, WordEmbedder().encode(TEXTS))
    index = vectors.index
    assert isinstance(index, WorkerIndex)
    assert index.pid is not None
    os.kill(index.pid, signal.SIGKILL)

    assert vectors.nearest(WordEmbedder().encode([TEXTS[30]])[0], 1)[0].tolist() == [31]
    assert len(index) == len(TEXTS)


def test_while_it_cannot_be_had_searches_are_exact_and_new_vectors_are_found(tmp_path: Path) -> None:
    blocked = tmp_path / "index"
    blocked.mkdir()
    (blocked / f"{WordEmbedder.slug}.chroma").write_text("in the way of the folder")
    vectors = Vectors(blocked, WordEmbedder(), WorkerIndex, exact_up_to=0)
    try:
        vectors.add(IDS, WordEmbedder().encode(TEXTS))
        assert vectors.nearest(WordEmbedder().encode([TEXTS[30]])[0], 1)[0].tolist() == [31]
        with pytest.raises(IndexFailed, match="telos memory reindex"):
            len(vectors.index)
    finally:
        vectors.close()


def test_one_made_anew_leaves_no_trace_of_the_old_vectors_on_disk(vectors: Vectors, tmp_path: Path) -> None:
    rows = WordEmbedder().encode(TEXTS)
    secret = rows[3].tobytes()[:16]
    for _ in range(5):  # Chroma writes memory that it did not clear, now and then with an old vector in it
        vectors.add(IDS, rows)
        assert _is_on_disk(secret, tmp_path)
        vectors.destroy()
        vectors.add(IDS[:3], rows[:3])
        assert len(vectors.index) == 3
        assert not _is_on_disk(secret, tmp_path)


def _is_on_disk(secret: bytes, folder: Path) -> bool:
    return any(secret in path.read_bytes() for path in folder.rglob("*") if path.is_file())
