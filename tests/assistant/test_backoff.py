"""Pauses after failures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.backoff import backoff

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("failures", "asked", "pause"),
    [
        pytest.param(1, None, MINUTE, id="the first failure"),
        pytest.param(2, None, 2 * MINUTE, id="twice as long each time"),
        pytest.param(5, None, 16 * MINUTE, id="the fifth"),
        pytest.param(7, None, HOUR, id="never longer than the most"),
        pytest.param(10**9, None, HOUR, id="after years"),
        pytest.param(0, None, MINUTE, id="no failure counts as one"),
        pytest.param(1, 5 * MINUTE, 5 * MINUTE, id="a longer wait was asked for"),
        pytest.param(5, 5 * MINUTE, 16 * MINUTE, id="a shorter wait was asked for"),
        pytest.param(1, 2 * HOUR, 2 * HOUR, id="a wait beyond the most was asked for"),
    ],
)
def test_the_pause_grows_to_a_bound_and_heeds_what_was_asked(
    failures: int, asked: timedelta | None, pause: timedelta
) -> None:
    assert backoff(failures, first=MINUTE, most=HOUR, asked=asked) == pause
