"""A thousand SIGKILLs: whatever Telos is doing, nothing is lost, nothing is sent twice, and it serves again within 5 s.

    .venv/bin/python -m benchmarks.chaos [--quick] [--kills 1000] [--folder DIR] [--phases pull chat]

Half of the kills come at a failpoint of their phase, half at some moment of it; one that came when the work was done
already counts as `idle`. It goes on where it was ended if it is given the same folder. Every hundred kills everything may
come to its end, and is held against what was served, said and sent: what is lost or there twice is printed, a sentence each.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import gettempdir
from threading import Thread
from typing import Any

from assistant.client import Client
from benchmarks.chaos_checks import Found, check
from benchmarks.chaos_phases import (
    FIRST_GUESS_S,
    PHASES,
    SHARES,
    Ask,
    Blow,
    answer_what_waits,
    asked,
    failpoints_of,
    home_of,
    prepare,
    talk_for_training,
)
from benchmarks.chaos_world import HOMES, World
from benchmarks.report import arguments, percentile, report, say
from tests.integration.daemon import Daemon

KILLS, QUICK_KILLS = 1000, 24
LEAST = 50
"""Kills in each phase, of a thousand."""
CHECK_EVERY = 100
PATIENCE_S = 120.0
"""A failpoint is waited for so long; and so is everything's end."""
MOST_FINDINGS = 20
MOST_REPAIR_S = 5.0
"""From the lock to READY, after the worst of all kills."""
HEAVY = ("index", "train")
"""Phases that start an embedder or a trainer; a smoke run does without."""
DIGESTS = "SELECT count(*) FROM digest"
STORED = "SELECT count(*) FROM version WHERE stage = 'STORED'"
UNINDEXED = "SELECT count(*) FROM version WHERE stage != 'INDEXED'"
UNDELIVERED = "SELECT count(*) FROM delivery WHERE state IN ('QUEUED', 'SENDING')"


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--phases", nargs="+", choices=PHASES, default=PHASES)
    own, rest = parser.parse_known_args()
    chosen = arguments("chaos", rest)
    started = time.perf_counter()
    kills = own.kills or (QUICK_KILLS if chosen.quick else KILLS)
    folder = own.folder or Path(gettempdir()) / f"telos-chaos-{chosen.seed}{'-quick' if chosen.quick else ''}"
    if chosen.quick:
        shutil.rmtree(folder, ignore_errors=True)
    phases = [phase for phase in own.phases if not chosen.quick or phase not in HEAVY]
    with World(folder) as world:
        if "train" in phases:
            _make_ready_for_training(world)
        found = Run(world, phases, chosen.seed, kills).go_on()
        blows = world.ledger.every("kill")
    by_phase: dict[str, Any] = dict(Counter(blow["during"] for blow in blows))
    repairs = [blow["repair_s"] for blow in blows if blow["repair_s"]]
    report(
        "chaos",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        kills=len(blows),
        by_phase={phase: by_phase.get(phase, 0) for phase in (*phases, "idle")},
        lost=len(found.lost),
        twice=len(found.twice),
        indexes=len(found.indexes),
        repair_s=max(repairs),
        repair_p50_s=percentile(repairs, 0.5),
        found=[*found.lost, *found.twice, *found.indexes][:MOST_FINDINGS],
    )
    is_short = any(by_phase.get(phase, 0) < LEAST * kills // KILLS for phase in phases)
    sys.exit(found != Found() or is_short or max(repairs) > MOST_REPAIR_S)


class Run:
    """The kills of one run, from where the ledger ends."""

    def __init__(self, world: World, phases: list[str], seed: int, kills: int) -> None:
        self._world, self._phases, self._seed, self._kills = world, phases, seed, kills
        done = world.ledger.every("kill")
        self._number = len(done)
        self._counts = Counter(str(blow["during"]) for blow in done)
        self._tries = Counter(str(blow["wanted"]) for blow in done)
        self._length_s = dict(FIRST_GUESS_S)

    def go_on(self) -> Found:
        """Kill until it is enough; what was found at the end, or at the first check that finds something."""
        began, first = time.monotonic(), self._number
        while not self._is_enough():
            self._kill(self._next())
            self._number += 1
            if self._number % 10 == 0:
                per_kill = (time.monotonic() - began) / (self._number - first)
                say(f"{self._number} kills, {per_kill:.1f} s each: {dict(self._counts)}")
            if self._number % CHECK_EVERY == 0 and (found := self._settled()) != Found():
                return found
        return self._settled()

    def _is_enough(self) -> bool:
        least = LEAST * self._kills // KILLS
        has_each = all(self._counts[phase] >= least for phase in self._phases)
        return self._number >= self._kills and (has_each or self._number >= 2 * self._kills)

    def _next(self) -> Blow:
        """The phase that lags behind most; every other kill of it at one of its failpoints, each in turn."""
        phase = min(self._phases, key=lambda one: (self._counts[one] / SHARES[one], one))
        tries, names = self._tries[phase], failpoints_of(phase)
        self._tries[phase] += 1
        return Blow(self._number, phase, "" if tries % 2 else names[tries // 2 % len(names)])

    def _kill(self, blow: Blow) -> None:
        world, dice = self._world, random.Random(f"{self._seed}-{blow.number}")
        daemon = world.daemons[home_of(blow.phase)]
        ask = prepare(world, daemon, blow)
        digests = _count(daemon, DIGESTS)
        repair_s = world.start(daemon, blow.failpoint)
        assert daemon.process is not None
        after_s = dice.uniform(0.0, 1.2 * self._length_s[blow.phase])
        is_answered = _struck(daemon, ask, PATIENCE_S if blow.failpoint else after_s)
        world.note_mails()
        during = self._during(blow, daemon, is_answered, _count(daemon, DIGESTS) > digests)
        if not blow.failpoint:
            self._length_s[blow.phase] *= 0.8 if during == "idle" else 1.1
        self._counts[during] += 1
        world.ledger.note(
            "kill",
            number=blow.number,
            wanted=blow.phase,
            failpoint=blow.failpoint,
            after_s=round(after_s, 3),
            during=during,
            repair_s=round(repair_s, 3),
        )

    def _during(self, blow: Blow, daemon: Daemon, is_answered: bool, is_queued: bool) -> str:
        """What was under way when it came."""
        if blow.phase == "index":
            is_answered = not _count(daemon, UNINDEXED)
        if is_answered:
            return "idle"
        if blow.phase in ("digest", "send") and not blow.failpoint:
            return "send" if is_queued or (blow.phase == "send" and blow.number % 2 == 0) else "digest"
        return blow.phase

    def _settled(self) -> Found:
        """Let everything come to its end, and hold it against the ledger."""
        world, told = self._world, ""
        for name in sorted({home_of(phase) for phase in self._phases}, key=HOMES.index):
            daemon = world.daemons[name]
            world.start(daemon)
            if name == "day":
                with Client(daemon.home) as client:
                    client.jobs.run("poll:north")
                    answer_what_waits(client)
                _wait(daemon, UNDELIVERED)
                _wait(daemon, STORED)
                told = daemon.telos("status").stdout
            if name == "index":
                _wait(daemon, UNINDEXED)
            if name == "night":
                with Client(daemon.home) as client:
                    client.steering.train()
            daemon.stop()
        world.note_mails()
        found = check(world, told)
        for sentence in [*found.lost, *found.twice, *found.indexes]:
            say(f"FOUND after {self._number} kills: {sentence}")
        return found


def _struck(daemon: Daemon, ask: Ask | None, within_s: float) -> bool:
    """Ask, and kill it when the time is over, if it has not killed itself; whether it had answered before."""
    answered: list[bool] = []
    asking = Thread(target=lambda: answered.append(ask is not None and asked(ask, daemon)), daemon=True)
    asking.start()
    assert daemon.process is not None
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and daemon.process.poll() is None:
        if ask is not None and answered and answered[0]:
            break
        time.sleep(min(0.01, max(deadline - time.monotonic(), 0)))
    is_answered = bool(answered and answered[0])
    daemon.kill()
    asking.join(PATIENCE_S)
    return is_answered or bool(answered and answered[0])


def _count(daemon: Daemon, query: str) -> int:
    rows = daemon.rows(query)
    return int(rows[0][0]) if rows else 0


def _wait(daemon: Daemon, query: str) -> None:
    """Until the query counts nothing any more, or for as long as is waited; what is left then is found."""
    deadline = time.monotonic() + PATIENCE_S
    while daemon.rows(query) != [(0,)] and time.monotonic() < deadline:
        time.sleep(0.1)


def _make_ready_for_training(world: World) -> None:
    """A tiny model, and conversations with it; once."""
    from tests.tiny_models import tiny_model  # heavy: torch

    if not (world.tiny_model / "config.json").exists():
        say("making a tiny model")
        tiny_model("qwen3", world.tiny_model, layers=2, context=4096)
    if not world.ledger.every("talked"):
        say("talking with it, for training")
        daemon = world.daemons["night"]
        world.start(daemon)
        with Client(daemon.home) as client:
            talk_for_training(client)
        daemon.stop()
        world.ledger.note("talked")


if __name__ == "__main__":
    main()
