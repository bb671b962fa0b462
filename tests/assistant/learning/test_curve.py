"""What editing costs over time: shares of drafts, their moving average."""

from __future__ import annotations

import pytest

from assistant.learning.curve import moving_average


@pytest.mark.parametrize(
    ("shares", "window", "average"),
    [([], 3, []), ([0.4], 3, [0.4]), ([1.0, 0.0, 0.5, 0.0], 2, [1.0, 0.5, 0.25, 0.25])],
    ids=["none", "one", "fewer at the beginning"],
)
def test_the_average_is_of_the_last_drafts(shares: list[float], window: int, average: list[float]) -> None:
    assert moving_average(shares, window) == pytest.approx(average)
