"""The verdict on a service under load: memory that grows is told from memory that warms up, peaks or breathes."""

from __future__ import annotations

import random

import pytest

from benchmarks.load_verdict import MOST_GROWTH_MB, Figures, broken_bars, growth_mb

SAMPLES = 100


def curve(*, warm_mb: float = 0.0, leak_mb: float = 0.0, peak_mb: float = 0.0, noise_mb: float = 0.0) -> list[float]:
    """A run's samples: what fills up in the first tenth, what is lost evenly to the end, one peak, and noise."""
    dice = random.Random(5)
    warm = [warm_mb * min(1.0, at / (SAMPLES / 10)) for at in range(SAMPLES)]
    return [
        120 + warm[at] + leak_mb * at / SAMPLES + (peak_mb if at in (70, 99) else 0.0) + dice.gauss(0, noise_mb)
        for at in range(SAMPLES)
    ]


@pytest.mark.parametrize(
    ("samples", "is_flat"),
    [
        pytest.param(curve(), True, id="still"),
        pytest.param(curve(warm_mb=200), True, id="warms up"),
        pytest.param(curve(warm_mb=80, peak_mb=300), True, id="has peaks, one at the very end"),
        pytest.param(curve(noise_mb=15), True, id="breathes"),
        pytest.param(curve(leak_mb=MOST_GROWTH_MB), True, id="stays just below"),
        pytest.param(curve(warm_mb=80, leak_mb=30, noise_mb=5), False, id="loses 3 KB a request"),
        pytest.param(curve(leak_mb=400), False, id="loses 40 KB a request"),
    ],
)
def test_memory_is_flat_where_a_line_through_it_is(samples: list[float], is_flat: bool) -> None:
    growth = growth_mb(samples)
    assert growth is not None
    assert (growth <= MOST_GROWTH_MB) == is_flat


def figures(**other: float | None) -> Figures:
    kept: dict[str, float | None] = {"growth_mb": 1.0, "p99_list_ms": 40, "p99_search_ms": 200}
    return Figures(**{**kept, "failed": 0, "streams_lost": 0, **other})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({}, ""),
        ({"growth_mb": 17.0}, "memory grew by 17.0 MB"),
        ({"growth_mb": None}, "too seldom"),
        ({"p99_list_ms": 101.0}, "lists took 101 ms"),
        ({"p99_search_ms": 301.0}, "searches took 301 ms"),
        ({"failed": 1}, "1 requests failed"),
        ({"streams_lost": 2}, "2 of the idle streams were lost"),
    ],
)
def test_each_bar_that_is_not_kept_is_a_sentence(other: dict[str, float | None], told: str) -> None:
    broken = broken_bars(figures(**other), quick=False)
    assert [told in sentence for sentence in broken] == ([True] if told else [])


def test_a_smoke_run_is_not_judged_by_what_needs_a_long_one() -> None:
    assert growth_mb([120.0, 150.0, 160.0]) is None
    assert broken_bars(figures(growth_mb=None, p99_list_ms=900, p99_search_ms=900), quick=True) == []
    assert broken_bars(figures(failed=3), quick=True) == ["3 requests failed"]
