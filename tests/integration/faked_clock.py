"""A daemon whose clock is put forward and back while it runs, by libfaketime; the monotonic clock goes on, as it does for real.

`python -m tests.integration.faked_clock FOLDER` is its process: `telos run`, with a tick each second so that a test need not wait.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import SupportsIndex

import pytest

from tests.integration.daemon import Daemon

ROOT = Path(__file__).parents[2]
TICK_S = 1
_HERE = "faketime/libfaketimeMT.so.1"
LIBRARY = next((found for folder in ("/usr/lib", "/usr/local/lib") for found in Path(folder).glob(f"**/{_HERE}")), None)
needs_faketime = pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed (Debian: libfaketime)")


class FakedDaemon(Daemon):
    """`put` sets how far its clock is from ours; before the first start it is right."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.put(timedelta(0))

    @property
    def _offset(self) -> Path:
        return self.folder.with_suffix(".clock")

    def put(self, offset: timedelta) -> None:
        """The clock of the process jumps there at once."""
        new = self._offset.with_suffix(".new")
        new.write_text(f"{int(offset.total_seconds()):+d}\n", encoding="ascii")
        new.replace(self._offset)

    def start(self, *, failpoint: str = "") -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TELOS_")}
        faked = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",  # the times of files do not move with the clock
            "TELOS_FAILPOINT": failpoint,
        }
        environment |= faked
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "tests.integration.faked_clock", str(self.folder)]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)

    def stop(self) -> int:
        """As a daemon's, with the patience for a busy machine: how long an end takes is another test's matter."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.wait_until_it_dies()


def _sleep(seconds: float | SupportsIndex) -> None:
    """libfaketime takes what `time.sleep` waits for, an instant of the monotonic clock, for one of the faked clock."""
    select.select([], [], [], float(seconds))


def _run(folder: str) -> None:
    from assistant.cli import app
    from assistant.jobs import runner

    runner.TICK_S = TICK_S
    time.sleep = _sleep
    sys.argv = ["telos", "--home", folder, "run"]
    app.main()


if __name__ == "__main__":
    _run(sys.argv[1])
