"""How Telos fares, gathered from its parts. It starts nothing and changes nothing, so it may be asked at any time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from assistant import calls, deliveries, digests, retention, tcp
from assistant.answers.calls import SpendingLine
from assistant.answers.deliveries import DraftDelivery
from assistant.answers.digest import DigestStatus
from assistant.answers.mailbox import MailboxStatus
from assistant.answers.status import Health, MemoryStatus, ModelStatus, ServiceStatus, SourceStatus, Status
from assistant.config.schema import SourceSettings
from assistant.engine.choice import Choice
from assistant.service import Service
from assistant.version import VERSION
from assistant.workers.embedder import WorkerEmbedder
from assistant.workers.index import WorkerIndex
from memory.models import Job, ReplyState, Source, Stage
from memory.store import digests as digest_rows
from memory.store import follow_ups, items, jobs, replies, requests, sources

MEBIBYTE = 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=10)
"""A clock that is set right by less is nobody's concern."""


@runtime_checkable
class Resident(Protocol):
    """An engine whose model is in a process of this machine."""

    def rss_mb(self) -> float: ...


def status(service: Service) -> Status:
    with service.database.read() as session:
        rows = {source.name: source for source in sources.live(session)}
        waiting = items.waiting(session)
        known = items.count(session)
        recurring = jobs.every(session)
    read = [source_status(wanted, rows.get(wanted.name)) for wanted in service.settings.sources]
    digest = digests.status(service)
    outgoing = deliveries.outgoing(service)
    mailbox = _mailbox(service)
    spending = calls.spending(service)
    return Status(
        service=_service(service),
        sources=read,
        memory=_memory(service, known, sum(waiting.values()) - waiting.get(Stage.INDEXED, 0)),
        digest=digest,
        outgoing=outgoing,
        mailbox=mailbox,
        models=_models(service),
        spending=spending,
        attention=[
            *_attention(service),
            *_of_sources(read),
            *_of_jobs(recurring),
            *_of_digest(digest),
            *_of_clock(service),
            *_of_drafts(outgoing),
            *(mailbox.problems if mailbox is not None else ()),
            *_of_spending(spending),
        ],
    )


def source_status(wanted: SourceSettings, row: Source | None) -> SourceStatus:
    """A configured source and what is known of it."""
    health, sentence = _health(wanted, row)
    if row is None:
        return SourceStatus(name=wanted.name, kind=wanted.kind, health=health)
    return SourceStatus(
        name=wanted.name,
        kind=wanted.kind,
        health=health,
        last_success_at=row.last_success_at,
        last_new_item_at=row.last_new_item_at,
        next_poll_at=None if wanted.paused else row.next_poll_at,
        failures=row.failures,
        sentence=sentence,
        notices=row.notices,
    )


