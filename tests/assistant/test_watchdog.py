"""What systemd is told, by a socket of its kind."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from assistant import watchdog
from assistant.watchdog import ServiceManager


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def test_it_hears_of_the_start_the_life_and_the_end(listener: socket.socket) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": listener.getsockname()})
    manager.ready()
    manager.alive()
    manager.stopping()
    heard = [listener.recv(100) for _ in range(3)]
    assert heard == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def send_until_full(address: str) -> int:
    """How many a new socket could send."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.setblocking(False)
        way.connect(address)
        for sent in count():
            try:
                way.send(b"WATCHDOG=1")
            except BlockingIOError:
                return sent
    return 0


def test_a_manager_that_does_not_read_holds_nobody(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE_S", 0.01)
    manager = ServiceManager({"NOTIFY_SOCKET": listener.getsockname()})
    while send_until_full(listener.getsockname()):  # the queue of the one, and not only what another may send
        pass
    manager.alive()
    manager.stopping()
    listener.recv(100)
    manager.stopping()
    listener.setblocking(False)
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(listener.recv(100))
    assert heard.count(b"STOPPING=1") == 1


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0telos-test-{os.getpid()}")
        listener.settimeout(5)
        ServiceManager({"NOTIFY_SOCKET": f"@telos-test-{os.getpid()}"}).ready()
        assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
    ids=["asked", "asked of us", "asked of another", "nonsense", "not asked"],
)
def test_it_says_how_often_it_wants_to_hear(environment: dict[str, str], expected: float | None) -> None:
    assert ServiceManager(environment).watchdog_s == expected


def test_outside_systemd_and_after_its_end_nothing_fails(tmp_path: Path) -> None:
    ServiceManager({}).ready()
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
