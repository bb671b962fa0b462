"""The jobs of Telos: what each is called, when it is due, and what it does.

    poll:SOURCE   reads a source, at its own rhythm, later and later while it fails
    index         chunks, embeds and places what was read, whenever something waits
    goals         holds what was read against the open goals
    answers       takes the mails with which the user answers a digest, and answers them
    mailbox       drafts answers to mail that awaits one, places them, finds what was sent, and follows up
    digest        builds the morning digest and queues it, at its hour, once a local day
    deliver       hands queued digests and drafts to the mail server, with back-off while it is down
    maintain      once a day: old copies, what restores set aside, calls and conversations go, old texts are shortened, late goals expire, the database is checked; at once where an erasure was cut short, to finish it
    steer         trains a planner by night, where a model can be steered; never while somebody is answered

When a job is due is asked of rows and the clock alone. `jobs` runs them; it knows nothing of what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from assistant import calls, conversations, deliveries, digests, goals, memories, retention, standing, trainings
from assistant.backup import aside
from assistant.config.schema import SourceSettings
from assistant.errors import NotFound, Unavailable
from assistant.ingest.indexing import are_indexes_lost, index_pending
from assistant.ingest.polling import Ingest, poll_source
from assistant.mailbox import round as mailbox
from assistant.progress import Progress
from assistant.service import Service
from memory.erase import is_unfinished
from memory.models import Job, Source, Stage
from memory.store import items, jobs, sources, turn_vectors

POLL = "poll:"
INDEX = "index"
GOALS = "goals"
ANSWERS = "answers"
MAILBOX = "mailbox"
DIGEST = "digest"
DELIVER = "deliver"
MAINTAIN = "maintain"
STEER = "steer"

MAINTAIN_EVERY = timedelta(days=1)
RETRY_EMBEDDER = timedelta(minutes=10)
"""While the embedder does not answer, texts that lack vectors are tried again so often."""

KEPT_BACKUPS = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job went: a sentence; how much it `did`, for other jobs may be due by that; when it wants to run again."""

    sentence: str
    did: int = 0
    again_after: timedelta | None = None


