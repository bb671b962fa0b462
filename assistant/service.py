"""Every part of Telos, built in reading order from a home, and held together.

Whoever holds the lock of the data folder builds one `Service`: the daemon for as long as it runs, a command for as long
as it lasts. The jobs and the API's routers take from it the parts they hand to the domain's functions.
"""

from __future__ import annotations

from threading import Event

from assistant.clock import Clock, SystemClock
from assistant.config.load import load
from assistant.config.schema import Settings
from assistant.home import Home
from memory.store.connection import Database


class Service:
    """The parts. `stopping` is set when the service is about to end: long work looks at it between steps."""

    def __init__(
        self, home: Home, *, settings: Settings | None = None, clock: Clock | None = None, serves: bool = False
    ) -> None:
        home.prepare()
        self.home = home
        self.serves = serves
        self.clock = clock or SystemClock()
        self.stopping = Event()
        self.settings = settings if settings is not None else load(home.config_file)
        self.database = Database.open(home.database, backups=home.backups)

    def close(self) -> None:
        self.stopping.set()
        self.database.close()
