"""The real service in a process of its own: its start, its idle memory, what systemd hears, and its orderly end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from assistant.client import Client
from assistant.daemon import STOP_S
from assistant.errors import TelosError
from assistant.lock import Lock
from memory.models import Stage
from memory.store import items, sources
from memory.store.items import NewItem
from tests.databases import open_empty
from tests.integration.daemon import PATIENCE_S, TELOS, Daemon, running
from tests.processes import children, is_running
from tests.servers import Request, Response, WebServer

pytestmark = pytest.mark.integration

LONGEST_STOP_S = 5.0
MOST_IDLE_MB = 150.0


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path / "home")
    daemon.configure(mail_port=9, sources={})
    yield daemon
    if daemon.process is not None and daemon.process.poll() is None:
        daemon.kill()


def stop_within_bound(daemon: Daemon, number: signal.Signals = signal.SIGTERM) -> None:
    assert daemon.process is not None
    started = time.monotonic()
    daemon.process.send_signal(number)
    assert daemon.process.wait(20) == 0
    assert time.monotonic() - started <= LONGEST_STOP_S


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_in_good_order(daemon: Daemon, number: signal.Signals) -> None:
    with running(daemon):
        daemon.wait_until_it_serves()
        holder = Lock(daemon.home.lock).holder()
        assert holder is not None
        assert json.loads(daemon.telos("status", "--json").stdout)["service"]["serves"] is True
        stop_within_bound(daemon, number)
    assert not Path(holder.socket).exists()
    assert Lock(daemon.home.lock).try_acquire()


def test_a_second_service_names_the_first(daemon: Daemon) -> None:
    with running(daemon):
        daemon.wait_until_it_serves()
        assert daemon.process is not None
        second = daemon.telos_by_itself("run")
        assert second.returncode == 1
        assert f"Process {daemon.process.pid} (telos --home {daemon.folder} run)" in second.stderr
        assert "Traceback" not in second.stderr


def test_without_a_configuration_it_says_what_to_do(tmp_path: Path) -> None:
    ran = Daemon(tmp_path / "empty").telos_by_itself("run")
    assert ran.returncode == 2
    assert "Run `telos init` first." in ran.stderr


def test_it_stops_in_time_while_a_source_hangs(daemon: Daemon) -> None:
    asked, may_answer = Event(), Event()

    def hang(request: Request) -> Response:
        asked.set()
        may_answer.wait(30)
        return Response(body=b"")

    with WebServer({"/feed": hang}) as server:
        daemon.configure(mail_port=9, sources={"slow": server.url("/feed")})
        with running(daemon):
            assert asked.wait(PATIENCE_S)
            stop_within_bound(daemon)
            may_answer.set()


def test_it_stops_in_time_while_the_embedder_starts(daemon: Daemon) -> None:
    fill(daemon, 500, stage=Stage.STORED)
    with running(daemon):
        assert daemon.process is not None
        pid = daemon.process.pid
        daemon.wait_until(lambda: bool(children(pid)), "the embedder's process starts")
        started = children(pid)
        stop_within_bound(daemon)
    assert [child for child in started if is_running(child)] == []
    assert "is cut off" not in daemon.said()
    status = json.loads(daemon.telos("status", "--json").stdout)
    assert status["memory"]["pending"] == 500
    assert status["attention"] == [
        "Nothing is read yet. Add a source: telos sources add feeds https://example.org/feed.xml --name example"
    ]


def test_a_request_that_waits_for_a_mail_server_is_cut_off_in_time(daemon: Daemon) -> None:
    """Nothing ends that wait but the service's own clock, which leaves half a second of the five: too little for a machine
    that has much to do."""
    assert STOP_S < LONGEST_STOP_S

    def ask(client: Client) -> None:
        with suppress(TelosError):
            client.digest.send()

    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        mute.settimeout(PATIENCE_S)
        daemon.configure(mail_port=mute.getsockname()[1], sources={}, digest="days = []")
        with running(daemon):
            daemon.wait_until_it_serves()
            with Client(daemon.home) as client:
                asking = Thread(target=ask, args=[client])
                asking.start()
                with mute.accept()[0]:
                    asked_at = time.monotonic()
                    assert daemon.stop() == 0
                    assert time.monotonic() - asked_at < 2 * STOP_S
                asking.join()
    assert f"did not stop within {STOP_S} s and is cut off" in daemon.said()
    assert daemon.rows("SELECT state FROM delivery") == [("QUEUED",)]


def test_systemd_hears_that_it_is_ready_lives_and_ends(daemon: Daemon, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        daemon.process = subprocess.Popen(
            [TELOS, "--home", daemon.folder, "run"], env=environment, stderr=subprocess.DEVNULL
        )
        assert manager.recv(100) == b"READY=1"
        assert [manager.recv(100) for _ in range(3)] == 3 * [b"WATCHDOG=1"]
        daemon.process.send_signal(signal.SIGTERM)
        while (told := manager.recv(100)) == b"WATCHDOG=1":  # it waits for a manager that reads nothing
            pass
        assert told == b"STOPPING=1"
        assert daemon.wait_until_it_dies() == 0


def test_after_a_kill_the_next_start_needs_no_help(daemon: Daemon) -> None:
    with running(daemon):
        daemon.wait_until_it_serves()
        daemon.kill()
    assert json.loads(daemon.telos("status", "--json").stdout)["service"]["serves"] is False
    with running(daemon):
        daemon.wait_until_it_serves()
        stop_within_bound(daemon)


def test_it_is_light_while_idle_with_ten_thousand_items(daemon: Daemon) -> None:
    fill(daemon, 10_000)
    with running(daemon):
        daemon.wait_until_it_serves()
        daemon.wait_until(lambda: bool(daemon.rows("SELECT 1 FROM job WHERE last_finished_at IS NOT NULL")), "it idles")
        answer = json.loads(daemon.telos("status", "--json").stdout)
        assert answer["memory"]["items"] == 10_000
        assert answer["memory"]["pending"] == 0
        assert 0 < answer["service"]["rss_mb"] <= MOST_IDLE_MB
        assert answer["memory"]["embedder_rss_mb"] == 0
        assert re.search(r"running, pid \d+, started .*, \d+ MB", daemon.telos("status").stdout)
        stop_within_bound(daemon)


def fill(daemon: Daemon, count: int, stage: Stage = Stage.INDEXED) -> None:
    """Items that were read and indexed before; their vectors do not matter here."""
    now = datetime.now(UTC)
    home = daemon.home
    home.prepare()
    database = open_empty(home.database)
    with database.write() as session:
        source = sources.ensure(session, "notes", "user", now)
        assert source.id is not None
        news = [
            NewItem(external_id=str(number), title=f"Note {number}", text="Some words. " * 40)
            for number in range(count)
        ]
        items.save(session, source.id, news, now)
        if stage is not Stage.STORED:
            items.advance_all(session, Stage.STORED, stage)
    database.close()
