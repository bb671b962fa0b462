"""Lengths: what is taken away that the user gave, and with which amount the least is left to be changed."""

from __future__ import annotations

import numpy as np
import pytest

from memory.profile.belief import SILENCED, measured, not_silenced_amounts, off
from memory.profile.lengths import Lengths, lengths
from memory.profile.profile import SURE


def seen(*edits: tuple[float, float, bool]) -> Lengths:
    """Of (before, after, is chosen by Telos): what differs is the user's own hand, and what nobody chose has no strength."""
    before, after, chosen = (np.array(column, dtype=float) for column in zip(*edits, strict=True))
    is_active = before != after
    strength = np.where(is_active, 1.0, np.where(chosen > 0, 0.5, 0.0))
    return lengths(after, before, strength, np.zeros(len(edits)), is_active)


def test_one_cut_is_not_enough_to_leave_out_what_the_user_gave_and_two_are() -> None:
    assert seen((6, 3, False)).cut(6) < SURE
    assert seen((6, 3, False), (7, 3, False)).cut(7) >= SURE


def test_what_is_as_long_as_texts_that_were_let_be_is_not_cut_and_what_is_longer_is() -> None:
    told = seen((7, 4, False), (5, 5, False), (6, 4, False), (5, 5, False), (7, 4, False))
    assert told.cut(7) >= SURE
    assert told.cut(5) < SURE


def test_points_that_were_put_back_are_not_cut_again() -> None:
    told = seen((6, 3, False), (6, 3, False), (3, 6, True), (3, 7, True), (3, 6, True))
    assert told.cut(6) < SURE


@pytest.mark.parametrize("cuts", [2, 5, 20])
def test_after_two_texts_in_a_row_whose_points_were_put_back_none_is_cut_however_many_were_before(cuts: int) -> None:
    short = [(6.0, 3.0, False), (6.0, 3.0, False), *[(3.0, 3.0, True)] * (cuts - 2)]
    assert seen(*short).cut(6) >= SURE
    assert seen(*short, (3, 6, True), (3, 6, True)).cut(6) < SURE


def test_a_text_that_was_kept_short_and_let_be_was_rightly_kept_short() -> None:
    twice = seen((6, 3, False), (6, 3, False))
    kept = seen((6, 3, False), (6, 3, False), (3, 3, True), (3, 3, True))
    assert kept.cut(6) > twice.cut(6)


def test_an_amount_is_judged_by_the_share_of_what_was_left_that_it_misses() -> None:
    told = seen((6, 3, False), (7, 3, False), (6, 4, False))
    assert told.off(3, 6) < told.off(4, 6) < told.off(6, 6)


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
