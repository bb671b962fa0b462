"""How search, disk, memory, start, adding and reindexing grow from 10,000 to 1,000,000 items.

    python -m benchmarks.scale --sizes 10k,100k,1m

The homes are kept in the system's temporary folder, or under `--data`, and an interrupted run goes on with them. A
million items take about 10 GB of disk. Each home is measured in a fresh process. Pruning: frequent words are read from
arrays made once a day, filters that let many through are looked at afterwards, the vectors are asked approximately.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from assistant.config.schema import MemorySettings
from assistant.home import Home
from assistant.workers.embedder import WorkerEmbedder
from assistant.workers.index import WorkerIndex
from benchmarks.report import Unmeasured, arguments, percentile, report, say
from benchmarks.scale_asked import Prepared, filtered, loss, questions, times, warm_embedder
from benchmarks.scale_home import PAGE, Drawn, Filled, fill
from memory.recall import Recall
from memory.store.connection import Database
from memory.vectors import Vectors

SIZES = {"2k": 2_000, "10k": 10_000, "30k": 30_000, "100k": 100_000, "300k": 300_000, "1m": 1_000_000}
COMPARED = 48
"""Questions, filtered and not, that are compared with the exhaustive search; at a million each takes ten seconds."""
COMPARED_AT_A_MILLION = 16
GROWTH = ("p50_ms", "p95_ms", "p95_filtered_ms", "disk_mb", "rss_mb", "start_s", "reindex_s")


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--sizes", default="")
    parser.add_argument("--measure", default="")
    own, rest = parser.parse_known_args()
    chosen = arguments("scale", rest)
    if own.measure:
        print(json.dumps(_measured(Path(own.measure), SIZES[own.sizes], chosen.seed)))
        return
    started = time.perf_counter()
    names = own.sizes.lower().split(",") if own.sizes else (["2k", "10k"] if chosen.quick else ["10k", "100k", "1m"])
    base = (chosen.data if own.sizes and chosen.data else Path(tempfile.gettempdir())) / f"telos-scale-{chosen.seed}"
    figures = {name: _of_size(base / name, name, chosen.seed) for name in names}
    keys = {key: {name: one[key] for name, one in figures.items()} for key in next(iter(figures.values()))}
    report(
        "scale",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        **keys,
        pruning_loss=max(one["loss"] for one in figures.values()),
        growth={key: _growth({name: one[key] for name, one in figures.items()}) for key in GROWTH},
        **(
            {}
            if all(one["embed_ms"] for one in figures.values())
            else {"embedding": Unmeasured("No embedder is here.")}
        ),
    )


def _of_size(folder: Path, name: str, seed: int) -> dict[str, Any]:
    """Fill the home here, measure it in a process of its own, which holds nothing of the filling."""
    home = Home.at(folder)
    vectors = _vectors(home)
    try:
        filled = fill(home, Drawn(seed), SIZES[name], vectors)
    finally:
        vectors.close()
    say(f"{name}: measuring")
    command = [sys.executable, "-m", "benchmarks.scale", "--measure", str(folder), "--sizes", name, "--seed", str(seed)]
    measured = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(measured.stdout.splitlines()[-1]) | _taken(home, filled, SIZES[name])
    say(json.dumps({name: figures}))
    return figures


def _taken(home: Home, filled: Filled, count: int) -> dict[str, float]:
    """Disk, and what filling took."""
    seconds = filled.seconds
    return {
        "disk_mb": _size_mb(home.data),
        "database_mb": home.database.stat().st_size / 2**20,
        "index_mb": _size_mb(home.index),
        "items_per_s": PAGE / filled.last_page_s if filled.last_page_s else 0.0,
        "items_per_s_mean": count / seconds["rows"],
        "vectors_per_s": count / seconds["chroma"],
        "words_s": seconds.get("words", 0.0),
        "reindex_s": seconds["matrix"] + seconds["chroma"] + seconds.get("words", 0.0),
    }


def _measured(folder: Path, count: int, seed: int) -> dict[str, Any]:
    home, drawn = Home.at(folder), Drawn(seed)
    asked = questions(drawn, count)
    narrowed = filtered(asked, count)
    embedder = WorkerEmbedder(MemorySettings())
    embed_ms = warm_embedder(embedder)
    started = time.perf_counter()
    database, vectors = Database.open(home.database), _vectors(home)
    recall = Recall(database, Prepared(), vectors)
    recall.answer(asked[0])
    start_s = time.perf_counter() - started
    used = embedder if embed_ms is not None else None
    try:
        times(recall, [*asked[:16], *narrowed[:16]], used)  # the page cache, as of a service that is in use
        plain, chosen = times(recall, asked, used), times(recall, narrowed, used)
        index = vectors.index_in_use
        rss = _rss_mb() + (index.rss_mb() if isinstance(index, WorkerIndex) else 0.0)
        step = len(asked) // (COMPARED_AT_A_MILLION if count >= 1_000_000 else COMPARED)
        losses = loss(database, vectors, asked[::step]), loss(database, vectors, narrowed[::step])
    finally:
        vectors.close()
        database.close()
        embedder.close()
    return {
        "p50_ms": percentile(plain, 0.5),
        "p95_ms": percentile(plain, 0.95),
        "p50_filtered_ms": percentile(chosen, 0.5),
        "p95_filtered_ms": percentile(chosen, 0.95),
        "max_ms": max([*plain, *chosen]),
        "embed_ms": embed_ms,
        "loss": max(losses),
        "loss_unfiltered": losses[0],
        "loss_filtered": losses[1],
        "rss_mb": rss,
        "start_s": start_s,
    }


def _vectors(home: Home) -> Vectors:
    return Vectors(home.index, Prepared(), WorkerIndex)


def _growth(values: dict[str, float]) -> float | None:
    """The power of the number of items that a figure grows with, from the least to the greatest home."""
    names = sorted(values, key=SIZES.__getitem__)
    least, most = values[names[0]], values[names[-1]]
    if len(names) < 2 or least <= 0 or most <= 0:
        return None
    return round(math.log(most / least) / math.log(SIZES[names[-1]] / SIZES[names[0]]), 2)


def _size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def _rss_mb() -> float:
    """What this process holds now, the mapped files that it has read among it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
