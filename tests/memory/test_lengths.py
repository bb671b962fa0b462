"""Lengths: what became of texts, as columns, read from what was seen in lessons."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from memory.profile.evidence import Evidences, Teacher
from memory.profile.lengths import A_SENTENCE, Texts, believed, prior

Row = tuple[int, str, float, float, bool, float]
"""Lesson, dimension, amount, the one before, whether the user's own hand made it, strength."""


def texts(*rows: Row) -> Texts:
    lesson, names, amount, before, is_active, strength = zip(*rows, strict=True)
    dimensions = ("greeting", "sentences", "words")
    at = datetime(2026, 11, 1, tzinfo=UTC)
    count = max(lesson) + 1
    evidence = Evidences(
        lessons=tuple(Teacher(number, at, "mail", "", "", "", "") for number in range(count)),
        vectors=np.zeros((count, 0), dtype=np.float32),
        ids=np.arange(len(rows)),
        lesson=np.array(lesson),
        dimension=np.array([dimensions.index(name) for name in names]),
        value=np.zeros(len(rows), dtype=np.int64),
        amount=np.array(amount),
        before=np.array(before),
        is_active=np.array(is_active),
        strength=np.array(strength),
        dimensions=dimensions,
        values=((0, ""),),
    )
    return Texts.of(evidence, np.arange(count))


def test_what_the_user_made_what_was_chosen_and_what_nobody_chose_are_told_apart() -> None:
    told = texts(
        (0, "sentences", 3, 6, True, 0.8),
        (1, "sentences", 3, np.nan, False, 0.5),
        (2, "sentences", 5, np.nan, False, 0.0),
        (2, "greeting", 1, np.nan, True, 1.0),
    )
    assert told.is_made.tolist() == [True, False, False]
    assert told.is_chosen.tolist() == [False, True, False]
    assert told.weight.tolist() == pytest.approx([0.8, 1.0, 0.0])
    assert told.came[:, 0].tolist() == [6, 3, 5]


def test_a_measure_that_was_let_be_beside_one_that_was_changed_counts_for_nothing() -> None:
    told = texts((0, "sentences", 5, 6, True, 0.4), (0, "words", 80, np.nan, False, 0.5))
    assert (told.is_made.tolist(), told.is_chosen.tolist()) == ([True], [False])
    assert told.weight.tolist() == pytest.approx([0.4])
    assert told.left.tolist() == [[5, 80]]
    assert told.came.tolist() == [[6, 80]]


def test_a_measure_that_lacks_is_told_from_the_other_and_came_as_it_was_left() -> None:
    told = texts((0, "sentences", 4, 6, True, 1.0), (1, "words", 60, 90, True, 1.0))
    left, came, is_known = told.whole(15.0)
    assert left.tolist() == [[4, 60], [4, 60]]
    assert came.tolist() == [[6, 60], [4, 90]]
    assert is_known.all()
    assert told.words_a_sentence() == A_SENTENCE  # no text shows both


def test_no_text_however_odd_makes_belief_no_number() -> None:
    before = prior(0.5, 0.25)
    belief = believed(before, np.zeros((3, len(before))))
    assert belief.sum() == pytest.approx(1)
    assert np.allclose(belief, before)