def rss_mb() -> float:
    """The memory that this process holds, in MiB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE, 1)


def _health(wanted: SourceSettings, row: Source | None) -> tuple[Health, str]:
    if wanted.paused:
        return "paused", ""
    if row is None or row.last_attempt_at is None:
        return "new", ""
    if row.failures:
        return "broken", row.last_error or ""
    if row.stale_since is not None:
        since = row.last_new_item_at or row.created_at
        return "stale", f"It answers, but brought nothing new since {since:%Y-%m-%d}: has it moved or ended?"
    return "ok", ""


def _service(service: Service) -> ServiceStatus:
    return ServiceStatus(
        version=VERSION,
        pid=os.getpid(),
        serves=service.serves,
        started_at=service.started_at,
        home=str(service.home.data),
        config_file=str(service.home.config_file),
        engine=service.engines.of("digest").name,
        rss_mb=rss_mb(),
    )


def _memory(service: Service, known: int, pending: int) -> MemoryStatus:
    path = service.home.database
    size = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
    embedder, index = service.embedder, service.vectors.index_in_use
    return MemoryStatus(
        items=known,
        pending=pending,
        database_mb=round(size / MEBIBYTE, 1),
        embedder=service.serving.embedder,
        wanted_embedder=service.settings.memory.embedder,
        embedder_rss_mb=round(embedder.rss_mb(), 1) if isinstance(embedder, WorkerEmbedder) else 0.0,
        index_rss_mb=round(index.rss_mb(), 1) if isinstance(index, WorkerIndex) else 0.0,
        stories_rss_mb=round(service.stories.rss_mb(), 1),
        retention=retention.noted(service),
    )


def _mailbox(service: Service) -> MailboxStatus | None:
    if not service.settings.mailboxes:
        return None
    with service.database.read() as session:
        waiting = replies.waiting(session)
        return MailboxStatus(
            drafted=len(waiting),
            placed=sum(row.state is ReplyState.PLACED for row in waiting),
            following=len(follow_ups.standing(session)),
            questions=len(requests.asked(session)),
            problems=[f"Draft {row.draft_id} is not placed: {row.problem}" for row in waiting if row.problem],
        )


def _models(service: Service) -> list[ModelStatus]:
    """Each model once, with all of its tasks."""
    found: dict[Choice, ModelStatus] = {}
    for task, choice, engine in service.engines.in_use():
        if choice.engine == "extractive":
            continue
        rss = round(engine.rss_mb(), 1) if isinstance(engine, Resident) else 0.0
        model = found.setdefault(choice, ModelStatus(name=engine.name, engine=choice.engine, tasks=[], rss_mb=rss))
        model.tasks.append(task)
    return list(found.values())


def _attention(service: Service) -> Iterator[str]:
    if service.database.trouble is not None:
        yield str(service.database.trouble)
    if not service.home.config_file.exists():
        yield f"There is no configuration at {service.home.config_file}. Run `telos init`."
    elif service.configuration_problem is not None:
        problem = service.configuration_problem
        yield f"{problem.sentence}\n{problem.remedy} Until then the settings before the change go on."
    elif not service.settings.sources:
        yield "Nothing is read yet. Add a source: telos sources add feeds https://example.org/feed.xml --name example"
    if service.serves and service.settings.api.tcp != service.listens_on:
        now = f"is served on {service.listens_on} still" if service.listens_on else "is not served over TCP yet"
        yield f"api.tcp was changed, and the API {now}. Restart the service: telos run, or systemctl --user restart telos."
    if service.listens_on and tcp.reaches_beyond(service.listens_on):
        yield tcp.warning(service.listens_on)
    wanted, serves = service.settings.memory, service.serving
    if (serves.embedder, serves.revision) != (wanted.embedder, wanted.revision):
        yield (
            f"The embedder {service.settings.memory.embedder} is configured and {service.serving.embedder} still serves. "
            "Run `telos memory reindex` to change over."
        )


def _of_sources(read: list[SourceStatus]) -> Iterator[str]:
    for source in read:
        if source.health in ("broken", "stale"):
            yield f"Source {source.name}: {source.sentence}"


def _of_jobs(rows: list[Job]) -> Iterator[str]:
    for row in rows:
        if row.failures:
            yield f"The job {row.name} failed {row.failures} times in a row: {row.last_error}"


def _of_spending(spending: list[SpendingLine]) -> Iterator[str]:
    for line in spending:
        if line.refused:
            yield f"A call of the model for {line.task} was refused: {line.refused}"


def _of_digest(digest: DigestStatus) -> Iterator[str]:
    for line in digest.troubled:
        yield f"The digest of {line.day} is {line.state}: {line.error or 'no reason is known'}"
    for line in digest.waiting:
        if line.error:
            yield f"The digest of {line.day} waits to be sent: {line.error}"


def _of_clock(service: Service) -> Iterator[str]:
    now, zone = service.clock.now(), service.settings.user.zone
    with service.database.read() as session:
        made = digest_rows.last_made(session)
    if made is not None and made.built_at > now + CLOCK_TOLERANCE:
        yield (
            f"The clock says {now.astimezone(zone):%Y-%m-%d %H:%M}, and the digest of {made.local_date} was made at "
            f"{made.built_at.astimezone(zone):%Y-%m-%d %H:%M}. Has the clock been put back? If it is right now, nothing "
            "is to be done: no day gets a second digest. If not, set it: timedatectl set-ntp true"
        )


def _of_drafts(outgoing: list[DraftDelivery]) -> Iterator[str]:
    for line in outgoing:
        named = f"Draft {line.draft} to {', '.join(line.to)}"
        if line.state in ("failed", "unknown"):
            yield f"{named} is {line.state}: {line.error or 'no reason is known'}"
        elif line.error:
            yield f"{named} waits to be sent: {line.error}"
