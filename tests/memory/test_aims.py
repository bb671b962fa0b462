"""Aims: how long texts are wanted, and in what that is counted, from what became of them."""

from __future__ import annotations

import numpy as np
import pytest

from memory.profile.aims import believed, costs
from memory.profile.lengths import SENTENCES, Texts

Length = tuple[float, float]
A_SENTENCE = 20.0


def texts(*edits: tuple[Length, Length]) -> Texts:
    """Of (sentences, words) as a text came, and as it was left."""
    came, left = (np.array([edit[at] for edit in edits], dtype=float).reshape(len(edits), 2) for at in (0, 1))
    is_made = (came != left).any(axis=1)
    return Texts(left, came, is_made, ~is_made, np.ones(len(edits)))


def changed(told: Texts, sentences: float, words: float) -> float:
    """The words that are expected to be changed in a text of that length."""
    return float(believed(told, A_SENTENCE) @ costs((sentences, words)))


def in_sentences(told: Texts) -> float:
    return float(believed(told, A_SENTENCE)[: len(SENTENCES)].sum())


def test_before_anything_was_seen_all_lengths_are_as_likely_and_belief_sums_to_one() -> None:
    belief = believed(texts(), A_SENTENCE)
    assert belief.sum() == pytest.approx(1)
    assert np.ptp(belief[: len(SENTENCES)]) == pytest.approx(0)


def test_texts_cut_to_one_number_of_sentences_are_counted_in_sentences_and_else_in_words() -> None:
    by_sentences = texts(((6, 120), (3, 48)), ((6, 150), (3, 85)), ((6, 110), (3, 62)))
    by_words = texts(((6, 120), (4, 78)), ((6, 150), (3, 81)), ((7, 160), (5, 80)))
    assert in_sentences(by_sentences) > 0.9
    assert in_sentences(by_words) < 0.1


def test_a_text_that_is_as_wanted_costs_less_than_one_that_is_far_from_it() -> None:
    told = texts(((6, 120), (3, 60)), ((6, 130), (3, 55)))
    assert changed(told, 3, 60) < 0.2 * changed(told, 6, 120)
    assert changed(told, 3, 60) < 0.2 * changed(told, 1, 20)


def test_drafts_that_were_let_be_do_not_settle_that_they_are_counted_in_what_they_were_written_in() -> None:
    """Four sentences let be five times, each of about eighty words, may as well be eighty words."""
    told = texts(*[((4.0, words), (4.0, words)) for words in (78.0, 82.0, 80.0, 85.0, 76.0)])
    assert 0.1 < in_sentences(told) < 0.9
    assert changed(told, 4, 80) < changed(told, 8, 160)


def test_a_text_that_was_let_be_and_should_have_been_cut_speaks_against_a_length() -> None:
    cut = [((6.0, 120.0), (3.0, 60.0))] * 2
    assert changed(texts(*cut, ((6, 120), (6, 120)), ((6, 125), (6, 125))), 6, 120) < changed(texts(*cut), 6, 120)


def test_a_change_of_mind_is_followed_after_two_edits_however_much_was_seen_before() -> None:
    told = texts(*[((6.0, 120.0), (3.0, 60.0))] * 30, *[((3.0, 60.0), (8.0, 160.0))] * 2)
    assert changed(told, 8, 160) < changed(told, 3, 60)


def test_one_slip_does_not_move_what_many_texts_say() -> None:
    told = texts(*[((6.0, 120.0), (3.0, 60.0))] * 5, ((3, 60), (8, 160)))
    assert changed(told, 3, 60) < changed(told, 8, 160)


def test_a_text_of_which_it_is_not_known_how_it_came_counts_by_how_it_was_left() -> None:
    made = np.ones(3, dtype=bool)
    told = Texts(np.array([[3.0, 60.0]] * 3), np.full((3, 2), np.nan), made, ~made, np.ones(3))
    assert changed(told, 3, 60) < changed(told, 6, 120)
