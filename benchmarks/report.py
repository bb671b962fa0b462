"""The shape all benchmarks share: their arguments, the facts of the machine, the one JSON line at the end.

A benchmark knows what it measures and calls `arguments` at its start and `report` at its end. Progress goes to stderr, so
that the last line of stdout is the report alone. A figure that cannot be measured is an `Unmeasured` with its reason.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why a figure is missing. It is printed as `null`, with the reason under `why`."""

    why: str


class Arguments(argparse.Namespace):
    quick: bool
    seed: int
    data: Path | None


def arguments(name: str, argv: Sequence[str] | None = None) -> Arguments:
    """Read `--quick`, `--seed` and `--data`, which default to False, 0 and `TELOS_TEST_DATA`."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a minute or less")
    parser.add_argument("--seed", type=int, default=0)
    folder = os.environ.get("TELOS_TEST_DATA")
    parser.add_argument("--data", type=Path, default=Path(folder) if folder else None, help="folder of real documents")
    return parser.parse_args(argv, namespace=Arguments())


def say(line: str) -> None:
    """Tell the person who waits how far it is."""
    print(line, file=sys.stderr, flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed: `percentile(times, 0.95)`."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def peak_rss_mb() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(bench: str, *, seed: int, quick: bool, started: float, **keys: Any) -> None:
    """Print the JSON line. `started` is what `time.perf_counter()` said at the start."""
    missing = {key: value.why for key, value in keys.items() if isinstance(value, Unmeasured)}
    line: dict[str, Any] = {
        "bench": bench,
        "seed": seed,
        "machine": machine(),
        "seconds": round(time.perf_counter() - started, 2),
    }
    if quick:
        line["quick"] = True
    line |= {key: None if key in missing else _rounded(value) for key, value in keys.items()}
    if missing:
        line["why"] = missing
    print(json.dumps(line), flush=True)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 2**30, 1),
        "cpu": _cpu(),
        "bf16": any(flag in _cpu_flags() for flag in ("avx512_bf16", "amx_bf16")),
        "gpu": _gpu(),
        "python": platform.python_version(),
    }


def _cpu() -> str:
    return next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), "unknown")


def _cpu_flags() -> frozenset[str]:
    return next(
        (frozenset(line.partition(":")[2].split()) for line in _cpuinfo() if line.startswith("flags")), frozenset()
    )


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _gpu() -> str | None:
    try:
        asked = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip() or None


def _rounded(value: Any) -> Any:
    return float(f"{value:.5g}") if isinstance(value, float) else value
