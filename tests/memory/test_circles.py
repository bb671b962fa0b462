"""Circles: two that grew into one are taken apart, and what is of one mind stays together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory.profile.circles import Circles
from memory.profile.compared import Compared, Seen

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
    assert len(parted) == 2
    assert np.array_equal(parted.of, topics) or np.array_equal(parted.of, 1 - topics)


def test_a_circle_of_one_mind_stays_one_though_one_text_was_cut_too_far() -> None:
    topics = np.zeros(24, dtype=np.int64)
    seen = about(topics, np.where(np.arange(24) == 7, 2, 8))
    assert len(all_in_one(seen)) == 1


def of_readers(count: int, circles: int) -> tuple[Seen, NDArray[np.int64]]:
    """Lessons for readers who each are of one circle, and want what no other circle wants; and which circle each is of."""
    chance = np.random.default_rng(5)
    of = chance.integers(circles, size=count)
    common = chance.standard_normal((circles, DIMENSION))
    vectors = 0.6 * common[of] + chance.standard_normal((count, DIMENSION))
    slips = chance.random((count, 4)) < 0.05
    readers = of * 3 + chance.integers(3, size=count)
    seen = Seen(
        vectors=(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        readers=readers,
        domains=readers,
        values=np.where(slips, circles, of[:, None]),
        amounts=np.zeros((count, 0), dtype=np.float32),
        is_set=np.zeros((count, 0), dtype=np.bool_),
    )
    return seen, of


@given(st.data())
def test_lessons_that_move_leave_sums_and_scores_as_if_all_had_been_grouped_anew(data: st.DataObject) -> None:
    count, most = 30, 5
    seen, _ = of_readers(count, 3)
    compared = Compared.of(seen)
    places = st.lists(st.integers(0, most - 1), min_size=count, max_size=count)
    first = Circles.grouped(np.array(data.draw(places)), compared)
    scores = first._scores(compared)
    moves = st.dictionaries(st.integers(0, count - 1), st.integers(0, len(first) + 1), max_size=8)
    then = first.of.copy()
    for lesson, circle in data.draw(moves).items():
        then[lesson] = circle
    moved, kept = first.regrouped(then, compared, scores)
    anew = Circles.grouped(then, compared)
    assert np.array_equal(moved.of, anew.of)
    for name in ("size", "total", "by_reader", "by_domain"):
        np.testing.assert_allclose(getattr(moved.sums, name), getattr(anew.sums, name), atol=1e-5)
    np.testing.assert_allclose(kept, anew._scores(compared), rtol=1e-4, atol=1e-4)


def test_a_year_of_lessons_is_grouped_by_what_they_want() -> None:
    seen, of = of_readers(700, 6)
    found = Circles.find(seen)
    by_circle = [np.bincount(of[found.of == circle], minlength=6) for circle in range(len(found))]
    assert sum(counts.max() for counts in by_circle) >= 0.95 * len(of), "a circle is of one kind"
    assert sum(max(counts[kind] for counts in by_circle) for kind in range(6)) >= 0.9 * len(of), (
        "and a kind is of one circle"
    )


def test_what_is_best_off_alone_and_alone_already_stays_where_it_is() -> None:
    seen, _ = of_readers(12, 12)
    circles = Circles.grouped(np.arange(12), Compared.of(seen))
    nobody_fits = np.full((12, 12), -1.0, dtype=np.float32)
    assert np.array_equal(circles._again(nobody_fits), np.arange(12))
    one_joins = nobody_fits.copy()
    one_joins[3, 7] = 2.0
    joined = circles._again(one_joins)
    assert joined[3] == 7
    assert joined[7] not in joined[:7], "whom another would join is alone elsewhere"
