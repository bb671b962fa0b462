"""Grouping the messages of a real channel into conversations, against what somebody who read them all says.

`ari` is the adjusted Rand index on the second half of the year. The baselines are tuned on the first: gaps in time; and
messages, or bursts of them, joined to the conversation nearest in words (TF-IDF) or meaning (embeddings) within a window.
Ours has weights learned on the first half by `benchmarks.threads_fit`. Bar: `ari` >= `ari_best_baseline` + 0.05.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score

from assistant.stories.threads import grouped
from benchmarks.report import Unmeasured, arguments, report, say
from benchmarks.threads_data import FILE, Talk, parts, read
from memory.embed import NoEmbedder

GAPS_MIN = (5, 10, 15, 20, 25, 30, 35, 40, 45, 60, 75, 90, 120, 180, 240, 360)
BURSTS_MIN = (0, 3, 10, 20)
WINDOWS_MIN = (30, 60, 120, 240, 480, 1440)
LEAST_ALIKE = (-1.0, 0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
QUICK_MESSAGES = 300
QUICK_STEP = 5
"""A smoke run tries every fifth setting."""

Numbers = NDArray[np.int64]
Rows = NDArray[np.float32]
Setting = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A way to group, with the settings that it is tuned over."""

    group: Callable[[Talk, Setting], Numbers]
    settings: tuple[Setting, ...]


def by_gaps(talk: Talk, setting: Setting) -> Numbers:
    """A new conversation wherever nobody spoke for so many minutes."""
    return np.concatenate([[0], np.cumsum(np.diff(talk.minutes) > setting[0])]).astype(np.int64)


def by_likeness(rows_of: Callable[[Talk], Rows]) -> Callable[[Talk, Setting], Numbers]:
    """(burst, window, least): each burst joins the conversation whose centre is nearest, if that was alive within the
    window and is so near; else it begins one. A burst of 0 minutes is a single message."""

    def group(talk: Talk, setting: Setting) -> Numbers:
        burst_min, window_min, least = setting
        minutes, rows = talk.minutes, rows_of(talk)
        starts = [0, *(np.flatnonzero(np.diff(minutes) > burst_min) + 1)] if burst_min else list(range(len(minutes)))
        numbers = np.zeros(len(minutes), dtype=np.int64)
        centres: list[Rows] = []
        ended: list[float] = []
        for start, end in zip(starts, [*starts[1:], len(minutes)], strict=True):
            own = rows[start:end].sum(axis=0)
            alive = [place for place, at in enumerate(ended) if minutes[start] - at <= window_min]
            near = [_cosine(own, centres[place]) for place in alive]
            if near and max(near) >= least:
                joined = alive[int(np.argmax(near))]
                centres[joined] = centres[joined] + own
                ended[joined] = float(minutes[end - 1])
            else:
                joined = len(centres)
                centres.append(own)
                ended.append(float(minutes[end - 1]))
            numbers[start:end] = joined
        return numbers

    return group


def _cosine(one: Rows, other: Rows) -> float:
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm else 0.0


def baselines(first_half: Talk) -> Mapping[str, Baseline]:
    """What ours must beat. Words are weighed as the first half has them."""
    words = TfidfVectorizer(sublinear_tf=True, min_df=2)
    words.fit([one.text for one in first_half.said])
    kept: dict[int, Rows] = {}

    def in_words(talk: Talk) -> Rows:
        if id(talk) not in kept:
            rows: Rows = words.transform([one.text for one in talk.said]).toarray().astype(np.float32)
            kept[id(talk)] = rows
        return kept[id(talk)]

    def in_meaning(talk: Talk) -> Rows:
        return np.stack([one.vector for one in talk.said if one.vector is not None])

    grid = tuple(product(BURSTS_MIN, WINDOWS_MIN, LEAST_ALIKE))
    return {
        "time_gaps": Baseline(by_gaps, tuple((gap,) for gap in GAPS_MIN)),
        "tf_idf": Baseline(by_likeness(in_words), grid),
        "embeddings": Baseline(by_likeness(in_meaning), grid),
    }


def ari(talk: Talk, numbers: Iterable[int]) -> float:
    return float(adjusted_rand_score(talk.gold, list(numbers)))


def measured(first: Talk, second: Talk, step: int = 1) -> dict[str, Any]:
    """Each baseline at its best setting on the first half: that setting, and its ARI on both."""
    found: dict[str, Any] = {}
    for name, baseline in baselines(first).items():
        scores = {setting: ari(first, baseline.group(first, setting)) for setting in baseline.settings[::step]}
        best = max(scores, key=lambda setting: scores[setting])
        second_ari = ari(second, baseline.group(second, best))
        found[name] = {"setting": list(best), "ari_first": round(scores[best], 4), "ari": round(second_ari, 4)}
        say(f"{name}: {found[name]}")
    return found


def main() -> None:
    args = arguments("threads")
    started = time.perf_counter()
    why = ""
    if args.data is None or not (args.data / FILE).is_file():
        why = "the channel is not here: name the folder of the real documents with --data or TELOS_TEST_DATA"
    else:
        try:
            talk = read(args.data, 2 * QUICK_MESSAGES if args.quick else None)
        except NoEmbedder as err:
            why = str(err)
    if why:
        missing = Unmeasured(why)
        report("threads", seed=args.seed, quick=args.quick, started=started, ari=missing, ari_best_baseline=missing)
        return
    first, second = parts(talk, 2)
    tuned = measured(first, second, QUICK_STEP if args.quick else 1)
    before = time.perf_counter()
    ours = ari(second, grouped(second.said))
    group_s = time.perf_counter() - before
    best = max(one["ari"] for one in tuned.values())
    report(
        "threads",
        seed=args.seed,
        quick=args.quick,
        started=started,
        ari=ours,
        ari_best_baseline=best,
        lead=ours - best,
        ari_without_meaning=ari(second, grouped(second.without_meaning().said)),
        ari_first=ari(first, grouped(first.said)),
        baselines=tuned,
        messages=len(second.said),
        conversations=len(set(second.gold)),
        group_s=round(group_s, 2),
    )


if __name__ == "__main__":
    main()
