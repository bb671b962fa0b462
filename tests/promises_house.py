"""A whole Telos for the tests of promises: feeds in files, a clock that is set, and only what its own tick does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

from sqlmodel import select

from assistant.clock import FakeClock
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.service import Service
from memory.models import (
    Delivery,
    DeliveryState,
)
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder
from tests.waiting import wait_until

MONDAY = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADA = "ada@example.org"


class House:
    """Feeds in files, and a service that reads them. `restart` is another process on the same home."""

    def __init__(self, folder: Path, *, feeds: Sequence[str] = ("town",), smtp: int = 0) -> None:
        self.folder, self.clock = folder, FakeClock(MONDAY)
        self.feeds = {name: folder / f"{name}.xml" for name in feeds}
        self.home = Home.at(folder / "home")
        self.home.prepare()
        write_empty(self.home.database)
        mail = f'[mail]\nvia = "smtp"\nhost = "127.0.0.1"\nport = {smtp}\nsecurity = "none"\n' if smtp else ""
        network = '[network]\nallow_private = ["127.0.0.0/8"]\n'
        named = "".join(
            f'[[sources]]\nname = "{one}"\nkind = "feeds"\nurl = "{path}"\n' for one, path in self.feeds.items()
        )
        self.home.config_file.write_text(f'[user]\nemail = "{ADA}"\ntimezone = "UTC"\n{mail}{network}{named}')
        for name in feeds:
            self.publish(name)
        self.start()

    def start(self) -> None:
        self.service = Service(self.home, serves=True, clock=self.clock, embedder=WordEmbedder(), make_index=HeldIndex)
        self.runner = Runner(self.service)

    def stop(self) -> None:
        self.service.stopping.set()
        self.runner.close()
        self.service.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def publish(self, name: str, *told: str, at: datetime | None = None) -> None:
        """The feed as it is now: an entry for each text, which begins with its title."""
        when = format_datetime(at or self.clock.now() - HOUR)
        entries = "".join(
            f"<item><title>{escape(text.partition('.')[0])}</title><guid>{name}-{escape(text[:40])}</guid>"
            f"<pubDate>{when}</pubDate><description>{escape(text)}</description></item>"
            for text in told
        )
        self.feeds[name].write_text(f"<rss version='2.0'><channel><title>{name}</title>{entries}</channel></rss>")

    def tick(self) -> None:
        """What the service does by itself as long as anything is due, by the clock alone; no job is called by name."""
        wait_until(self._has_nothing_to_do, "nothing is due any more", patience_s=60)

    def _has_nothing_to_do(self) -> bool:
        self.runner.tick()
        now = self.clock.now()
        return not self.runner.running and not [one for one in self.runner.duties() if one.at and one.at <= now]

    def mails(self) -> list[str]:
        return [path.read_text() for path in sorted(self.home.outbox.glob("*.eml"))]

    def delivered(self) -> list[DeliveryState]:
        with self.service.database.read() as session:
            return [one.state for one in session.exec(select(Delivery))]


@contextmanager
def house(folder: Path, **wish: object) -> Iterator[House]:
    built = House(folder, **wish)  # type: ignore[arg-type]
    try:
        yield built
    finally:
        built.stop()
