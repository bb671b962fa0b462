"""Whether a service under load kept its bars: flat memory, quick answers, nothing failed, no stream lost. Each that is not is a sentence.

Memory is judged by a line through its samples after a warm-up, which a single peak cannot bend: the median of the slopes
between all pairs of samples (Theil and Sen). It knows figures alone; `benchmarks.load` measures them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

WARM_UP = 0.2
"""Of the samples: caches fill, threads start, the embedder is asked for the first time."""
LEAST_SAMPLES = 20
MOST_GROWTH_MB = 16.0
"""Over what follows the warm-up: 8,000 of 10,000 requests, so that 2 KB lost in each would be seen."""
MOST_LIST_MS, MOST_SEARCH_MS = 100.0, 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run came to. `growth_mb` is None where too few samples were taken to say, as in a smoke run."""

    growth_mb: float | None
    p99_list_ms: float
    p99_search_ms: float
    failed: int
    streams_lost: int


def growth_mb(samples: Sequence[float]) -> float | None:
    """By how much the line rises from the end of the warm-up to the last sample; samples are equally far apart."""
    kept = samples[round(len(samples) * WARM_UP) :]
    if len(kept) < LEAST_SAMPLES:
        return None
    slopes = [(kept[later] - kept[first]) / (later - first) for first, later in combinations(range(len(kept)), 2)]
    return median(slopes) * (len(kept) - 1)


def broken_bars(figures: Figures, *, quick: bool) -> list[str]:
    """A sentence for each bar that was not kept. A smoke run holds the two that do not depend on its length."""
    return list(_broken(figures, quick))


def _broken(figures: Figures, quick: bool) -> Iterator[str]:
    if figures.failed:
        yield f"{figures.failed} requests failed"
    if figures.streams_lost:
        yield f"{figures.streams_lost} of the idle streams were lost"
    if quick:
        return
    if figures.growth_mb is None:
        yield f"memory was looked at too seldom to judge it; {LEAST_SAMPLES} times after the warm-up are needed"
    elif figures.growth_mb > MOST_GROWTH_MB:
        yield f"memory grew by {figures.growth_mb:.1f} MB after the warm-up, and {MOST_GROWTH_MB:.0f} is the most"
    for what, took_ms, most_ms in (
        ("lists", figures.p99_list_ms, MOST_LIST_MS),
        ("searches", figures.p99_search_ms, MOST_SEARCH_MS),
    ):
        if took_ms > most_ms:
            yield f"the slowest hundredth of {what} took {took_ms:.0f} ms, and {most_ms:.0f} is the most"
