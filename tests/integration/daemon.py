"""The real daemon in a process of its own, on a home of a test's making: started, killed, watched from outside.

What it did is read from its database, which a second process may read at any time.
"""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from assistant.cli import app as cli
from assistant.delivery.dispatch import FIRST_START
from assistant.home import Home
from assistant.lock import Lock
from memory.store import settings
from tests.databases import open_empty
from tests.integration.forked import Forge

TELOS = Path(sys.executable).with_name("telos")
PATIENCE_S = 90.0
STEERED = """
[model]
engine = "local"
name = "{model}"
device = "cpu"
dtype = "float32"
compile = false
context_tokens = 2048

[chat]
reply_tokens = 16
temperature = 1.0

[steering]
least_transitions = 10
dimension = 8
hidden = 32
steps = 60
minutes = 5
"""
"""A configuration's sections for a model on this machine that is steered, and trained in no time; `model` is its folder."""
ANNA = "anna@example.org"


def noon_zone() -> str:
    """A zone in which it is about noon now, so that no test runs into midnight."""
    offset = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


class Process(Protocol):
    """What of `subprocess.Popen` is asked of a daemon's process."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...


@dataclass
class Daemon:
    """One home, and the daemon on it while one runs. `configure` writes its `config.toml`. With a `forge` it is forked."""

    folder: Path
    process: Process | None = None
    forge: Forge | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log = self.folder.with_suffix(".log")

    @property
    def home(self) -> Home:
        return Home.at(self.folder)

    def configure(self, *, mail_port: int, sources: Mapping[str, str], digest: str = "", memory: str = "") -> None:
        """`sources` are feeds: their addresses by name. `digest` and `memory` are lines of those sections."""
        lines = [
            f'[user]\nemail = "{ANNA}"\ntimezone = "{noon_zone()}"\n',
            f"[digest]\n{digest}\n",
            f"[memory]\n{memory}\n",
            '[network]\nallow_private = ["127.0.0.1"]\n',
            f'[mail]\nvia = "smtp"\nhost = "127.0.0.1"\nport = {mail_port}\nsecurity = "none"\n',
            *(f'[[sources]]\nkind = "feeds"\nname = "{name}"\nurl = "{url}"\n' for name, url in sources.items()),
        ]
        (self.folder / "config.toml").write_text("\n".join(lines), encoding="utf-8")

    def has_run_before(self) -> None:
        """As if Telos had been set up yesterday, so that the digest of this morning is one to catch up on."""
        self.home.prepare()
        with closing(open_empty(self.home.database)) as database, database.write() as session:
            settings.put(session, FIRST_START, (datetime.now(UTC) - timedelta(days=1)).isoformat())

    def start(self, *, failpoint: str = "") -> None:
        if self.forge is not None:
            self.process = self.forge.start(self.folder, log=self.log, failpoint=failpoint)
            return
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TELOS_")}
        if failpoint:
            environment["TELOS_FAILPOINT"] = failpoint
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [TELOS, "--home", self.folder, "run"], stdout=log, stderr=log, env=environment
            )

    def wait_until_it_serves(self) -> None:
        assert self.process is not None
        pid = self.process.pid

        def serves() -> bool:
            holder = Lock(self.home.lock).holder()  # which may be a command that found no daemon yet
            return holder is not None and holder.serves and holder.pid == pid

        self.wait_until(serves, "the daemon serves")

    def wait_until_it_dies(self) -> int:
        assert self.process is not None
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"The daemon still runs.\n{self.said()}") from None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end, as systemd does; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.wait_until_it_dies()

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            if self.process is None or self.process.poll() is not None:
                raise AssertionError(f"The daemon ended before {what}.\n{self.said()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"It did not come about that {what}.\n{self.said()}")
            time.sleep(0.03)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says now; nothing while it is not yet there."""
        if not self.home.database.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.home.database}?mode=ro", uri=True, timeout=10)) as connection:
            try:
                return connection.execute(query).fetchall()
            except sqlite3.OperationalError:
                return []

    def telos(self, *arguments: str) -> Ran:
        """A command of a user, on this home: in this process, because to start one takes longer than what it does."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
            patched.setattr("sys.argv", ["telos", "--home", str(self.folder), *arguments])
            patched.setattr("sys.stdin", io.StringIO())
            status = 0
            try:
                cli.main()
            except SystemExit as end:
                status = int(end.code or 0)
        return Ran(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    def telos_by_itself(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same in a process of its own, where that is what is tested."""
        return subprocess.run(
            [TELOS, "--home", self.folder, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]


@contextmanager
def running(daemon: Daemon, *, failpoint: str = "") -> Iterator[Daemon]:
    """The daemon for as long as the block lasts; whatever is left of it afterwards is killed."""
    daemon.start(failpoint=failpoint)
    try:
        yield daemon
    finally:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.kill()
