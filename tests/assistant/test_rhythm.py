"""How often a source brings something new, and when its silence is an alarm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.ingest import rhythm

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
DAY_S = DAY.total_seconds()


def test_a_rhythm_is_learned_from_the_second_arrival_on() -> None:
    assert rhythm.learned(None, None, NOW) is None
    assert rhythm.learned(None, NOW - DAY, NOW) == DAY_S


def test_one_long_gap_moves_a_rhythm_only_a_little() -> None:
    learned = rhythm.learned(DAY_S, NOW - 5 * DAY, NOW)
    assert learned is not None
    assert DAY_S < learned <= 2 * DAY_S


def test_a_rhythm_follows_a_source_that_slows_down() -> None:
    rhythm_s: float | None = DAY_S
    for _ in range(12):
        rhythm_s = rhythm.learned(rhythm_s, NOW - 10 * DAY, NOW)
    assert rhythm_s == pytest.approx(10 * DAY_S, rel=0.05)


@pytest.mark.parametrize(
    ("rhythm_s", "silent", "stale"),
    [
        pytest.param(None, 29 * DAY, False, id="unknown rhythm, within the connector's patience"),
        pytest.param(None, 31 * DAY, True, id="unknown rhythm, beyond it"),
        pytest.param(3600.0, 3 * DAY, False, id="an hourly source over a long weekend"),
        pytest.param(3600.0, 5 * DAY, True, id="an hourly source, silent for five days"),
        pytest.param(7 * DAY_S, 30 * DAY, False, id="a weekly source, silent for a month"),
        pytest.param(7 * DAY_S, 43 * DAY, True, id="a weekly source, silent for six weeks"),
    ],
)
def test_silence_is_an_alarm_by_the_source_s_own_rhythm(rhythm_s: float | None, silent: timedelta, stale: bool) -> None:
    assert rhythm.is_stale(rhythm_s, NOW - silent, NOW, 30 * DAY) is stale


@pytest.mark.parametrize(
    ("kind", "age", "expected"),
    [
        ("article", timedelta(days=2), True),
        ("article", timedelta(days=400), False),
        ("article", None, True),
        ("note", timedelta(days=4000), True),
    ],
    ids=["of this week", "of last year", "undated", "an old file"],
)
def test_an_old_post_that_comes_for_the_first_time_is_no_sign_of_life(
    kind: str, age: timedelta | None, expected: bool
) -> None:
    assert rhythm.is_news(kind, None if age is None else NOW - age, NOW) is expected
