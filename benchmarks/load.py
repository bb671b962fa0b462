"""A service at work among 100,000 items: 20 requests a second whatever happens, 50 idle streams, 200 sources polling.

The loop is open: each request is due at its time, and its latency counts from then on, so that a service that falls behind
is seen to. Four in five requests ask for the status or a list, one searches. The world around it is `benchmarks.load_world`; it
exits with 1 where a bar of `benchmarks.load_verdict` is not kept, and `broken` says which.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np

from assistant.home import Home
from assistant.lock import Lock
from assistant.workers.index import WorkerIndex
from benchmarks.load_verdict import Figures, broken_bars, growth_mb
from benchmarks.load_world import IDLE
from benchmarks.report import Arguments, Unmeasured, arguments, percentile, report, say
from benchmarks.scale_asked import Prepared
from benchmarks.scale_home import PAGE, VOCABULARY, Drawn, fill
from memory.vectors import Vectors

TELOS = Path(sys.executable).with_name("telos")
RATE = 20.0
LISTS = (
    "/api/status",
    "/api/sources",
    "/api/status",
    "/api/jobs",
    "/api/conversations",
    "/api/goals",
    "/api/drafts",
    "/api/digest",
)
PATIENCE_S = 300.0
SAMPLE_S = 5.0


@dataclass(frozen=True)
class Plan:
    items: int
    requests: int
    streams: int
    sources: int

    @classmethod
    def of(cls, chosen: Arguments) -> Plan:
        return cls(2_000, 300, 10, 20) if chosen.quick else cls(100_000, 10_000, 50, 200)


@dataclass
class Seen:
    """Latencies in milliseconds by kind, what failed, and the service's memory over time, in MB."""

    list_ms: list[float] = field(default_factory=list)
    search_ms: list[float] = field(default_factory=list)
    by_path: dict[str, list[float]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    rss_mb: list[float] = field(default_factory=list)


def main() -> None:
    chosen = arguments("load")
    started, plan = time.perf_counter(), Plan.of(chosen)
    base = (
        chosen.data if chosen.data and not chosen.quick else Path(tempfile.gettempdir())
    ) / f"telos-scale-{chosen.seed}"
    with _world() as port, _filled(base, plan, chosen.seed) as home:
        home.config_file.write_text(_configuration(plan, port), encoding="utf-8")
        with _daemon(home) as (pid, socket):
            seen, open_streams = asyncio.run(_load(plan, Drawn(chosen.seed), socket, pid))
    growth = growth_mb(seen.rss_mb)
    figures = Figures(
        growth_mb=growth,
        p99_list_ms=percentile(seen.list_ms, 0.99),
        p99_search_ms=percentile(seen.search_ms, 0.99),
        failed=seen.failed.total(),
        streams_lost=plan.streams - open_streams,
    )
    broken = broken_bars(figures, quick=chosen.quick)
    report(
        "load",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        n=plan.items,
        requests=plan.requests,
        p50_list_ms=percentile(seen.list_ms, 0.5),
        p99_list_ms=figures.p99_list_ms,
        p50_search_ms=percentile(seen.search_ms, 0.5),
        p99_search_ms=figures.p99_search_ms,
        p99_ms={path: percentile(times, 0.99) for path, times in sorted(seen.by_path.items())},
        failed=dict(seen.failed),
        streams_open_at_the_end=open_streams,
        rss_mb=median(seen.rss_mb[-max(1, len(seen.rss_mb) // 5) :]),
        rss_growth_mb=Unmeasured("The run was too short for a line through its samples.") if growth is None else growth,
        rss_curve_mb=[round(value) for value in seen.rss_mb[:: max(1, len(seen.rss_mb) // 20)]],
        broken=broken,
    )
    sys.exit(bool(broken))


async def _load(plan: Plan, drawn: Drawn, socket: str, pid: int) -> tuple[Seen, int]:
    """Open the streams, then let requests fall due; what was seen, and how many streams were still open at the end."""
    seen, words = Seen(), _queries(drawn, plan.requests)
    transport = httpx.AsyncHTTPTransport(
        uds=socket, limits=httpx.Limits(max_connections=None, max_keepalive_connections=64)
    )
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://telos", timeout=60.0) as http,
        AsyncExitStack() as held,
    ):
        streams = [await held.enter_async_context(_idle_stream(http)) for _ in range(plan.streams)]
        say(f"{len(streams)} streams are open and silent")
        for query in words[:20]:  # the embedder's process and the page cache, as of a service that is in use
            await http.post("/api/memory/search", json={"query": query}, timeout=3 * PATIENCE_S)
        watching = asyncio.create_task(_watch(pid, seen))
        begun, pending = time.perf_counter() + 1.0, set()
        for number in range(plan.requests):
            due = begun + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            pending.add(task := asyncio.create_task(_request(http, number, words[number], due, seen)))
            task.add_done_callback(pending.discard)
            if number % 500 == 499:
                say(f"{number + 1} requests, {len(pending)} under way, {seen.rss_mb[-1]:.0f} MB")
        await asyncio.gather(*pending)
        watching.cancel()
        return seen, sum(not stream.done() for stream in streams)


async def _request(http: httpx.AsyncClient, number: int, query: str, due: float, seen: Seen) -> None:
    """One request; every fifth searches."""
    is_search = number % 5 == 4
    path = "/api/memory/search" if is_search else LISTS[number % len(LISTS)]
    try:
        answer = await (http.post(path, json={"query": query}) if is_search else http.get(path))
        if answer.is_error:
            seen.failed[f"{path}: {answer.status_code}"] += 1
    except httpx.HTTPError as err:
        seen.failed[f"{path}: {type(err).__name__}"] += 1
    taken = (time.perf_counter() - due) * 1000
    (seen.search_ms if is_search else seen.list_ms).append(taken)
    seen.by_path.setdefault(path, []).append(taken)


@asynccontextmanager
async def _idle_stream(http: httpx.AsyncClient) -> AsyncIterator[asyncio.Task[None]]:
    """A turn of a conversation whose model keeps silent: open, and read in the background."""
    said = {"text": f"Please {IDLE}."}
    async with http.stream("POST", "/api/conversations/say", json=said, timeout=None) as answer:
        answer.raise_for_status()
        lines = answer.aiter_lines()
        await anext(lines)

        async def read() -> None:
            async for _ in lines:
                pass

        reading = asyncio.create_task(read())
        try:
            yield reading
        finally:
            reading.cancel()


async def _watch(pid: int, seen: Seen) -> None:
    while True:
        seen.rss_mb.append(_rss_mb(pid))
        await asyncio.sleep(SAMPLE_S)


def _rss_mb(pid: int) -> float:
    """What the service holds of its own; mapped files, which it may give back, are left out."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def _queries(drawn: Drawn, count: int) -> list[str]:
    generator = np.random.default_rng([drawn.seed, 4])
    shares = drawn.document_shares / drawn.document_shares.sum()
    words = drawn.vocabulary[generator.choice(VOCABULARY, (count, 8), p=shares)].tolist()
    return [" ".join(row[: 1 + number % 8]) for number, row in enumerate(words)]


def _configuration(plan: Plan, port: int) -> str:
    here = f"http://127.0.0.1:{port}"
    head: list[Any] = [
        '[user]\ntimezone = "UTC"\n[digest]\ndays = []\n[network]\nallow_private = ["127.0.0.1"]\n',
        f'[model]\nengine = "server"\nname = "silent"\naddress = "{here}/v1"\nsilence_s = 3600\nlog_days = 0\n',
    ]
    polled = (
        f'[[sources]]\nkind = "feeds"\nname = "feed {n}"\nurl = "{here}/feed/{n}"\npoll_minutes = 1\n'
        for n in range(plan.sources)
    )
    return "\n".join([*head, *polled])


@contextmanager
def _filled(base: Path, plan: Plan, seed: int) -> Iterator[Home]:
    """A copy of a home of synthetic items, which the load may write to."""
    name = f"{plan.items // 1000}k"
    kept = Home.at(base / name)
    vectors = Vectors(kept.index, Prepared(), WorkerIndex)
    try:
        fill(kept, Drawn(seed), plan.items // PAGE * PAGE, vectors)
    finally:
        vectors.close()
    with tempfile.TemporaryDirectory(prefix="telos-load-") as folder:
        shutil.copytree(kept.data, Path(folder) / "home")
        yield Home.at(Path(folder) / "home")


@contextmanager
def _world() -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.load_world"]
    world = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert world.stdout is not None
        yield int(world.stdout.readline())
    finally:
        world.terminate()
        world.wait(timeout=20)


@contextmanager
def _daemon(home: Home) -> Iterator[tuple[int, str]]:
    """The service on a home: its process id, and the socket that it answers on."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TELOS_")}
    with (home.data / "service.log").open("wb") as log:
        process = subprocess.Popen([TELOS, "--home", home.data, "run"], stderr=log, stdout=log, env=environment)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while (holder := Lock(home.lock).holder()) is None or not holder.serves:
            if process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"The service did not start: {(home.data / 'service.log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield process.pid, holder.socket
    finally:
        process.terminate()
        process.wait(timeout=20)


if __name__ == "__main__":
    main()
