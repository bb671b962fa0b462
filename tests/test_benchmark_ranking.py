"""What the ranking benchmark measures with: its figures on cases whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ranking import Life, brier_skill, expected_calibration_error, recovery_days
from benchmarks.report import Unmeasured
from benchmarks.stories import f1


def test_the_oracles_order_has_the_whole_share_and_the_other_end_has_none() -> None:
    wanted = np.arange(60) < 4
    life = Life()
    life.note("best", range(10), wanted)
    life.note("worst", range(50, 60), wanted)
    assert life.shares == {"best": [pytest.approx(1.0)], "worst": [0.0]}


def test_recovery_is_counted_from_the_change() -> None:
    before = [0.5] * 9 + [0.8]
    assert recovery_days(np.array([*before, 0.1, 0.3, 0.71, 0.73, 0.8, 0.8, 0.8, 0.8])) == 4
    assert isinstance(recovery_days(np.array([*before, *[0.7] * 8])), Unmeasured)


def test_calibration_and_skill_are_of_what_came_true() -> None:
    right = [(0.25, number < 25) for number in range(100)]
    assert expected_calibration_error(right) == pytest.approx(0.0)
    assert expected_calibration_error([(0.95, False)] * 10) == pytest.approx(0.95)
    assert brier_skill([right]) == pytest.approx(0.0)
    assert brier_skill([[(0.9, True), (0.1, False)]]) > 0.9


def test_f1_of_pairs() -> None:
    assert f1([True, True, False, False], [True, False, True, False])["f1"] == 0.5
