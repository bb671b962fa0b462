"""A real terminal for a command under test: a pseudo-terminal, and what its screen would show.

with Terminal("telos", "chat") as terminal:
    terminal.wait_for("›")
    terminal.press("Hello\\r")
"""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import pyte

PATIENCE_S = 60.0
CTRL_C, CTRL_D, ALT_ENTER = "\x03", "\x04", "\x1b\r"


class _Screen(pyte.HistoryScreen):
    """One that answers the questions a program asks its terminal."""

    def __init__(self, columns: int, lines: int, write: Callable[[str], None]) -> None:
        super().__init__(columns, lines, history=10_000, ratio=0.5)
        self._write = write

    def write_process_input(self, data: str) -> None:
        self._write(data)


def _as_in_a_terminal() -> None:
    """Ctrl-C reaches the command, and is heeded, also where these tests run in the background of a shell that ignores it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A command in a terminal of `columns` x `lines`. What it printed is all of `text()`, what is in sight `screen()`."""

    def __init__(
        self, *command: str | os.PathLike[str], columns: int = 80, lines: int = 24, environment: Mapping[str, str] = {}
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen = _Screen(columns, lines, self.press)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.raw = b""
        """Everything that was sent to the terminal."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("TELOS_", "COLUMNS", "LINES"))
        }
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_as_in_a_terminal,
            env=inherited | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | dict(environment),
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def screen(self) -> str:
        """What is in sight."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def text(self) -> str:
        """What has scrolled away, and what is in sight."""
        with self._lock:
            above = [
                "".join(row[column].data for column in range(self._screen.columns)) for row in self._screen.history.top
            ]
            return "\n".join(line.rstrip() for line in [*above, *self._screen.display])

    def wait_for(self, what: str | Callable[[str], bool], patience_s: float = PATIENCE_S) -> str:
        """The whole text, once it holds `what`."""
        holds = (lambda text: what in text) if isinstance(what, str) else what
        deadline = time.monotonic() + patience_s
        while not holds(text := self.text()):
            if time.monotonic() > deadline:
                raise AssertionError(f"The terminal never showed {what!r}. It shows:\n{text}")
            time.sleep(0.02)
        return text

    def wait_until_hidden(self, patience_s: float = PATIENCE_S) -> None:
        """Until what is typed is not shown: a program that asks for a secret throws away what was typed before."""
        deadline = time.monotonic() + patience_s
        while termios.tcgetattr(self._ours)[3] & termios.ECHO:
            if time.monotonic() > deadline:
                raise AssertionError(f"The terminal goes on showing what is typed. It shows:\n{self.text()}")
            time.sleep(0.02)

    def wait(self, patience_s: float = PATIENCE_S) -> int:
        """The command's exit status, once it has ended."""
        status = self.process.wait(patience_s)
        self._reader.join(5)
        return status

    def _read(self) -> None:
        while True:
            try:
                sent = os.read(self._ours, 65536)
            except OSError:  # the other end is closed
                return
            if not sent:
                return
            with self._lock:
                self.raw += sent
                self._stream.feed(sent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        os.close(self._ours)
