"""Circles: two that grew into one are taken apart, and what is of one mind stays together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory.profile.circles import Circles, Compared, Seen

DIMENSION = 32


def about(topics: NDArray[np.int64], sentences: NDArray[np.int64]) -> Seen:
    """Lessons on these topics, made so long by the user."""
    chance = np.random.default_rng(3)
    common = chance.standard_normal((2, DIMENSION))
    vectors = 0.8 * common[topics] + chance.standard_normal((len(topics), DIMENSION))
    nobody = np.full(len(topics), -1)
    return Seen(
        vectors=(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        readers=nobody,
        domains=nobody,
        values=np.zeros((len(topics), 0), dtype=np.int64),
        amounts=np.log(sentences.astype(np.float32))[:, None],
        is_set=np.ones((len(topics), 1), dtype=np.bool_),
    )


def all_in_one(seen: Seen) -> Circles:
    """What becomes of them, had they grown into one circle."""
    compared = Compared.of(seen)
    return Circles.grouped(np.zeros(len(seen), dtype=np.int64), compared).parted(compared)


def test_a_circle_in_which_two_topics_want_different_things_is_taken_apart() -> None:
    topics = np.arange(24) % 2
    seen = about(topics, np.where(topics == 0, 2, 8))
    parted = all_in_one(seen)
    assert len(parted.size) == 2
    assert np.array_equal(parted.of, topics) or np.array_equal(parted.of, 1 - topics)


def test_a_circle_of_one_mind_stays_one_though_one_text_was_cut_too_far() -> None:
    topics = np.zeros(24, dtype=np.int64)
    seen = about(topics, np.where(np.arange(24) == 7, 2, 8))
    assert len(all_in_one(seen).size) == 1
