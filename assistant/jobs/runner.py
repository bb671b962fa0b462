"""Runs what is due: one tick asks the rows, a few threads do the work, nothing runs twice at once.

What the jobs are and when each is due stands in `duties`; here is only how they are run. What lives in rows survives
a restart, and a suspend or a jump of the clock changes nothing but the answer of the next tick. A job that breaks says
so once in the log, and once when it heals; `telos jobs` shows the rows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread

from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler

from assistant.backoff import backoff
from assistant.errors import Conflict
from assistant.ingest.listening import Listeners
from assistant.jobs.duties import DIGEST, GOALS, INDEX, POLL, Duty, Outcome, duties, duty, reads
from assistant.progress import Cancelled, Progress, unheard
from assistant.service import Service
from memory.errors import HeldByAnother, NoRoom, NotWritable
from memory.store import jobs

log = logging.getLogger(__name__)

TICK_S = 30
THREADS = 6

DIGEST_PATIENCE = timedelta(minutes=5)
"""A due digest waits so long for what is being read and indexed, so that it knows of this morning."""

READING_S = 120.0
"""A digest that the user asks for waits no longer for what is due to be read."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)

LONGEST_REST = timedelta(minutes=10)
"""While nothing can be kept nothing is started by itself, or sources would be asked at every tick for what is thrown away."""


def due(now: datetime, planned: Iterable[Duty], running: Collection[str] = ()) -> list[str]:
    """The names of the jobs to start now, the longest due first."""
    ready = [duty for duty in planned if duty.at is not None and duty.at <= now and duty.name not in running]
    return [duty.name for duty in sorted(ready, key=lambda duty: (duty.at, duty.name))]


