"""The parent's side: a process that serves one object, so that what it does may hang, crash or eat memory without harm.

It knows nothing of what it serves: parsers of outside documents (`connectors.transport.ways_out`), the embedder, the
index and the language model (`assistant.workers`). The child starts on first use from a fresh interpreter, takes one
call at a time over a pipe, is killed at a deadline, gives its memory back after `idle_s` without calls, and never
outlives its parent.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from connectors.child.pipe import FAILED, ITEM, STOP, ChildDied, ChildFailure, ChildTimedOut
from connectors.child.turns import Turns

STOP_S = 10.0
"""A child that was told to end a stream, and works on its next item for longer than this, is killed."""

_PROGRAM = "import sys; from connectors.child.served import serve; serve(*map(int, sys.argv[1:]))"


@dataclass(frozen=True, slots=True)
class _Running:
    process: subprocess.Popen[bytes]
    pipe: Connection
    lifeline: int
    """Our end of a pipe that nothing is ever written to: the kernel ends the child when it closes."""


class Child:
    """Serves `factory()` in a process of its own. Safe to share between threads: calls take turns in their order.

    `factory` and all arguments and results must pickle. `start_s` bounds the time until the object is made, `memory_mb`
    the private memory of the process, `nice` lowers its priority.
    """

    def __init__(
        self,
        factory: Callable[[], object],
        *,
        name: str,
        idle_s: float | None = None,
        memory_mb: int | None = None,
        nice: int = 0,
        start_s: float = 60.0,
    ) -> None:
        self.name = name
        self._orders = (factory, memory_mb, nice)
        self._idle_s = idle_s
        self._start_s = start_s
        self._turn = Turns()
        self._running: _Running | None = None
        self._idle: threading.Timer | None = None
        self._closed = self._is_to_end = False

    @property
    def pid(self) -> int | None:
        """The process, or None while none runs."""
        running = self._running
        return running.process.pid if running and running.process.poll() is None else None

    @property
    def is_closed(self) -> bool:
        return self._closed

    def rss_mb(self) -> float:
        """Memory held by the process, in MiB; 0 while none runs or where the system does not tell."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def call(self, method: str, *args: Any, deadline_s: float) -> Any:
        """`object.method(*args)` in the child. The deadline counts from when it is this call's turn and the child is up.

        Raises: whatever the method raised; ChildTimedOut, ChildDied or ChildRaised.
        """
        with self._turn:
            self._wake()
            try:
                return _value(*self._exchange((method, args, False), deadline_s, deadline_s))
            finally:
                self._rest()

    def call_twice(self, method: str, *args: Any, deadline_s: float) -> Any:
        """As `call`, and once more in a fresh process where the first fails: for methods that may be called twice.

        Raises: whatever the method raised; how the second process failed.
        """
        try:
            return self.call(method, *args, deadline_s=deadline_s)
        except ChildFailure:
            return self.call(method, *args, deadline_s=deadline_s)

    def stream(
        self, method: str, *args: Any, silence_s: float, total_s: float | None = None
    ) -> Generator[Any, None, None]:
        """What `object.method(*args)` yields in the child, item by item; other calls wait until the iterator is done.

        Closing the iterator ends the child's within one item and leaves the child alive. It is killed if nothing comes
        for `silence_s`, counted while the next item is waited for, or if the whole takes longer than `total_s`.
        Raises: whatever the method raised; ChildTimedOut, ChildDied or ChildRaised.
        """
        with self._turn:
            self._wake()
            try:
                yield from self._items((method, args, True), silence_s, total_s)
            finally:
                self._rest()

    def close(self) -> None:
        """End the process now and for good; a call under way raises ChildDied, and so does a stream when it goes on."""
        self._closed = True
        if self._idle:
            self._idle.cancel()
        if running := self._running:
            _kill(running.process)
            running.process.wait()
        if self._turn.acquire(blocking=False):  # else whoever has it finds the process gone, and tidies up
            try:
                self._stop()
            finally:
                self._turn.release()

    def end(self) -> None:
        """End the process as soon as no call is under way; the next call starts one anew."""
        self._is_to_end = True
        self._stop_if_idle()

    def _wake(self) -> None:
        """See to it that the child runs. The caller holds the turn."""
        if self._closed:
            raise ChildDied(f"The {self.name} process is closed.")
        if self._idle:
            self._idle.cancel()
        if self.pid is None:
            self._start()

    def _items(self, message: object, silence_s: float, total_s: float | None) -> Iterator[Any]:
        ends_at = None if total_s is None else time.monotonic() + total_s
        tag, value = self._exchange(message, *_wait(silence_s, total_s, ends_at))
        while tag == ITEM:
            try:
                yield value
            except BaseException:
                self._hush(min(silence_s, STOP_S))
                raise
            tag, value = self._exchange(None, *_wait(silence_s, total_s, ends_at))
        _value(tag, value)

    def _hush(self, within_s: float) -> None:
        """Tell the child to end its stream, and read what it had sent before it heard of it."""
        ends_at = time.monotonic() + within_s
        with contextlib.suppress(Exception):  # whatever it died of or failed at: nobody listens any more
            tag, _ = self._exchange(STOP, within_s, within_s)
            while tag == ITEM:
                tag, _ = self._exchange(None, max(ends_at - time.monotonic(), 0), within_s)

    def _start(self) -> None:
        self._stop()  # what is left of one that died between two calls
        ours, theirs = Pipe()
        theirs_alive, ours_alive = os.pipe()
        handed = (theirs.fileno(), theirs_alive)
        with theirs, os.fdopen(theirs_alive):
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *map(str, handed)],
                pass_fds=handed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # what a library prints is no answer of ours
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                process_group=0,  # Ctrl-C in a terminal is for the parent alone
            )
        self._running = _Running(process, ours, ours_alive)
        with contextlib.ExitStack() as failed:
            failed.callback(self._stop)
            _value(*self._exchange(self._orders, self._start_s, self._start_s))
            failed.pop_all()

    def _exchange(self, message: object | None, wait_s: float, bound_s: float) -> tuple[str, Any]:
        """Send a message, or none, and return what comes next: a tag and its value.

        The child is killed after `wait_s`, whatever either side is doing; `bound_s` is the limit that the error names.
        """
        running = self._running
        if running is None or self._closed:
            self._stop()
            raise ChildDied(f"The {self.name} process is closed.")
        timed_out = threading.Event()

        def give_up() -> None:
            timed_out.set()
            _kill(running.process)

        timer = threading.Timer(wait_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            if message is not None:
                running.pipe.send(message)
            tag, value = running.pipe.recv()
        except BaseException as err:
            self._stop()  # or its late answer would be taken for that to the next call
            if not isinstance(err, EOFError | ConnectionError):
                raise
            if timed_out.is_set():
                raise ChildTimedOut(f"The {self.name} process took longer than {bound_s:g} s.") from err
            status = running.process.returncode
            raise ChildDied(f"The {self.name} process ended before it answered (status {status}).") from err
        finally:
            timer.cancel()
            timer.join()
        if timed_out.is_set() and tag != ITEM:  # in the very moment of the answer
            self._stop()
        if tag == FAILED and isinstance(value, MemoryError):  # it may be short of memory for good
            self._stop()
            raise ChildDied(f"The {self.name} process ran out of the memory it may use.") from value
        return tag, value

    def _rest(self) -> None:
        if self._is_to_end:
            self._stop()
        elif self._idle_s is not None and not self._closed:
            self._idle = threading.Timer(self._idle_s, self._stop_if_idle)
            self._idle.daemon = True
            self._idle.start()

    def _stop_if_idle(self) -> None:
        if self._turn.acquire(blocking=False):
            try:
                self._stop()
            finally:
                self._turn.release()

    def _stop(self) -> None:
        """End the process, if there is one, and leave nothing of it. The caller holds the turn."""
        running, self._running = self._running, None
        self._is_to_end = False
        if running:
            _kill(running.process)
            running.process.wait()
            running.pipe.close()
            os.close(running.lifeline)


def _wait(silence_s: float, total_s: float | None, ends_at: float | None) -> tuple[float, float]:
    """How long to wait for the next item, and which of the two limits that is."""
    if total_s is None or ends_at is None or (left_s := ends_at - time.monotonic()) > silence_s:
        return silence_s, silence_s
    return max(left_s, 0.0), total_s


def _value(tag: str, value: Any) -> Any:
    """The value of an answer, or its error."""
    if tag == FAILED:
        raise value
    return value


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the child's whole group, so that a process it started goes with it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
