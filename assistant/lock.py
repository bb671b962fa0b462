"""One owner of the data: a lock on the data folder, held by the daemon, or by a command while no daemon runs.

The lock file holds who holds it and at which socket they answer, so that a second command can talk to the holder, or
name them. The kernel lets go of the lock when its holder dies, so there is no stale lock to clean up.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from assistant.errors import Conflict

_RETRY_S = 0.05


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: `serves` tells a daemon, which answers at `socket`, from a passing command."""

    pid: int
    command: str
    socket: str
    serves: bool


class Lock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def acquire(self, wait_s: float = 2.0) -> Lock:
        """Take the lock, waiting a moment for a command that is about to end.

        Raises: Conflict, naming the holder's pid and command.
        """
        patience = time.monotonic() + wait_s
        while not self.try_acquire():
            if time.monotonic() >= patience:
                raise self.conflict()
            time.sleep(_RETRY_S)
        return self

    def announce(self, socket: Path, *, serves: bool) -> None:
        """Write who we are and where we answer. Only the lock's holder may."""
        assert self._descriptor is not None, "only the holder of a lock announces itself"
        holder = Holder(pid=os.getpid(), command=_command(), socket=str(socket), serves=serves)
        content = json.dumps(asdict(holder)).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)

    def release(self) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> Holder | None:
        """Who announced themselves last; `None` if they let go in good order, or are just writing."""
        try:
            return Holder(**json.loads(self._path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def conflict(self) -> Conflict:
        holder = self.holder()
        if holder is None:
            return Conflict(f"Another process holds {self._path}.", "Wait for it to end, or end it, and try again.")
        return Conflict(
            f"Process {holder.pid} ({holder.command}) works with {self._path.parent}.",
            "Wait for it to end, or end it, and try again.",
        )

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _command() -> str:
    """Our command line as a person would type it, without the interpreter's path."""
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
