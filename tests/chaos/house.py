"""A service with everything around it on loopback, a clock that is set, and what may happen to its disk: `house`.

Its configuration is a file, its feed and its mail server are real; the embedder and the index are fakes without a process.
"""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.service import Service
from assistant.status import status
from memory.store import settings
from memory.store.connection import Database
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder
from tests.servers import WebServer

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
"""Six in the morning in Berlin."""
MINUTE = timedelta(minutes=1)


@dataclass
class House:
    """`service` and `runner` are of the last start; `restart` begins anew, as after a kill."""

    home: Home
    clock: FakeClock
    web: WebServer
    service: Service = field(init=False)
    runner: Runner = field(init=False)

    @property
    def attention(self) -> list[str]:
        """What `telos status` asks the user to look at."""
        return status(self.service).attention

    def serve_items(self, *texts: str) -> None:
        entries = "".join(
            f"<item><guid>item-{number}</guid><title>Number {number}</title><description>{text}</description></item>"
            for number, text in enumerate(texts)
        )
        body = f"<rss version='2.0'><channel><title>North</title>{entries}</channel></rss>"
        self.web.answer("/north", body.encode(), content_type="application/rss+xml")

    def configure(self, *, mail_port: int = 9, zone: str = "Europe/Berlin", at: str = "07:00") -> None:
        self.home.config_file.write_text(
            f'[user]\nemail = "anna@example.org"\ntimezone = "{zone}"\n'
            f'[digest]\nat = "{at}"\ncatch_up_hours = 24\n'
            '[network]\nallow_private = ["127.0.0.1"]\n'
            f'[mail]\nvia = "smtp"\nhost = "127.0.0.1"\nport = {mail_port}\nsecurity = "none"\ntimeout_s = 60\n'
            f'[[sources]]\nkind = "feeds"\nname = "north"\nurl = "{self.web.url("/north")}"\n',
            encoding="utf-8",
        )

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self.home.database}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def restart(self) -> None:
        self.close()
        self.start()

    def start(self) -> None:
        self.service = Service(self.home, serves=True, clock=self.clock, embedder=WordEmbedder(), make_index=HeldIndex)
        self.runner = Runner(self.service)

    def close(self) -> None:
        self.service.stopping.set()
        self.runner.close()
        self.service.close()


@contextmanager
def house(folder: Path, *, zone: str = "Europe/Berlin", at: str = "07:00") -> Iterator[House]:
    """A home that was set up a week ago."""
    home, clock = Home.at(folder / "home"), FakeClock(NOW)
    home.prepare()
    write_empty(home.database)
    with closing(Database.open(home.database)) as database, database.write() as session:
        settings.put(session, "digest.first_start", (NOW - timedelta(days=7)).isoformat())
    with WebServer() as web:
        made = House(home, clock, web)
        made.serve_items("The night ferry leaves at nine.")
        made.configure(zone=zone, at=at)
        made.start()
        try:
            yield made
        finally:
            made.close()


@contextmanager
def full(database: Database) -> Iterator[None]:
    """The database may not grow meanwhile, as on a disk without room."""
    with database._raw(database._writer) as connection:
        ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        with database._raw(database._writer) as connection:
            connection.execute("PRAGMA max_page_count = 1073741823")


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another program writes to the database meanwhile and does not come to an end."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own in memory, mounted at `folder`; a skip where nothing may be mounted."""
    folder.mkdir(parents=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)]
    try:
        ran = subprocess.run(mounting, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no `mount` here")
    if ran.returncode:
        pytest.skip(f"nothing may be mounted here: {ran.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
