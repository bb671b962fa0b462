"""The door-bells: a thread for each source whose connector can listen. A ring makes its source due, and brings nothing.

Where nobody rings, or a connection breaks, the polls go on at their rhythm, so that nothing depends on being heard. It
knows no protocol, and not when jobs run: `assistant.jobs.runner` keeps it in step with the configuration, says what is
being polled, and is woken.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Event, Lock, Thread

from sqlalchemy.exc import SQLAlchemyError

from assistant.backoff import backoff
from assistant.config.schema import SourceSettings
from assistant.ingest.polling import blamed_on
from connectors.base import Connector, Listening, SourceFailure, TryLater
from connectors.registry import connectors
from connectors.transport import WaysOut
from memory.store import sources
from memory.store.connection import Database

log = logging.getLogger(__name__)

_END_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Seconds. Rings within `settle_s` are one; a source is not polled by rings more often than every `least_s`."""

    settle_s: float = 1.0
    least_s: float = 15.0
    first_pause_s: float = 30.0
    longest_pause_s: float = 3600.0
    steady_s: float = 600.0
    """Who listened for so long before it failed has not failed in a row."""


@dataclass(eq=False, slots=True)
class _Ear:
    """One source that is listened to."""

    source: SourceSettings
    ways_out: WaysOut
    cancelled: Event = field(default_factory=Event)
    thread: Thread | None = None
    has_failed: bool = False
    answered_at: float | None = None
    """When a ring last made it due."""


class Listeners:
    """All that is listened to. `is_polled` says whether a source is being polled now, `wake` that one has become due."""

    def __init__(
        self,
        database: Database,
        *,
        is_polled: Callable[[str], bool],
        wake: Callable[[], None],
        kinds: Mapping[str, type[Connector]] | None = None,
        rhythm: Rhythm | None = None,
    ) -> None:
        self._database = database
        self._is_polled = is_polled
        self._wake = wake
        self._kinds = connectors() if kinds is None else kinds
        self._rhythm = rhythm or Rhythm()
        self._changing = Lock()
        self._ears: dict[str, _Ear] = {}
        self._rung: set[str] = set()
        self._bell = Event()
        self._ended = Event()
        self._answering: Thread | None = None

    def keep(self, configured: Iterable[SourceSettings], ways_out: WaysOut) -> None:
        """Listen to these and to no others. One whose settings are as before goes on undisturbed."""
        wanted = {source.name: source for source in configured if not source.paused and self._can_listen(source)}
        with self._changing:
            if self._ended.is_set():
                return
            for name, ear in list(self._ears.items()):
                if wanted.get(name) != ear.source or ear.ways_out is not ways_out:
                    ear.cancelled.set()
                    del self._ears[name]
            for name in wanted.keys() - self._ears.keys():
                self._ears[name] = ear = _Ear(wanted[name], ways_out)
                ear.thread = _started(partial(self._listen, ear), f"listening-{name}")
            if self._ears and self._answering is None:
                self._answering = _started(self._answer, "door-bells")

    def stop(self) -> None:
        """Listen to nothing any more."""
        with self._changing:
            self._ended.set()
            for ear in self._ears.values():
                ear.cancelled.set()
        self._bell.set()

    def close(self) -> None:
        """Stop, and wait a moment for the threads. One that does not heed ends with the process."""
        self.stop()
        until = time.monotonic() + _END_S
        for thread in (*(ear.thread for ear in self._ears.values()), self._answering):
            if thread is not None:
                thread.join(max(0.0, until - time.monotonic()))

    def _can_listen(self, source: SourceSettings) -> bool:
        return callable(getattr(self._kinds.get(source.kind), "listen", None))

    def _listen(self, ear: _Ear) -> None:
        """Listen until it is cancelled or has nothing to listen with; again and again while it fails."""
        source, rhythm, failures = ear.source, self._rhythm, 0
        while not ear.cancelled.is_set():
            began = time.monotonic()
            try:
                with blamed_on(source):
                    connector = self._kinds[source.kind](source.options, ear.ways_out)
                    assert isinstance(connector, Listening)
                    connector.listen(partial(self._ring, ear), cancelled=ear.cancelled)
                return
            except SourceFailure as failure:
                if ear.cancelled.is_set():
                    return
                failures = 1 if time.monotonic() - began >= rhythm.steady_s or not ear.has_failed else failures + 1
                if not ear.has_failed:
                    log.warning("The source %s cannot be listened to, and is polled: %s", source.name, failure)
                ear.has_failed = True
                pause = backoff(
                    failures,
                    first=timedelta(seconds=rhythm.first_pause_s),
                    most=timedelta(seconds=rhythm.longest_pause_s),
                    asked=failure.after if isinstance(failure, TryLater) else None,
                )
                ear.cancelled.wait(pause.total_seconds())

    def _ring(self, ear: _Ear) -> None:
        """What a connector calls, in whichever thread. It returns at once."""
        if ear.has_failed:
            ear.has_failed = False
            log.info("The source %s is heard again.", ear.source.name)
        self._rung.add(ear.source.name)
        self._bell.set()

    def _answer(self) -> None:
        """Make due who rang, once it is quiet. Who is being polled rings again afterwards: what is new may have come
        after that poll had looked."""
        while not self._ended.is_set():
            self._bell.wait()
            self._bell.clear()
            if self._ended.wait(self._rhythm.settle_s):
                return
            later = {name for name in set(self._rung) if not self._is_ready(name)}
            ready = set(self._rung) - later
            self._rung -= ready
            if ready:
                try:
                    self._make_due(ready)
                except SQLAlchemyError:  # the database may be busy; the polls go on
                    log.exception("A ring was not answered")
            if self._rung:
                self._bell.set()

    def _is_ready(self, name: str) -> bool:
        ear = self._ears.get(name)
        if ear is None:
            return True
        waited_s = time.monotonic() - ear.answered_at if ear.answered_at is not None else self._rhythm.least_s
        return waited_s >= self._rhythm.least_s and not self._is_polled(name)

    def _make_due(self, names: Iterable[str]) -> None:
        with self._database.write() as session:
            for name in names:
                sources.ring(session, name)
                if ear := self._ears.get(name):
                    ear.answered_at = time.monotonic()
        self._wake()


def _started(work: Callable[[], None], name: str) -> Thread:
    thread = Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
