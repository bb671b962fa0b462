"""Lessons beside one another, block by block: what is said of them is what its definition says, however many there are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from memory.profile.compared import BLOCK, NOTHING, REACH, Compared, Odds, Seen

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


def by_definition(seen: Seen, members: Floats, *, is_banded: bool) -> Floats:
    """v of each lesson for each circle, from every pair; or from those alone that blocks are to reach."""
    at = np.arange(len(seen))
    near, nearness = Odds.of(seen).near(at, at)
    if is_banded:
        start = at[:, None] // BLOCK * BLOCK
        is_near = (at[None] >= start - REACH) & (at[None] < start + BLOCK + REACH)
        near, nearness = near * is_near, nearness * is_near
    mean: Floats = near @ members / (nearness @ members + NOTHING)
    return mean


def members_of(count: int, circles: int = 4) -> Floats:
    of = np.random.default_rng(1).integers(circles, size=count)
    members: Floats = (of[:, None] == np.arange(circles)[None]).astype(np.float32)
    return members


@pytest.mark.parametrize("count", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 40])
def test_what_blocks_say_of_circles_is_what_the_pairs_within_their_reach_say(count: int) -> None:
    seen, members = lessons(count), members_of(count)
    told = Compared.of(seen).values(members)
    assert told.shape == (count, 4)
    np.testing.assert_allclose(told, by_definition(seen, members, is_banded=True), rtol=1e-4, atol=1e-5)


def test_what_is_beyond_their_reach_would_have_said_next_to_nothing() -> None:
    count = 3 * BLOCK + 40
    seen, members = lessons(count), members_of(count)
    told, whole = (by_definition(seen, members, is_banded=is_banded) for is_banded in (True, False))
    assert np.abs(told - whole).max() < 0.005


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
    pair = Compared.of(seen).most_at_odds(members)
    assert pair is not None
    assert set(pair) == {BLOCK - 1, BLOCK}, "the nearest of those that differ"


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
