"""One owner of the data, who is named to whoever else comes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.errors import Conflict
from assistant.lock import Lock

HOLD = """
import sys, time
from pathlib import Path
from assistant.lock import Lock
with Lock(Path(sys.argv[1])).acquire() as lock:
    lock.announce(Path("/run/x.sock"), serves=True)
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held_by_another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_a_second_one_is_told_the_pid_and_the_command_of_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held_by_another_process(path) as holder, pytest.raises(Conflict, match=rf"Process {holder.pid} \(-c"):
        Lock(path).acquire(wait_s=0.1)


def test_the_holder_says_where_it_answers(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held_by_another_process(path) as process:
        holder = Lock(path).holder()
    assert holder is not None
    assert (holder.pid, holder.socket, holder.serves) == (process.pid, "/run/x.sock", True)


def test_a_holder_that_is_killed_leaves_the_lock_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held_by_another_process(path):
        pass
    assert Lock(path).try_acquire()


def test_it_waits_a_moment_for_one_that_is_about_to_end(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.try_acquire()
    started = time.monotonic()
    threading.Timer(0.3, first.release).start()
    with second.acquire(wait_s=60):
        assert time.monotonic() - started >= 0.3


def test_one_who_let_go_is_named_no_more(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock").acquire()
    lock.announce(tmp_path / "api.sock", serves=False)
    lock.release()
    assert Lock(tmp_path / "lock").holder() is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff\xfe"])
def test_a_lock_file_that_says_nothing_names_nobody(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lock").write_bytes(content)
    assert Lock(tmp_path / "lock").holder() is None
