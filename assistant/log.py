"""The service's log: sentences on stderr (where systemd's journal takes them up) and in the home, without secrets.

It holds what the service did and what failed, by names of sources and numbers of items; never a text from outside.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler

from assistant.config.schema import Settings
from assistant.home import Home
from assistant.secrets import mask, secret_values

FILE = "telos.log"
_SIZE, _COPIES = 1_000_000, 2
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_QUIET = ("apscheduler", "httpx", "httpcore", "chromadb", "uvicorn", "trafilatura", "urllib3", "arxiv")
"""Libraries that say more than a user wants to read; from them, warnings only."""


@contextmanager
def keep_log(home: Home, settings: Callable[[], Settings]) -> Iterator[None]:
    """Log to stderr and to the home's log file for as long as the block lasts."""
    file = RotatingFileHandler(home.logs / FILE, maxBytes=_SIZE, backupCount=_COPIES, encoding="utf-8")
    (home.logs / FILE).chmod(0o600)
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr), file]
    root = logging.getLogger()
    for handler in handlers:
        handler.setFormatter(_Masking(settings))
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


class _Masking(logging.Formatter):
    """Whatever ends up in a message or a traceback, the secrets of the present settings do not."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        super().__init__(_FORMAT)
        self._settings = settings

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record), secret_values(self._settings()))
