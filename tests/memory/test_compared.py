"""Lessons beside one another, block by block: what is said of them is what its definition says, however many there are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from memory.profile.compared import ALONE, BLOCK, MEMORY, REACH, Compared, Odds, Seen

Floats = NDArray[np.float32]


def lessons(count: int, circles: int = 4) -> Seen:
    """Lessons of so many circles that want different things, mixed."""
    chance = np.random.default_rng(count)
    of = chance.integers(circles, size=count)
    wanted = chance.integers(3, size=(circles, 5))
    slips = chance.random((count, 5)) < 0.1
    values = np.where(slips, chance.integers(3, size=(count, 5)), wanted[of])
    amounts = np.log(2.0 + 3 * of + chance.integers(2, size=count)).astype(np.float32)[:, None]
    return Seen(
        vectors=np.zeros((count, 0), dtype=np.float32),
        readers=np.full(count, -1),
        domains=np.full(count, -1),
        values=np.where(chance.random((count, 5)) < 0.3, -1, values),
        amounts=np.where(chance.random((count, 1)) < 0.3, np.nan, amounts).astype(np.float32),
        is_set=chance.random((count, 1)) < 0.7,
    )


def by_definition(seen: Seen, of: NDArray[np.int64], count: int) -> Floats:
    """v of each lesson for each circle, from every pair."""
    everyone = np.arange(len(seen))
    near, nearness = Odds.of(seen).near(everyone, everyone)
    members = (of[:, None] == np.arange(count)[None]).astype(np.float32)
    mean: Floats = near @ members / (nearness @ members + ALONE)
    return mean


@pytest.mark.parametrize("count", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 40])
def test_what_blocks_say_of_circles_is_what_all_pairs_say(count: int) -> None:
    seen = lessons(count)
    of = np.random.default_rng(1).integers(4, size=count)
    members = (of[:, None] == np.arange(4)[None]).astype(np.float32)
    told, expected = Compared.of(seen).values(members), by_definition(seen, of, 4)
    assert told.shape == (count, 4)
    if count <= BLOCK:
        np.testing.assert_allclose(told, expected, rtol=1e-5, atol=1e-6)
    else:  # what is beyond reach is left out
        far = np.exp(-REACH / MEMORY) * MEMORY * np.abs(expected).max() / ALONE
        np.testing.assert_allclose(told, expected, atol=far)
        assert np.abs(told - expected).mean() < 0.01


def test_a_lesson_that_comes_later_sees_the_circles_of_those_before_it() -> None:
    seen = lessons(BLOCK + 60)
    compared = Compared.of(seen)
    of = np.random.default_rng(2).integers(4, size=len(seen))
    for number in (1, 40, BLOCK - 1, BLOCK, BLOCK + 59):
        earlier = np.where(np.arange(len(seen)) < number, of, -1)
        members = (earlier[:, None] == np.arange(4)[None]).astype(np.float32)
        told = compared.values_before(number, of, 4)
        np.testing.assert_allclose(told, compared.values(members)[number], rtol=1e-4, atol=1e-5)


def test_two_at_odds_are_found_across_the_border_of_two_blocks() -> None:
    count = BLOCK + 20
    values = np.repeat((np.arange(count) >= BLOCK).astype(np.int64)[:, None], 3, axis=1)
    nobody = np.full(count, -1)
    seen = Seen(
        vectors=np.zeros((count, 0), dtype=np.float32),
        readers=nobody,
        domains=nobody,
        values=values,
        amounts=np.zeros((count, 0), dtype=np.float32),
        is_set=np.zeros((count, 0), dtype=np.bool_),
    )
    members = np.array([BLOCK - 9, BLOCK - 8, BLOCK - 1, BLOCK, BLOCK + 12])
    assert sorted(Compared.of(seen).most_at_odds(members)) == [BLOCK - 1, BLOCK], "the nearest of those that differ"


def test_pairs_however_far_apart_are_compared_where_they_are_asked_for() -> None:
    seen = lessons(40)
    compared = Compared.of(seen)
    everyone = np.arange(40)
    near = compared.near(np.array([3, 30]), everyone)
    np.testing.assert_allclose(near, compared.blocks[0].near[[3, 30]], rtol=1e-5, atol=1e-6)
    assert near[0, 3] == near[1, 30] == 0


def test_thousands_of_lessons_are_held_beside_those_around_them_alone() -> None:
    compared = Compared.of(lessons(8 * BLOCK))
    most = max(one.near.size for one in compared.blocks)
    assert len(compared.blocks) == 8
    assert most <= BLOCK * (BLOCK + 2 * REACH)
