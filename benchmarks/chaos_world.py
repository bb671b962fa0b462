"""The world that `chaos` kills a daemon in: three homes, a feed, a mail server and a model's server, all on loopback.

What was served, said and sent is written down in files beside the homes, so that a run goes on where it was ended. `day` has
no embedder, `index` has one, `night` has a tiny model that can be steered.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant.lock import Lock
from memory.store import items, sources
from memory.store.connection import Database
from memory.store.items import NewItem
from tests.integration.daemon import ANNA, STEERED, Daemon, noon_zone
from tests.integration.forked import Forge
from tests.mail_server import MailServer
from tests.model_server import END, USAGE, ModelServer, chunk, sse
from tests.servers import Request, Response, WebServer

HOMES = ("day", "index", "night")
FEED = "north"
WINDOW = 200
"""So many items the feed holds; more than ever wait between two polls that end."""
WORDS = (
    "harbour",
    "signal",
    "orchard",
    "copper",
    "lantern",
    "meadow",
    "granite",
    "ferry",
    "sparrow",
    "anchor",
    "willow",
)
TALK_PAUSE_S, MAIL_PAUSE_S = 0.02, 0.1

SETTINGS = """
[user]
email = "{email}"
timezone = "{zone}"

[digest]
days = []

[network]
allow_private = ["127.0.0.1"]

[mail]
via = "smtp"
host = "127.0.0.1"
port = {mail_port}
security = "none"

[memory]
embedder = "{embedder}"
"""
DAY = """
[model.chat]
engine = "server"
name = "tiny"
address = "{model}"

[[sources]]
kind = "feeds"
name = "{feed}"
url = "{url}"
poll_minutes = 10000
"""
NIGHT = STEERED + 'train_at = "03:00"\n'
PACKAGED = "sentence-transformers/all-MiniLM-L6-v2"


class Ledger:
    """Lines of JSON in a file: what happened, by kind."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, kind: str, **what: Any) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, **what}) + "\n")

    def every(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self._lines() if line["kind"] == kind]

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)


class World:
    """`with World(folder) as world:`; the servers run as long as the block lasts, a daemon from `start` to its end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.tiny_model = folder / "tiny"
        self.web, self.mail, self.model = WebServer(), MailServer(pause_s=MAIL_PAUSE_S), ModelServer()
        self._open = ExitStack()
        self._told = 0

    def __enter__(self) -> Self:
        forge = self._open.enter_context(Forge())
        for server in (self.web, self.mail, self.model):
            self._open.enter_context(server)
        self.web.routes["/feed"] = self._feed
        self.model.chat = _talk
        self._served = [line for line in self.ledger.every("item") if line["source"] == FEED]
        self.daemons = {name: Daemon(self.folder / name, forge=forge) for name in HOMES}
        for name, daemon in self.daemons.items():
            self._configure(name, daemon)
            if not daemon.home.database.exists():
                daemon.has_run_before()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for daemon in self.daemons.values():
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.kill()
        self.note_mails()
        self._open.close()

    def start(self, daemon: Daemon, failpoint: str = "") -> float:
        """Start it and wait until it serves; the seconds from its lock to READY. One that dies in between had none."""
        daemon.start(failpoint=failpoint)
        assert daemon.process is not None
        lock, begun, looks = Lock(daemon.home.lock), 0.0, 0
        while True:
            holder, now = lock.holder(), time.monotonic()
            if holder is not None and holder.pid == daemon.process.pid:
                begun = begun or now
                if holder.serves:
                    return now - begun
            looks += 1
            if looks % 100 == 0 and daemon.process.poll() is not None:
                return 0.0
            time.sleep(0.002)

    def serve_items(self, number: int, count: int) -> None:
        """Let the feed hold `count` items more."""
        for one in range(count):
            what = {"source": FEED, "id": f"{number}-{one}"}
            self.ledger.note("item", **what)
            self._served.append(what)

    def add_items(self, daemon: Daemon, number: int, count: int) -> None:
        """Items that were read and wait for the index, while nothing runs."""
        now = datetime.now(UTC)
        news = [
            NewItem(external_id=f"{number}-{one}", title=f"Note {number}-{one}", text=text_of(number * 100 + one))
            for one in range(count)
        ]
        with closing(Database.open(daemon.home.database)) as database, database.write() as session:
            source = sources.ensure(session, "notes", "user", now)
            items.save(session, source.id or 0, news, now)
        for one in news:
            self.ledger.note("item", source="notes", id=one.external_id)

    def note_mails(self) -> None:
        """Write down the SMTP transactions since the last time."""
        new = self.mail.handed_over[self._told :]
        self._told += len(new)
        for message_id in new:
            self.ledger.note("mail", id=message_id)

    def _configure(self, name: str, daemon: Daemon) -> None:
        embedder = PACKAGED if name == "index" else "nobody/has-this-model"
        text = SETTINGS.format(email=ANNA, zone=noon_zone(), mail_port=self.mail.port, embedder=embedder)
        if name == "day":
            text += DAY.format(model=self.model.address, feed=FEED, url=self.web.url("/feed"))
        if name == "night":
            text += NIGHT.format(model=self.tiny_model)
        daemon.home.config_file.write_text(text, encoding="utf-8")

    def _feed(self, request: Request) -> Response:
        entries = "".join(
            f"<item><guid>{one['id']}</guid><title>Report {one['id']}</title>"
            f"<description>{text_of(int(one['id'].replace('-', '0')))}</description></item>"
            for one in self._served[-WINDOW:]
        )
        body = f"<rss version='2.0'><channel><title>North</title>{entries}</channel></rss>".encode()
        return Response(headers={"Content-Type": "application/rss+xml"}, body=body)


def text_of(number: int) -> str:
    """Some thirty words that go with the number."""
    return " ".join(WORDS[(number * (place + 3) + place * place) % len(WORDS)] for place in range(30)) + f" {number}."


def _talk(body: dict[str, Any]) -> Response:
    """A reply that comes slowly, so that a kill finds it under way."""

    def pieces() -> Iterator[bytes]:
        for word in ("The ", "ferry ", "runs ", "at ", "eight."):
            time.sleep(TALK_PAUSE_S)
            yield from sse(chunk(word), done=False)
        yield from sse(END, USAGE)

    if not body.get("stream"):
        return Response(
            headers={"Content-Type": "application/json"},
            body=json.dumps({"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}).encode(),
        )
    return Response(headers={"Content-Type": "text/event-stream"}, body=pieces())
