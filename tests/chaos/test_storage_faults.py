"""A full disk, a disk that may not be written, a database that another program holds: a sentence, and nothing is lost."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from assistant import conversations, deliveries
from assistant.answers.chat import Done, Say, Start
from assistant.client import Client
from assistant.digests import queue_scheduled
from assistant.errors import Unavailable
from memory.errors import HeldByAnother, NoRoom
from memory.store import connection
from tests.chaos.house import House, full, house, locked, small_disk
from tests.integration.daemon import TELOS, Daemon, running
from tests.mail_server import MailServer
from tests.servers import WebServer
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

LONG = "The night ferry leaves at nine from the old quay. " * 400
ITEMS = 6


def feed(items: int) -> bytes:
    entries = "".join(f"<item><guid>{one}</guid><description>{LONG}</description></item>" for one in range(items))
    return f"<rss version='2.0'><channel><title>North</title>{entries}</channel></rss>".encode()


def items(house: House) -> list[tuple[object, ...]]:
    return house.rows("SELECT external_id, count(*) FROM item GROUP BY external_id ORDER BY external_id")


def test_on_a_full_disk_nothing_is_half_kept_and_everything_goes_on_once_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with house(tmp_path) as home, caplog.at_level(logging.INFO):
        home.serve_items(*[LONG] * ITEMS)
        with full(home.service.database):
            for _ in range(2):
                with pytest.raises(NoRoom, match="no room left for the database"):
                    home.runner.run("poll:north")
            [told] = [line for line in home.attention if "no room left" in line]
            assert "Free some space on its disk. What was kept before is there" in told
            with pytest.raises(NoRoom):
                list(conversations.say(home.service, Say(text=LONG, start=Start())))
            assert items(home) == home.rows("SELECT 1 FROM turn") == []
        assert not any(record.exc_info for record in caplog.records if "no room left" in record.getMessage())

        home.runner.run("poll:north")
        assert items(home) == [(f"item-{number}", 1) for number in range(ITEMS)]
        assert not any("no room left" in line for line in home.attention)
        *_, done = conversations.say(home.service, Say(text="When does the ferry leave?", start=Start()))
        assert isinstance(done, Done)
        assert any("takes what is to be kept again" in line for line in caplog.messages)


def test_while_nothing_can_be_kept_sources_are_not_asked_at_every_tick(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        home.serve_items(*[LONG] * ITEMS)
        with full(home.service.database):
            with pytest.raises(NoRoom):
                home.runner.run("poll:north")
            asked = len(home.web.requests)
            home.runner._start_due()
            assert home.runner.running == frozenset()
            assert len(home.web.requests) == asked
        home.clock.advance(timedelta(minutes=11))
        home.runner._start_due()
        wait_until(lambda: len(home.web.requests) > asked, "the source is asked again")


def test_what_became_of_a_mail_is_kept_later_where_it_cannot_be_kept_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.2)
    with house(tmp_path) as home, MailServer() as mail:
        home.configure(mail_port=mail.port)
        assert home.service.reload()
        home.clock.advance(timedelta(hours=2))
        assert queue_scheduled(home.service) is not None
        original = home.service.database.write
        held: list[AbstractContextManager[None]] = []

        def until_it_is_handed_over() -> object:
            if mail.transactions and not held:
                held.append(locked(home.home.database))
                held[0].__enter__()
            return original()

        monkeypatch.setattr(home.service.database, "write", until_it_is_handed_over)
        with pytest.raises(Unavailable, match=r"was tried, .* Another program keeps .* It is not sent a second time"):
            deliveries.deliver_waiting(home.service)
        assert deliveries.next_delivery_at(home.service) == home.clock.now()
        held[0].__exit__(None, None, None)
        deliveries.deliver_waiting(home.service)
        assert home.rows("SELECT state FROM delivery") == [("SENT",)]
        deliveries.deliver_waiting(home.service)
        assert mail.transactions == 1


def test_a_service_whose_database_another_program_holds_says_so_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.2)
    with house(tmp_path) as home:
        with locked(home.home.database):
            with pytest.raises(HeldByAnother, match="Another program keeps the database"):
                list(conversations.say(home.service, Say(text="When does the ferry leave?", start=Start())))
            [told] = [line for line in home.attention if "Another program" in line]
            assert "Close what has it open" in told
        home.runner.run("poll:north")
        assert items(home) == [("item-0", 1)]
        assert not any("Another program" in line for line in home.attention)


def set_up(folder: Path, sources: dict[str, str]) -> Daemon:
    """A home whose service has run and runs no more, without an embedder."""
    home = Daemon(folder)
    home.configure(mail_port=9, sources=sources, digest="days = []", memory='embedder = "nobody/has-this-model"')
    home.has_run_before()
    assert home.telos("status").returncode == 0
    return home


@dataclass(frozen=True)
class Adding:
    """`telos memory add` as a process of its own, begun while another program writes to the same database."""

    home: Daemon
    process: subprocess.Popen[str]
    began: float


@pytest.fixture(scope="module", autouse=True)
def adding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adding]:
    """It waits for ten seconds, so it begins before the first test here; the last one looks at what became of it."""
    home = set_up(tmp_path_factory.mktemp("adding") / "home", {})
    command = [str(TELOS), "--home", str(home.folder), "memory", "add", "I like green tea."]
    began = time.monotonic()
    with (
        locked(home.home.database),
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
    ):
        yield Adding(home, process, began)
        process.kill()


def test_a_command_that_reads_beside_another_program_that_writes_answers_at_once(tmp_path: Path) -> None:
    """In a process of its own; no service runs."""
    home = set_up(tmp_path / "home", {})
    with locked(home.home.database):
        ran = home.telos_by_itself("status")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_command_that_writes_waits_as_a_person_would_and_not_as_the_service_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = set_up(tmp_path / "home", {})
    monkeypatch.setattr(connection, "WRITE_S", 0.2)
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 600)
    with locked(home.home.database):
        ran = home.telos("memory", "add", "I like green tea.")
    assert ran.returncode == 1
    assert "Another program keeps the database" in ran.stderr


def test_a_read_that_is_kept_out_gives_up_with_the_same_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = set_up(tmp_path / "home", {})
    monkeypatch.setattr(connection, "READ_S", 0.2)
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 600)
    with closing(sqlite3.connect(home.home.database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")  # as a program that repairs or copies the file takes it
        other.execute("BEGIN IMMEDIATE")
        ran = home.telos("status")
    assert ran.returncode == 1
    assert "Another program keeps the database" in ran.stderr
    assert "Close what has it open" in ran.stderr


def test_a_service_that_is_started_beside_a_program_that_writes_serves_and_goes_on(
    tmp_path: Path, daemon: Daemon
) -> None:
    with WebServer() as web:
        web.answer("/north", feed(ITEMS), content_type="application/rss+xml")
        home = set_up(tmp_path / "home", {"north": web.url("/north")})
        home.forge = daemon.forge
        with running(home):
            with locked(home.home.database):
                home.wait_until_it_serves()
                assert home.telos("status").returncode == 0
                assert home.rows("SELECT count(*) FROM item") == [(0,)]
            home.wait_until(lambda: home.rows("SELECT count(*) FROM item") == [(ITEMS,)], "it polled")
            assert home.stop() == 0
    assert "Traceback" not in home.said()


def test_a_service_that_must_write_at_its_start_and_may_not_ends_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Daemon(tmp_path / "home")
    home.configure(mail_port=9, sources={})
    home.has_run_before()
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.2)
    with locked(home.home.database):
        ran = home.telos("run")
    assert ran.returncode == 1
    assert "Another program keeps the database" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_service_on_a_disk_that_fills_up_says_so_and_goes_on_when_there_is_room(
    tmp_path: Path, daemon: Daemon
) -> None:
    with WebServer() as web, small_disk(tmp_path / "disk", "8m") as disk:
        web.answer("/north", feed(0), content_type="application/rss+xml")
        home = Daemon(disk / "home", forge=daemon.forge)
        home.log = tmp_path / "daemon.log"
        home.configure(
            mail_port=9,
            sources={"north": web.url("/north")},
            digest="days = []",
            memory='embedder = "nobody/has-this-model"',
        )
        with running(home):
            home.wait_until_it_serves()
            home.wait_until(lambda: bool(home.rows("SELECT 1 FROM source WHERE last_success_at NOTNULL")), "it polled")
            web.answer("/north", feed(ITEMS), content_type="application/rss+xml")
            _fill(disk / "ballast")
            with Client(home.home) as client, pytest.raises(Unavailable, match="no room left"):
                client.jobs.run("poll:north")
            told = home.telos("status").stdout
            assert "no room left" in told
            assert "Traceback" not in home.said()
            assert home.said().count("no room left") == 1
            (disk / "ballast").unlink()
            with Client(home.home) as client:
                client.jobs.run("poll:north")
            assert home.rows("SELECT count(*) FROM item") == [(ITEMS,)]
            assert "no room left" not in home.telos("status").stdout
            assert home.stop() == 0


@pytest.mark.parametrize("command", [["status"], ["run"], ["memory", "add", "A note."]], ids=lambda command: command[0])
def test_a_home_that_may_not_be_written_is_a_sentence_with_a_remedy(tmp_path: Path, command: list[str]) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk:
        home = Daemon(disk / "home")
        home.configure(mail_port=9, sources={})
        home.has_run_before()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        ran = home.telos(*command)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "Telos may not write" in ran.stderr
    assert "not mounted read-only" in ran.stderr


def test_a_command_that_writes_beside_another_program_that_writes_gives_up_after_ten_seconds(adding: Adding) -> None:
    out, err = adding.process.communicate(timeout=100)
    assert time.monotonic() - adding.began > connection.WRITE_S
    assert (adding.process.returncode, out) == (1, "")
    assert " ".join(err.split()) == (
        f"Error: Another program keeps the database {adding.home.home.database} locked. Close what has it open, such as "
        "an sqlite3 shell or a program that copies it; then try again."
    )


def _fill(ballast: Path) -> None:
    """Write until there is no room."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"\0" * 4096):
            pass
