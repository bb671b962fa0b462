"""Amounts that the user wants: which of those that were seen is meant, and when it is another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.profile.belief import SILENCED, is_near, measured, not_silenced_amounts, off


@pytest.mark.parametrize("amount", [96, 104])
def test_what_is_about_as_long_is_let_be(amount: float) -> None:
    assert off(amount, 100.0) == 0


def test_what_was_let_be_does_not_hide_that_the_user_lengthens_most_texts() -> None:
    amount = np.array([200.0, 150.0, 195.0, 205.0])
    is_active = np.array([True, False, True, True])
    found = measured(amount, np.where(is_active, 1.0, 0.5), np.zeros(4), is_active)
    assert amount[found.number] in (195, 200, 205)
    assert not found.is_let_be


def test_one_odd_text_among_many_that_were_let_be_sets_no_length() -> None:
    amount = np.array([140.0, 150.0, 60.0, 145.0, 150.0, 140.0, 155.0])
    is_active = amount < 100
    assert measured(amount, np.where(is_active, 1.0, 0.5), np.zeros(7), is_active).is_let_be


@pytest.mark.parametrize(
    ("later", "wanted"),
    [((100.0, 104.0), True), ((100.0,), False), ((100.0, 200.0, 100.0), False), ((100.0, 50.0), False)],
)
def test_a_length_is_another_once_two_texts_in_a_row_are_made_so_long(later: tuple[float, ...], wanted: bool) -> None:
    amount = np.array([*[200.0] * 8, *later])
    active = np.ones(len(amount), dtype=bool)
    found = measured(amount, np.ones(len(amount)), np.zeros(len(amount)), active)
    assert (amount[found.number] <= 104 and found.confidence >= 0.55) == wanted


def test_what_agrees_with_a_change_of_mind_is_not_silenced_by_it() -> None:
    amount = np.array([100.0, 200.0, 200.0, 100.0, 104.0])
    kept = not_silenced_amounts(amount, np.ones(5, dtype=bool))
    assert kept.tolist() == [SILENCED, SILENCED, SILENCED, 1, 1]  # the first one by the two after it


@given(st.lists(st.tuples(st.sampled_from([3.0, 4.0, 100.0, 110.0, 200.0, float("nan")]), st.booleans()), max_size=12))
def test_amounts_are_silenced_as_often_as_the_user_said_another_twice_after_them(
    told: list[tuple[float, bool]],
) -> None:
    amount = np.array([one for one, _ in told])
    active = np.array([two for _, two in told], dtype=bool)
    expected = np.ones(len(told))
    for second in range(2, len(told)):
        before, first = amount[second - 2], amount[second - 1]
        is_again = active[second - 1] and active[second] and is_near(first, amount[second])
        if is_again and np.isfinite(before) and not is_near(first, before):
            meant = np.sqrt(first * amount[second])
            expected[: second - 1] *= [1 if is_near(meant, one) else SILENCED for one in amount[: second - 1]]
    assert not_silenced_amounts(amount, active).tolist() == pytest.approx(expected.tolist())
