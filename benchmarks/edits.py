"""How much of the work of editing is saved by learning from edits: the PRELUDE protocol, without a hosted model.

A simulated user (`simulated_user`, which knows nothing of Telos) edits 200 drafts a seed: documents in five contexts, mails
in four, each context with preferences that are never said. What a word-level Levenshtein distance counts between what was
shown and what was left is the cost. `unused` is the share of the possible saving that an arm leaves,
(arm - oracle) / (no learning - oracle), a seed at a time, then the mean over 20 seeds (`--seed` is the first):

- `documents_unused`, `mail_unused`: all preferences are of kinds that can be detected (the dimensions of Telos's traits).
  `worst_seed` is the highest among both. `documents_unused_all`, `mail_unused_all`: a quarter of the preferences, added to
  the same others, are of kinds for which no detector was made (`hidden_share`: what they cost without learning).
- `after_switch_unused`: all preferences change at round 100; the costs from there on. `noise_unused`: in a tenth of the
  rounds a whim edits, and not the user's preference. Both over both tracks, and over the first ten seeds.
- `learn_ms`: the mean time of `drafts.edit` on a text of 500 words; `learn_late_ms`: the same for a user of whom 2,000 past
  texts were learned before. `choose_ms`: the 95th percentile of a choice among 5,000 preferences.
- `warm_up`: see `edits_warm_up`. `model`: see `edits_model`; for it `--home DIR` names a home with a model configured.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.edits_model import with_model
from benchmarks.edits_rounds import ARMS, CONDITIONS, TRACKS, Order, Played, play, shared_embedder
from benchmarks.edits_times import choose_ms, learn_ms
from benchmarks.edits_warm_up import warm_up
from benchmarks.edits_wishes import HIDDEN
from benchmarks.report import Arguments, Unmeasured, arguments, peak_rss_mb, report, say

STEADY = ("detectable", "all")
DEAREST = 25
MODEL_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Size:
    seeds: int
    rounds: int
    edits_timed: int
    past: int
    preferences: int
    unsteady_seeds: int
    """Seeds that are played with a switch and with noise, too."""
    processes: int = 2
    is_hashed: bool = False


FULL = Size(seeds=20, rounds=200, edits_timed=40, past=2000, preferences=5000, unsteady_seeds=10)
QUICK = Size(seeds=2, rounds=60, edits_timed=5, past=50, preferences=500, unsteady_seeds=1)


def main() -> None:
    chosen, home = _arguments(sys.argv[1:])
    measure(chosen, home, QUICK if chosen.quick else FULL)


def measure(chosen: Arguments, home: Path | None, size: Size) -> None:
    """Play all seeds, time what is timed, and print the report."""
    started = time.perf_counter()
    data = chosen.data if chosen.data is not None and (chosen.data / "mail").is_dir() else None
    orders = [
        Order(track, chosen.seed + n, size.rounds, data, _conditions(n, size), size.is_hashed)
        for n in range(size.seeds)
        for track in TRACKS
    ]
    played: list[Played] = []
    for one in _played(orders, size.processes):
        played += one
        say(f"{one[0].track}, seed {one[0].seed}: " + ", ".join(f"{p.condition} {p.unused('telos'):.3f}" for p in one))
    embedder, why = shared_embedder(size.is_hashed)
    report(
        "edits",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        seeds=size.seeds,
        rounds=size.rounds,
        texts="made up" if data is None else "real",
        embedder=embedder.slug,
        embedder_why=why,
        **shares(played, "telos", size.rounds),
        learn_ms=learn_ms(embedder, size.edits_timed),
        learn_late_ms=learn_ms(embedder, size.edits_timed, past=size.past),
        choose_ms=choose_ms(embedder, size.preferences),
        nearest=shares(played, "nearest", size.rounds),
        **{"global": shares(played, "global", size.rounds)},
        **details(played),
        warm_up=Unmeasured("The folder of real mails is not here.") if data is None else warm_up(embedder, data),
        model=with_model(home, chosen.seed, min(size.rounds, MODEL_ROUNDS), data),
        peak_rss_mb=peak_rss_mb(),
    )


def _conditions(place: int, size: Size) -> Sequence[str]:
    return CONDITIONS if place < size.unsteady_seeds else STEADY


def shares(played: Sequence[Played], arm: str, rounds: int) -> dict[str, float]:
    """The `unused` keys of an arm."""

    def of(condition: str, track: str = "", first: int = 0) -> list[float]:
        chosen = [one for one in played if one.condition == condition and track in ("", one.track)]
        return [one.unused(arm, first) for one in chosen]

    return {
        "documents_unused": mean(of("detectable", "documents")),
        "mail_unused": mean(of("detectable", "mail")),
        "documents_unused_all": mean(of("all", "documents")),
        "mail_unused_all": mean(of("all", "mail")),
        "worst_seed": max(of("detectable")),
        "after_switch_unused": mean(of("switch", first=rounds // 2)),
        "noise_unused": mean(of("noise")),
    }


def details(played: Sequence[Played]) -> dict[str, Any]:
    """Raw costs, what was left by kind of wish, the dearest wishes, and how the cost falls with the rounds."""
    found: dict[str, Any] = {"costs": {}, "left_by_component": {}, "curve": {}, "hidden_share": {}}
    for track in TRACKS:
        for condition in CONDITIONS:
            some = [one for one in played if (one.track, one.condition) == (track, condition)]
            name = f"{track}, {condition}"
            found["costs"][name] = {arm: sum(one.total(arm) for one in some) for arm in ARMS}
            found["left_by_component"][name] = _by_kind(some)
            found["curve"][name] = {arm: _curve(some, arm) for arm in ("none", "telos")}
        left = found["left_by_component"][f"{track}, all"]
        total = sum(arms["none"] for arms in left.values())
        found["hidden_share"][track] = sum(arms["none"] for kind, arms in left.items() if kind in HIDDEN) / max(
            1, total
        )
    found["dearest"] = _dearest([one for one in played if one.condition == "detectable"])
    return found


def _by_kind(some: Sequence[Played]) -> dict[str, dict[str, int]]:
    """Kind of wish -> arm -> words, the dearest to Telos first."""
    sums: dict[str, Counter[str]] = {arm: Counter() for arm in ARMS}
    for one in some:
        for arm in ARMS:
            for (_, kind), words in one.left[arm].items():
                sums[arm][kind] += words
    kinds = sorted({kind for arm in ARMS for kind in sums[arm]}, key=lambda kind: (-sums["telos"][kind], kind))
    return {kind: {arm: sums[arm][kind] for arm in ARMS} for kind in kinds}


def _curve(some: Sequence[Played], arm: str, parts: int = 10) -> list[int]:
    """What it cost in each tenth of the rounds, over all seeds."""
    length = max(len(one.costs[arm]) for one in some)
    bounds = [round(part * length / parts) for part in range(parts + 1)]
    return [sum(sum(one.costs[arm][first:last]) for one in some) for first, last in pairwise(bounds)]


def _dearest(some: Sequence[Played]) -> list[dict[str, Any]]:
    """The contexts and kinds in which Telos left the most, with all that the context wishes."""
    rows: list[dict[str, Any]] = [
        {
            "track": one.track,
            "seed": one.seed,
            "context": context,
            "kind": kind,
            "left": words,
            "none": one.left["none"][context, kind],
            "wishes": one.wishes[context],
        }
        for one in some
        for (context, kind), words in one.left["telos"].items()
    ]
    return sorted(rows, key=lambda row: -row["left"])[:DEAREST]


def _played(orders: Sequence[Order], processes: int) -> Iterator[list[Played]]:
    if processes == 1:
        yield from map(play, orders)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(play, orders)


def _arguments(argv: Sequence[str]) -> tuple[Arguments, Path | None]:
    """The arguments of every benchmark, and `--home`."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--home", type=Path, default=None)
    own, rest = parser.parse_known_args(argv)
    return arguments("edits", rest), own.home


if __name__ == "__main__":
    main()
