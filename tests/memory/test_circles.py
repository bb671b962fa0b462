"""Circles: two that grew into one are taken apart, and what is of one mind stays together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory.profile.circles import GAINS, Circles, Readers, _halved, _in_turn, _text
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


def of_readers(count: int, circles: int, seed: int = 5) -> tuple[Seen, NDArray[np.int64]]:
    """Lessons for readers who each are of one circle, and want what no other circle wants; and which circle each is of."""
    chance = np.random.default_rng(seed)
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


def wanting(values: NDArray[np.int64], vectors: NDArray[np.float32] | None = None) -> Seen:
    """Lessons of no reader in which these values were seen, -1 where none was; without vectors, of no subject."""
    count = len(values)
    nobody = np.full(count, -1)
    return Seen(
        vectors=np.zeros((count, 0), dtype=np.float32) if vectors is None else vectors,
        readers=nobody,
        domains=nobody,
        values=values,
        amounts=np.zeros((count, 0), dtype=np.float32),
        is_set=np.zeros((count, 0), dtype=np.bool_),
    )


def same_partition(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    return (
        len(set(zip(one.tolist(), other.tolist(), strict=True))) == len(set(one.tolist())) == len(set(other.tolist()))
    )


@pytest.mark.parametrize("count", [40, 700])
def test_lessons_are_grouped_by_what_was_wanted_where_nothing_else_tells(count: int) -> None:
    of = np.random.default_rng(7).integers(3, size=count)
    assert same_partition(Circles.find(wanting(np.repeat(of[:, None], 4, axis=1))).of, of)


def test_two_that_grew_into_one_before_they_differed_are_found_to_be_two() -> None:
    of = np.arange(32) % 2
    seen = np.where(np.arange(32) < 8, -1, of)  # the first of them show nothing, and are taken for one
    found = Circles.find(wanting(np.repeat(seen[:, None], 5, axis=1)))
    assert same_partition(found.of[8:], of[8:])


def test_those_that_show_nothing_go_by_their_text_when_a_circle_is_taken_apart() -> None:
    topics = np.arange(24) % 2
    vectors = about(topics, np.full(24, 5)).vectors
    shown = np.where(np.arange(24) % 6 < 2, topics, -1)
    assert same_partition(all_in_one(wanting(np.repeat(shown[:, None], 5, axis=1), vectors)).of, topics)


def test_a_circle_is_halved_about_those_at_odds_and_not_where_nobody_is() -> None:
    of = np.arange(12) % 2
    compared = Compared.of(wanting(np.repeat(of[:, None], 4, axis=1)))
    halved = _halved(np.zeros(12, dtype=np.int64), 0, compared)
    assert halved is not None
    assert same_partition(halved, of)
    assert _halved(of, 0, compared) is None


@given(st.integers(0, 10**6))
def test_each_lesson_in_turn_joins_the_circle_before_it_that_it_fits_best(seed: int) -> None:
    """Against sums that are made anew for each lesson."""
    chance = np.random.default_rng(seed)
    seen, _ = of_readers(20, int(chance.integers(1, 5)), seed)
    compared, readers = Compared.of(seen), Readers.of(seen)
    of = _in_turn(compared, GAINS[0])
    for number in range(len(of)):
        found = int(of[:number].max(initial=-1)) + 1
        members = [np.flatnonzero(of[:number] == circle) for circle in range(found)]
        total = np.array([compared.centred[one].sum(axis=0) for one in members]).reshape(found, DIMENSION)
        size = np.array([len(one) for one in members], dtype=np.float32)
        reader, x = seen.readers[number], compared.centred[number]
        by_reader = np.array([(seen.readers[one] == reader).sum() for one in members], dtype=np.float32)
        scores = np.log(size) + compared.values_before(number, of, found)
        scores += _text(total @ x, np.square(total).sum(axis=1), np.square(x).sum(), size, DIMENSION)
        scores += readers.score(reader, seen.domains[number], by_reader, by_reader, size)
        best = int(np.argmax(scores)) if found and scores.max() >= 0 else found
        assert of[number] == best or np.ptp(np.sort([*scores, 0.0])[-2:]) < 1e-3, "but for what rounding decides"


def test_later_passes_bring_together_what_the_first_could_not_know_to_be_one() -> None:
    in_turn, at_last = [], []
    for seed in range(6):
        chance = np.random.default_rng(seed)
        of = chance.integers(2, size=40)
        vectors = 0.6 * chance.standard_normal((2, DIMENSION))[of] + chance.standard_normal((40, DIMENSION))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        shown = np.where(chance.random(40) < 0.3, of, -1)
        seen = wanting(np.repeat(shown[:, None], 4, axis=1), vectors.astype(np.float32))
        in_turn.append(len(set(_in_turn(Compared.of(seen), GAINS[0]).tolist())))
        found = Circles.find(seen).of
        at_last.append(len(set(found.tolist())))
        assert sum(np.bincount(of[found == circle]).max() for circle in set(found.tolist())) >= 39
    assert sum(at_last) <= 14 < 20 <= sum(in_turn), "two a seed were best"


@given(st.lists(st.integers(0, 3), min_size=16, max_size=16), st.integers(0, 15))
def test_a_lesson_fits_each_circle_as_well_as_if_it_were_in_none(places: list[int], lesson: int) -> None:
    seen, _ = of_readers(16, 3)
    compared = Compared.of(seen)
    here = Circles.grouped(np.array(places), compared)
    apart = here.of.copy()
    apart[lesson] = len(here)
    alone = Circles.grouped(apart, compared)
    others = [circle for circle in range(len(here)) if (np.delete(here.of, lesson) == circle).any()]
    told = here._scores(compared)[lesson, others]
    np.testing.assert_allclose(told, alone._scores(compared)[lesson, : len(others)], rtol=1e-3, atol=1e-3)


def test_a_lesson_fits_the_circle_of_its_reader_where_nothing_else_tells() -> None:
    readers = np.arange(12) % 2
    seen = replace(wanting(np.full((12, 1), -1)), readers=readers, domains=readers)
    compared = Compared.of(seen)
    scores = Circles.grouped(readers, compared)._scores(compared)
    own = scores[np.arange(12), readers]
    assert (own > scores[np.arange(12), 1 - readers]).all()


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


def test_of_many_who_are_all_best_off_alone_none_stays_with_another() -> None:
    together = Circles.grouped(np.zeros(3, dtype=np.int64), Compared.of(of_readers(3, 3)[0]))
    assert len(set(together._again(np.full((3, 1), -1.0, dtype=np.float32)).tolist())) == 3
