"""Bounds: whether something is left out that the user gave, from what they made of texts that said it all, or did not."""

from __future__ import annotations

import numpy as np
import pytest

from memory.profile.bounds import believed, costs
from memory.profile.lengths import Texts

Edit = tuple[int, int, bool]
"""Sentences as a text came and as it was left, and whether it came shorter than all that was given."""
A_SENTENCE = 15.0


def texts(*edits: Edit) -> Texts:
    came, left = (np.array([[edit[at], edit[at] * A_SENTENCE] for edit in edits], dtype=float) for at in (0, 1))
    is_made = (came != left).any(axis=1)
    is_chosen = ~is_made & np.array([edit[2] for edit in edits])
    return Texts(left, came, is_made, is_chosen, np.where(is_made | is_chosen, 1.0, 0.0))


def changed(told: Texts, count: int, whole: int) -> float:
    """The words that are expected to be changed, words put back weighing more."""
    sizes = [(float(one), one * A_SENTENCE) for one in (count, whole)]
    return float(believed(told, A_SENTENCE) @ costs(sizes[0], sizes[1]))


def is_cut(told: Texts, count: int, whole: int) -> bool:
    return changed(told, count, whole) < changed(told, whole, whole)


def test_before_anything_was_cut_all_that_was_given_is_said() -> None:
    assert not any(is_cut(texts((6, 6, False)), count, 6) for count in range(1, 6))


def test_who_takes_half_away_is_believed_and_not_after_many_texts_that_they_let_be() -> None:
    let_be = [(6, 6, False)] * 5
    assert is_cut(texts((6, 3, False)), 3, 6)
    assert not is_cut(texts(*let_be, (6, 3, False)), 3, 6)
    assert is_cut(texts(*let_be, (6, 3, False), (6, 3, False)), 3, 6)


def test_what_is_as_long_as_texts_that_were_let_be_is_not_cut_and_what_is_longer_is() -> None:
    told = texts((7, 5, False), (5, 5, False), (8, 5, False), (5, 5, False), (7, 5, False))
    assert is_cut(told, 5, 7)
    assert not is_cut(told, 4, 5)


def test_a_point_that_was_put_back_once_is_not_left_out_again() -> None:
    assert not is_cut(texts((6, 3, False), (3, 6, True)), 3, 6)


@pytest.mark.parametrize("kept", [0, 5, 18])
def test_after_two_texts_in_a_row_whose_points_were_put_back_none_is_cut_however_many_were_before(kept: int) -> None:
    short = [(6, 3, False), (6, 3, False), *[(3, 3, True)] * kept]
    assert is_cut(texts(*short), 3, 6)
    assert not is_cut(texts(*short, (3, 6, True), (3, 6, True)), 3, 6)


def test_a_text_that_was_kept_short_and_let_be_was_rightly_kept_short() -> None:
    kept = texts((6, 4, False), (4, 4, True), (4, 4, True))
    whole = texts((6, 4, False), (4, 4, False), (4, 4, False))
    assert changed(kept, 4, 6) < changed(whole, 4, 6)
    assert changed(kept, 6, 6) > changed(whole, 6, 6)


def test_texts_that_the_user_wrote_without_telos_are_no_reason_to_leave_anything_out() -> None:
    own = np.array([[3.0, 45.0]] * 30)
    told = Texts(own, np.full((30, 2), np.nan), np.ones(30, dtype=bool), np.zeros(30, dtype=bool), np.ones(30))
    assert not is_cut(told, 3, 6)


def test_cuts_to_one_number_of_words_are_followed_in_words() -> None:
    came = np.array([[6.0, 90.0], [7.0, 100.0], [6.0, 140.0], [5.0, 95.0]])
    left = np.array([[3.0, 48.0], [4.0, 50.0], [2.0, 52.0], [3.0, 47.0]])
    made = np.ones(4, dtype=bool)
    told = believed(Texts(left, came, made, ~made, np.ones(4)), A_SENTENCE)
    long_sentences, short_sentences = (2.0, 50.0), (5.0, 50.0)
    for size in (long_sentences, short_sentences):
        assert told @ costs(size, (8.0, 200.0)) < told @ costs((3.0, 100.0), (8.0, 200.0))


def test_a_small_cut_is_not_enough_and_two_are() -> None:
    assert not is_cut(texts((6, 5, False)), 5, 6)
    assert not is_cut(texts((10, 8, False)), 8, 10)
    assert is_cut(texts((10, 8, False), (10, 8, False)), 8, 10)


def test_a_cut_to_a_length_that_no_bound_has_says_nothing_of_bounds() -> None:
    came, left = np.array([[30.0, 2400.0]]), np.array([[27.0, 2160.0]])
    made = np.ones(1, dtype=bool)
    belief = believed(Texts(left, came, made, ~made, np.ones(1)), 80.0)
    assert belief[-1] > 0.4


def test_a_text_shorter_than_a_bound_with_all_in_it_says_nothing_against_the_bound() -> None:
    cuts = [(8, 6, False)] * 3
    assert changed(texts(*cuts, *[(3, 3, False)] * 5), 8, 8) == pytest.approx(changed(texts(*cuts), 8, 8), rel=0.15)


def test_what_was_put_back_is_the_least_that_is_wanted() -> None:
    told = texts((9, 3, False), (9, 3, False), *[(3, 5, True)] * 3)
    belief = believed(told, A_SENTENCE)
    assert changed(told, 5, 9) < changed(told, 3, 9)
    assert max(belief[:4]) < 0.1 * belief[4]
    assert belief[7] < belief[4] < 2 * belief[7]


def test_one_short_sentence_put_back_is_no_cut() -> None:
    came, left = np.array([[3.0, 60.0]]), np.array([[4.0, 58.0]])
    made = np.ones(1, dtype=bool)
    belief = believed(Texts(left, came, made, ~made, np.ones(1)), A_SENTENCE)
    assert belief[3] <= belief[7]  # no sign of a bound of four


def test_where_all_is_wanted_a_word_put_back_weighs_more_than_one_struck_out() -> None:
    told = believed(texts(*[(6, 6, False)] * 40), A_SENTENCE)
    assert 45 < told @ costs((3.0, 45.0), (6.0, 90.0)) < 90
    assert told @ costs((6.0, 90.0), (6.0, 90.0)) == pytest.approx(0, abs=1)
