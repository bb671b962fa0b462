"""Daemons forked from one process that has imported everything, so that a start costs no imports: `Forge`.

A forked daemon is `telos run` in a process of its own, which is killed, waited for and watched as any other. Who starts
many in a row asks for it: `Daemon(folder, forge=forge)`. `python -m tests.integration.forked` is the process that forks.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import connectors.registry

ROOT = Path(__file__).parents[2]
EVERYTHING = (
    "assistant.cli.run",
    "assistant.daemon",
    "assistant.workers.hub",
    "anyio.streams.tls",
    "apscheduler.triggers.interval",
    "huggingface_hub.errors",
    "huggingface_hub.file_download",
)
"""What a daemon imports, at its start or soon after."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""A process with threads cannot be forked, and these libraries start some when they are imported."""


class Forge:
    """`with Forge() as forge:`; what it forked and still runs is killed at the end."""

    def __enter__(self) -> Self:
        self._turn = Lock()
        self._pids: set[int] = set()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.forked"],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("TELOS_")} | ONE_THREAD,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pid in self._pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def start(self, folder: Path, *, log: Path, failpoint: str = "") -> Forked:
        pid = int(self.ask(do="start", folder=str(folder), log=str(log), failpoint=failpoint))
        self._pids.add(pid)
        return Forked(self, pid)

    def ask(self, **question: Any) -> Any:
        with self._turn:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer:
            raise AssertionError("The process that forks daemons has ended.")
        return json.loads(answer)

    def forget(self, pid: int) -> None:
        """It has been waited for, and its number may be another's."""
        self._pids.discard(pid)


@dataclass
class Forked:
    """A process that is not ours, with what `subprocess.Popen` has."""

    forge: Forge
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.forge.ask(do="poll", pid=self.pid)
            if self.returncode is not None:
                self.forge.forget(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises: subprocess.TimeoutExpired."""
        if self.returncode is None:
            ended = os.pidfd_open(self.pid)
            try:
                if not select.select([ended], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired(["telos", "run"], timeout or 0.0)
            finally:
                os.close(ended)
        status = self.poll()
        assert status is not None
        return status

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)  # its number is its own until it was waited for

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def serve() -> None:
    """Import everything, then fork and wait as the lines on standard input say."""
    for name in EVERYTHING:
        importlib.import_module(name)
    connectors.registry.connectors()
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "what has threads cannot be forked"
    gc.freeze()
    running: set[int] = set()
    for line in sys.stdin.buffer:
        question = json.loads(line)
        if question["do"] == "start":
            answer: int | None = _start(question)
            running.add(answer or 0)
        else:
            answer = _poll(question["pid"])
            if answer is not None:
                running.discard(question["pid"])
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    for pid in running:  # whoever asked has ended without a word, and nothing is to outlive it
        os.kill(pid, signal.SIGKILL)


def _start(question: dict[str, str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        _be_the_daemon(question)
    except SystemExit as end:
        os._exit(int(end.code or 0))
    finally:
        os._exit(1)


def _be_the_daemon(question: dict[str, str]) -> None:
    from assistant import failpoints
    from assistant.cli import app

    log = os.open(question["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for ours, its in ((null, 0), (log, 1), (log, 2)):
        os.dup2(ours, its)
    failpoints.arm(question["failpoint"])
    sys.argv = ["telos", "--home", question["folder"], "run"]
    app.main()
    sys.stdout.flush()
    raise SystemExit(0)


def _poll(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


if __name__ == "__main__":
    serve()
