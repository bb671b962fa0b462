"""How long a command takes to start, over what its libraries alone take.

`ratio_help`: `telos --help` over the `--help` of a bare typer app. `ratio_status`: `telos status` with the daemon running,
over a typer app that imports httpx and pydantic and does one GET on the same socket. Runs alternate, so that a slow
moment of the machine hits both alike; each figure is a ratio of medians.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from assistant.home import Home
from assistant.lock import Lock
from benchmarks.report import arguments, report, say

TELOS = Path(sys.executable).with_name("telos")
RUNS, QUICK_RUNS = 40, 8
PATIENCE_S = 60.0

BARE = """
import typer

app = typer.Typer()

@app.command()
def status() -> None:
    print("ok")

@app.command()
def other() -> None:
    print("ok")

app()
"""

ONE_GET = """
import sys

import httpx
import pydantic
import typer

app = typer.Typer()

@app.command()
def status(socket: str) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(uds=socket), base_url="http://telos") as http:
        print(len(http.get("/api/status").content))

app()
"""


def main() -> None:
    chosen = arguments("startup")
    started = time.perf_counter()
    runs = QUICK_RUNS if chosen.quick else RUNS
    with tempfile.TemporaryDirectory() as folder, _daemon(Path(folder) / "home") as home:
        bare, one_get = _script(folder, "bare.py", BARE), _script(folder, "one_get.py", ONE_GET)
        socket = _socket(home)
        help_s, bare_s = _medians([TELOS, "--help"], [sys.executable, bare, "--help"], runs)
        say(f"--help {help_s * 1000:.0f} ms, bare {bare_s * 1000:.0f} ms")
        status_s, get_s = _medians([TELOS, "--home", home.data, "status"], [sys.executable, one_get, socket], runs)
        say(f"status {status_s * 1000:.0f} ms, one GET {get_s * 1000:.0f} ms")
    report(
        "startup",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        ratio_help=help_s / bare_s,
        ratio_status=status_s / get_s,
        help_ms=help_s * 1000,
        bare_ms=bare_s * 1000,
        status_ms=status_s * 1000,
        get_ms=get_s * 1000,
        runs=runs,
    )


def _medians(ours: list[object], theirs: list[object], runs: int) -> tuple[float, float]:
    """Median seconds of both commands, run in turn after one run each to warm the disk's cache."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(runs + 1):
        for command, taken in zip((ours, theirs), times, strict=True):
            seconds = _seconds([str(part) for part in command])
            if number:
                taken.append(seconds)
    return median(times[0]), median(times[1])


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "100"})
    return time.perf_counter() - started


def _script(folder: str, name: str, text: str) -> Path:
    path = Path(folder) / name
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def _daemon(folder: Path) -> Iterator[Home]:
    """A daemon on a new home without sources."""
    home = Home.at(folder)
    home.prepare()
    home.config_file.write_text("", encoding="utf-8")
    process = subprocess.Popen([TELOS, "--home", folder, "run"], stderr=subprocess.DEVNULL)
    try:
        yield home
    finally:
        process.terminate()
        process.wait(timeout=20)


def _socket(home: Home) -> str:
    """Where the daemon answers, once it does."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        holder = Lock(home.lock).holder()
        if holder is not None and holder.serves:
            return holder.socket
        time.sleep(0.05)
    raise TimeoutError("the daemon did not start")


if __name__ == "__main__":
    main()