Work = Callable[[Service, Progress], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How a job's last runs went. `failures` counts those in a row."""

    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    last_outcome: str | None = None
    failures: int = 0
    last_error: str | None = None
    broken_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """A job and when it is due; `None` where there is nothing for it to do."""

    name: str
    at: datetime | None
    work: Work
    history: History = History()

    @property
    def is_poll(self) -> bool:
        """A poll keeps its history in its source's row; other jobs have a row of their own."""
        return self.name.startswith(POLL)


def reads(name: str) -> bool:
    """Whether a job brings in what a digest is made of."""
    return name.startswith(POLL) or name in (INDEX, GOALS)


def duties(service: Service) -> list[Duty]:
    """Every job of the service with its due time, as the rows stand now. Ask the clock afterwards what is due."""
    now = service.clock.now()
    with service.database.read() as session:
        rows = _of_now(jobs.every(session), now)
        read = {row.name: row for row in sources.live(session)}
        index_at = _index_at(session, service, rows.get(INDEX), now)
        was_cut_short = is_unfinished(session)
        goals_wait = standing.waits(session)
        answers_at = mailbox.answers_at(session, service)
        mailbox_at = _mailbox_at(session, service, rows.get(MAILBOX))
    own = [
        (INDEX, index_at, _index),
        (GOALS, _not_before(rows.get(GOALS), now) if goals_wait else None, _goals),
        (ANSWERS, _not_before(rows.get(ANSWERS), answers_at), _answers),
        (MAILBOX, mailbox_at, _mailbox),
        (DIGEST, _not_before(rows.get(DIGEST), digests.timing(service).next_at), _digest),
        (DELIVER, _not_before(rows.get(DELIVER), deliveries.next_delivery_at(service)), _deliver),
        (MAINTAIN, now if was_cut_short else _not_before(rows.get(MAINTAIN), now), _maintain),
        (STEER, _steer_at(service, rows.get(STEER)), _steer),
    ]
    return [
        *(_poll_duty(wanted, read.get(wanted.name), now) for wanted in service.settings.sources),
        *(Duty(name, at, work, _history(rows.get(name))) for name, at, work in own),
    ]


def duty(service: Service, name: str) -> Duty:
    """The job called `name`.

    Raises: NotFound, with the names there are.
    """
    known = {duty.name: duty for duty in duties(service)}
    if name not in known:
        raise NotFound(f"There is no job {name!r}.", f"There are: {', '.join(known)}.")
    return known[name]


def _poll_duty(wanted: SourceSettings, row: Source | None, now: datetime) -> Duty:
    name = POLL + wanted.name
    work = partial(_poll, wanted)
    if row is None:
        return Duty(name, None if wanted.paused else now, work)
    history = History(
        last_started_at=row.last_attempt_at,
        last_finished_at=row.last_attempt_at,
        failures=row.failures,
        last_error=row.last_error,
        broken_since=row.broken_since,
    )
    return Duty(name, None if wanted.paused else _poll_at(row, now), work, history)


def _poll_at(row: Source, now: datetime) -> datetime:
    """When its row says; at once where the clock has been put back behind its last poll."""
    is_ahead = row.last_attempt_at is not None and row.last_attempt_at > now
    return now if row.next_poll_at is None or is_ahead else row.next_poll_at


def _history(row: Job | None) -> History:
    if row is None:
        return History()
    return History(
        last_started_at=row.last_started_at,
        last_finished_at=row.last_finished_at,
        last_outcome=row.last_outcome,
        failures=row.failures,
        last_error=row.last_error,
        broken_since=row.broken_since,
    )


def _poll(wanted: SourceSettings, service: Service, _: Progress) -> Outcome:
    polled = poll_source(Ingest(service.database, service.ways_out, service.clock, service.stopping), wanted)
    if polled.failure is not None:
        return Outcome(polled.failure, did=polled.new + polled.updated)
    return Outcome(f"{polled.new} new, {polled.updated} changed.", did=polled.new + polled.updated)


def _not_before(row: Job | None, at: datetime | None) -> datetime | None:
    """`at`, or later while the job's row says so."""
    return at if at is None or row is None or row.next_at is None else max(at, row.next_at)


def _rests_until(row: Job | None) -> datetime | None:
    """As the last run that ended wished: after a failure in any case, else unless another was cut short after it, whose work
    waits for nothing."""
    if row is None:
        return None
    begun, ended = row.last_started_at, row.last_finished_at
    was_cut_short = begun is not None and ended is not None and ended < begun
    return None if was_cut_short and not row.failures else row.next_at


def _of_now(rows: Iterable[Job], now: datetime) -> dict[str, Job]:
    """The jobs by name, without those that ran in a future which the clock has been put back from: what they were to wait
    for is wrong by as much, and one that waits for years is lost."""
    return {row.name: row for row in rows if row.last_started_at is None or row.last_started_at <= now}


def _index_at(session: Session, service: Service, row: Job | None, now: datetime) -> datetime | None:
    """At once for new texts, and where the indexes are gone; for texts that only lack vectors, when the row says so."""
    waiting, until = items.waiting(session), _rests_until(row)
    if row is not None and row.failures and until is not None:
        return until
    if waiting.get(Stage.STORED):
        return now
    if waiting.get(Stage.CHUNKED) or waiting.get(Stage.EMBEDDED) or turn_vectors.is_missing(session):
        return now if until is None else max(now, until)
    return now if are_indexes_lost(session, service.vectors) else None


def _mailbox_at(session: Session, service: Service, row: Job | None) -> datetime | None:
    """At once for mail that came, unless the job has just failed; else as its row says."""
    at = mailbox.round_at(session, service, _rests_until(row))
    return _not_before(row, at) if row is not None and row.failures else at


def _index(service: Service, progress: Progress) -> Outcome:
    done = index_pending(service.indexing(), progress)
    sentence = f"{done.versions} texts indexed, {done.placed} items placed in stories."
    if not done.waiting:
        with service.database.read() as session:  # without an embedder what was said keeps waiting, too
            next_in = RETRY_EMBEDDER if turn_vectors.is_missing(session) else None
        return Outcome(sentence, done.versions, next_in)
    return Outcome(f"{sentence} {done.waiting} wait for the embedder: {done.why}", done.placed, RETRY_EMBEDDER)


def _goals(service: Service, _: Progress) -> Outcome:
    matched = standing.match_new(service)
    return Outcome(f"{matched} new matches with open goals.", did=matched)


def _answers(service: Service, progress: Progress) -> Outcome:
    return Outcome(mailbox.answer(service, progress), did=1)


def _mailbox(service: Service, progress: Progress) -> Outcome:
    return Outcome(mailbox.go_round(service, progress), again_after=mailbox.LOOK_EVERY)


def _digest(service: Service, progress: Progress) -> Outcome:
    view = digests.queue_scheduled(service, progress)
    if view is None:
        return Outcome("No digest was due.")
    return Outcome(f"The digest of {view.local_date} was queued with {len(view.entries)} entries.", did=1)


def _deliver(service: Service, _: Progress) -> Outcome:
    return Outcome(". ".join(deliveries.deliver_waiting(service)) or "Nothing was due.")


def _steer_at(service: Service, row: Job | None) -> datetime | None:
    """At the hour that is configured; after a night that was too short, as the row says."""
    if not trainings.is_wanted(service):
        return None
    return (
        row.next_at
        if row is not None and row.next_at is not None
        else trainings.next_night(service, service.started_at)
    )


def _steer(service: Service, progress: Progress) -> Outcome:
    sentence, now = trainings.by_night(service, progress), service.clock.now()
    return Outcome(sentence, again_after=trainings.next_night(service, now) - now)


def _maintain(service: Service, progress: Progress) -> Outcome:
    """Keep what is needed, and see whether the database is sound."""
    memories.finish_erasure(service)
    memories.count_words(service, progress)
    calls.prune(service)
    conversations.prune(service)
    goals.expire(service)
    old = retention.apply(service, progress)
    copies = sorted(service.home.backups.glob("*.db"), key=lambda path: path.stat().st_mtime)
    for copy in copies[:-KEPT_BACKUPS]:
        copy.unlink()
    aside.remove_old(service.home, service.clock.now())
    damage = service.database.check()
    service.database.shrink()  # the upkeep read everything, and a day goes by before it does again
    if damage:
        raise Unavailable(" ".join(damage), "Stop the service and restore a backup: telos restore FILE.")
    return Outcome(f"The database is sound. {old}".rstrip(), again_after=MAINTAIN_EVERY)