class Runner:
    """The jobs of one service. Without `start` it runs only what it is told to."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="job")
        self._running: set[str] = set()
        self._turn = Lock()
        self._digest_waits_since: datetime | None = None
        self._rests, self._rests_until = 0, self._service.started_at
        self._scheduler: BackgroundScheduler | None = None
        self._ended = Event()
        self._listeners: Listeners | None = None

    def start(self) -> None:
        """Ask what is due now, and then at every tick and at every ring of a source that can be listened to."""
        self._listeners = Listeners(
            self._service.database, is_polled=lambda name: POLL + name in self.running, wake=self.tick
        )
        self._scheduler = BackgroundScheduler(timezone="UTC")
        ticks = self._scheduler.add_job(self.tick, "interval", seconds=TICK_S, coalesce=True, max_instances=1)
        self._scheduler.start()
        Thread(target=self._keep_ticking, args=[ticks], name="clock", daemon=True).start()
        self._pool.submit(self.tick)

    def tick(self) -> None:
        """Take in a changed configuration, then start what is due."""
        if self._service.stopping.is_set():
            return
        try:
            self._service.reload()
            if self._listeners is not None:
                self._listeners.keep(self._service.settings.sources, self._service.ways_out)
            self._start_due()
        except Exception:  # the next tick tries again
            if not self._service.stopping.is_set():
                log.exception("A tick failed")

    def run(self, name: str, progress: Progress = unheard) -> Outcome:
        """Run a job now, in this thread, due or not.

        Raises: NotFound, Conflict if it is running, or whatever it fails with.
        """
        chosen = duty(self._service, name)
        if not self._begin(name):
            raise Conflict(f"The job {name} is running already.", "See `telos jobs` in a moment.")
        try:
            return self._work(chosen, progress)
        finally:
            self._end(name)

    def read_due(self, progress: Progress = unheard) -> None:
        """Read and index what is due, so that a digest made now knows of it. A job that fails has kept why."""
        for is_wanted in (_polls, _indexes, _matches):
            names = {name for name in [*self._due(), *self.running] if is_wanted(name)}
            progress(0, len(names), "reading what is due")  # raises where the service is about to end
            for name in names:
                if self._begin(name):
                    self._pool.submit(self._run_quietly, name)
            deadline = time.monotonic() + READING_S
            while (left := names & self.running) and time.monotonic() < deadline:
                progress(len(names - left), len(names), "reading what is due")
                time.sleep(0.05)

    def duties(self) -> list[Duty]:
        """Every job, the next one due first."""
        far = datetime.max.replace(tzinfo=UTC)
        return sorted(duties(self._service), key=lambda duty: (duty.at or far, duty.name))

    @property
    def running(self) -> frozenset[str]:
        return frozenset(self._running)

    def stop(self) -> None:
        """Start nothing more. What runs sees `Service.stopping` and comes to an end."""
        if self._listeners is not None:
            self._listeners.stop()
        self._ended.set()
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Start nothing more, and return when nothing runs."""
        self.stop()
        self._pool.shutdown(wait=True)
        if self._listeners is not None:
            self._listeners.close()

    def _keep_ticking(self, ticks: Job) -> None:
        """APScheduler waits for a time of day. Where the clock is put back under it, that is further away than ticks are
        apart, and no job would begin until it comes by again: then the next tick is now. Waits by the monotonic clock."""
        while not self._ended.wait(TICK_S):
            now = datetime.now(UTC)
            if ticks.next_run_time - now > timedelta(seconds=2 * TICK_S):
                ticks.modify(next_run_time=now)

    def _start_due(self) -> None:
        if timedelta(0) < self._rests_until - self._service.clock.now() <= LONGEST_REST:
            return
        with self._turn:
            for name in self._held_back(self._due(), self._service.clock.now()):
                self._running.add(name)
                self._pool.submit(self._run_in_pool, name)

    def _due(self) -> list[str]:
        planned = duties(self._service)
        return due(self._service.clock.now(), planned, self._running)

    def _held_back(self, names: list[str], now: datetime) -> list[str]:
        """`names` without the digest, while it still waits for what is being read."""
        if DIGEST not in names:
            self._digest_waits_since = None
            return names
        self._digest_waits_since = self._digest_waits_since or now
        is_reading = any(reads(name) for name in [*names, *self._running])
        if is_reading and timedelta(0) <= now - self._digest_waits_since < DIGEST_PATIENCE:
            return [name for name in names if name != DIGEST]
        return names

    def _run_in_pool(self, name: str) -> None:
        did = self._run_quietly(name)
        if did or self._digest_waits_since is not None:
            self.tick()

    def _run_quietly(self, name: str) -> bool:
        """Run a job that has begun, in a thread of the pool; whether it did something.

        What it fails with ends there: it has been kept, and said where it had to be.
        """
        try:
            return self._work(duty(self._service, name), unheard).did > 0
        except Cancelled:
            log.info("%s was interrupted by the end of the service, and goes on at its next start", name)
            return False
        except (NoRoom, NotWritable, HeldByAnother):
            return False
        finally:
            self._end(name)

    def _work(self, chosen: Duty, progress: Progress) -> Outcome:
        """Do it, and keep how it went. Raises what it fails with."""
        try:
            outcome = self._kept(chosen, progress)
        except (NoRoom, NotWritable, HeldByAnother):  # which cannot be kept either, and was said by the database
            self._rests += 1
            pause = backoff(self._rests, first=FIRST_PAUSE, most=LONGEST_REST)
            self._rests_until = self._service.clock.now() + pause
            raise
        self._rests = 0
        return outcome

    def _kept(self, chosen: Duty, progress: Progress) -> Outcome:
        service, name = self._service, chosen.name
        if not chosen.is_poll:
            with service.database.write() as session:
                jobs.start(session, name, service.clock.now())
        try:
            outcome = chosen.work(service, service.heeding(progress))
        except (Cancelled, NoRoom, NotWritable, HeldByAnother):
            raise
        except Exception as err:
            if service.stopping.is_set():  # its children were ended under it
                raise Cancelled from err
            self._keep_failure(chosen, err)
            raise
        if chosen.is_poll:
            return outcome
        now = service.clock.now()
        with service.database.write() as session:
            next_at = None if outcome.again_after is None else now + outcome.again_after
            has_healed = jobs.finish(session, name, now=now, next_at=next_at, outcome=outcome.sentence)
        if has_healed:
            log.info("%s works again: %s", name, outcome.sentence)
        return outcome

    def _keep_failure(self, failed: Duty, err: Exception) -> None:
        if failed.is_poll:  # no failure of the source, which ingest keeps, but of Telos
            log.error("%s failed: %s", failed.name, err, exc_info=err)
            return
        now = self._service.clock.now()
        pause = backoff(failed.history.failures + 1, first=FIRST_PAUSE, most=LONGEST_PAUSE)
        with self._service.database.write() as session:
            error = str(err) or type(err).__name__
            has_broken = jobs.fail(session, failed.name, now=now, next_at=now + pause, error=error)
        if has_broken:
            log.error("%s failed: %s", failed.name, err, exc_info=err)

    def _begin(self, name: str) -> bool:
        with self._turn:
            if name in self._running:
                return False
            self._running.add(name)
            return True

    def _end(self, name: str) -> None:
        with self._turn:
            self._running.discard(name)


def _polls(name: str) -> bool:
    return name.startswith(POLL)


def _matches(name: str) -> bool:
    return name == GOALS


def _indexes(name: str) -> bool:
    return name == INDEX
