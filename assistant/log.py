"""The service's log: sentences in the home, and of the daemon on stderr (for systemd's journal), without secrets.

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
_QUIET = ("alembic", "apscheduler", "httpx", "httpcore", "chromadb", "uvicorn", "trafilatura", "urllib3", "arxiv")
"""Libraries that say more than a user wants to read; from them, warnings only."""


class Masking(logging.Formatter):
    """Whatever ends up in a message or a traceback, the secrets of the settings that it follows do not."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)
        self._settings: Callable[[], Settings] = Settings

    def follow(self, settings: Callable[[], Settings]) -> None:
        """From now on the secrets in what `settings()` gives are masked, whatever it gives at the time."""
        self._settings = settings

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record), secret_values(self._settings()))


class _File(RotatingFileHandler):
    """On a full disk its lines are missing, and no traceback is written for each of them: stderr has the line itself."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


@contextmanager
def keep_log(home: Home, *, on_stderr: bool) -> Iterator[Masking]:
    """Log to the home's log file, and on stderr if wanted, for as long as the block lasts."""
    path = home.logs / FILE
    path.touch(mode=0o600)
    file = _File(path, maxBytes=_SIZE, backupCount=_COPIES, encoding="utf-8")
    handlers: list[logging.Handler] = [file, logging.StreamHandler(sys.stderr)] if on_stderr else [file]
    masking, root = Masking(), logging.getLogger()
    for handler in handlers:
        handler.setFormatter(masking)
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield masking
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
