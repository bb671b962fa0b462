"""What the service is made of, tried one by one: database, index, embedder, mail, clock, zone, model, sources, their kinds.

Each check tries the real thing up to the last step that leaves no trace: a source is asked and nothing stored, the mail
server is logged into and nothing sent. Served by `GET /api/doctor`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from assistant import retention, sources, tcp
from assistant.answers.doctor import Finding
from assistant.config.schema import SourceSettings, zone_of_this_machine
from assistant.delivery.smtp_login import carrier
from assistant.engine.choice import Choice
from assistant.engine.contract import Capability, Engine, Message, Request, Task, complete, require
from assistant.errors import TelosError
from assistant.progress import Progress
from assistant.service import Service
from connectors.base import SourceFailure
from connectors.registry import installed
from memory import integrity
from memory.errors import MemoryFailure
from memory.integrity import Fault
from memory.store import jobs

_RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(minutes=5)


def examine_parts(service: Service, progress: Progress) -> list[Finding]:
    checks = _checks(service)
    findings: list[Finding] = []
    for number, (subject, check) in enumerate(checks):
        progress(number, len(checks), subject)
        findings.extend(_tried(subject, check))
    return findings


Check = Callable[[], Iterable[Finding]]


def _checks(service: Service) -> list[tuple[str, Check]]:
    return [
        ("database", partial(_database, service)),
        ("full text", partial(_full_text, service)),
        ("embedder", partial(_embedder, service)),
        ("index", partial(_index, service)),
        ("mail", partial(_mail, service)),
        ("clock", partial(_clock, service)),
        ("zone", partial(_zone, service)),
        ("retention", partial(_retention, service)),
        ("connectors", _connectors),
        ("model", partial(_model, service)),
        ("api", partial(_api, service)),
        *((f"source {source.name}", partial(_source, service, source)) for source in service.settings.sources),
    ]


def _tried(subject: str, check: Check) -> Iterator[Finding]:
    """The findings of a check; a failure that Telos can put into words is one."""
    try:
        yield from check()
    except (TelosError, MemoryFailure) as err:
        yield Finding(subject=subject, verdict="error", sentence=err.sentence, remedy=err.remedy)
    except SourceFailure as err:
        yield Finding(subject=subject, verdict="error", sentence=str(err))


def _database(service: Service) -> Iterator[Finding]:
    damage = integrity.of_database(service.database)
    for fault in damage:
        yield Finding(
            subject="database",
            verdict="error",
            sentence=fault.sentence,
            remedy="Stop the service and restore a backup: telos restore FILE. "
            f"Copies made before migrations are in {service.home.backups}.",
        )
    if not damage:
        yield Finding(subject="database", verdict="ok", sentence=f"{service.home.database} is sound.")


def _full_text(service: Service) -> Iterator[Finding]:
    with service.database.read() as session:
        yield from _faults("full text", integrity.of_full_text(session))


def _embedder(service: Service) -> Iterator[Finding]:
    started = time.monotonic()
    service.embedder.encode(["Is anybody there?"])
    seconds = time.monotonic() - started
    yield Finding(
        subject="embedder",
        verdict="ok",
        sentence=f"{service.serving.embedder} answers ({service.embedder.dimension} numbers a text, {seconds:.1f} s).",
    )


def _index(service: Service) -> Iterator[Finding]:
    with service.vectors.turn, service.database.read() as session:
        slug, dimension = service.embedder.slug, service.embedder.dimension
        faults = [
            *integrity.of_vectors(session, slug, dimension),
            *integrity.of_indexes(session, service.vectors, dimension),
        ]
    yield from _faults("index", faults)


def _faults(subject: str, faults: list[Fault]) -> Iterator[Finding]:
    """What `telos doctor --repair` mends, or that there is nothing to mend."""
    for fault in faults:
        remedy = "It follows from the database, and is made anew by: telos doctor --repair"
        yield Finding(subject=subject, verdict="warning", sentence=fault.sentence, remedy=remedy)
    if not faults:
        yield Finding(subject=subject, verdict="ok", sentence="It says what the database says.")


def _retention(service: Service) -> Iterator[Finding]:
    told = retention.sentences(retention.plan(service)) or ["What was read is kept whole, for ever."]
    yield Finding(
        subject="retention",
        verdict="ok",
        sentence=" ".join(told),
        remedy="shorten_days and keep_days under [memory] say otherwise; `telos memory retention` shows it all.",
    )


def _mail(service: Service) -> Iterator[Finding]:
    mail = service.settings.mail
    if mail.via != "smtp":
        where = f"written to {service.home.outbox}" if mail.via == "file" else "printed by `telos run`"
        yield Finding(
            subject="mail",
            verdict="ok",
            sentence=f"Digests are {where}.",
            remedy='To have them mailed, set via = "smtp" and your mail server under [mail].',
        )
        return
    with carrier(service.settings, service.ways_out).login():
        pass
    who = f" as {mail.username}" if mail.username else ""
    yield Finding(subject="mail", verdict="ok", sentence=f"{mail.host}:{mail.port} lets Telos in{who}.")
    if mail.security == "none" and mail.username:
        yield Finding(
            subject="mail",
            verdict="warning",
            sentence="The password and the digest travel unencrypted.",
            remedy='Set security = "starttls" or "tls" under [mail].',
        )


def _clock(service: Service) -> Iterator[Finding]:
    now, zone = service.clock.now(), service.settings.user.zone
    with service.database.read() as session:
        seen = [at for job in jobs.every(session) for at in (job.last_started_at, job.last_finished_at) if at]
    if now < _RELEASED or any(at > now + _TOLERANCE for at in seen):
        yield Finding(
            subject="clock",
            verdict="error",
            sentence=f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is earlier than what Telos has seen.",
            remedy="Set the clock (timedatectl set-ntp true).",
        )
        return
    yield Finding(
        subject="clock",
        verdict="ok",
        sentence=f"It is {now.astimezone(zone):%A %H:%M} in {zone.key}; the digest comes at {service.settings.digest.at:%H:%M}.",
    )


def _zone(service: Service) -> Iterator[Finding]:
    user = service.settings.user
    if "timezone" in user.model_fields_set or zone_of_this_machine():
        yield Finding(subject="zone", verdict="ok", sentence=f"Your days are those of {user.timezone}.")
        return
    yield Finding(
        subject="zone",
        verdict="warning",
        sentence=f"This machine does not say in which time zone it is, so your days are those of {user.timezone}.",
        remedy='Set timezone under [user], such as "Europe/Berlin".',
    )


def _connectors() -> Iterator[Finding]:
    found = installed()
    if not found.skipped:
        kinds = ", ".join(found.connectors)
        yield Finding(subject="connectors", verdict="ok", sentence=f"The kinds of source are {kinds}.")
    for sentence in found.skipped:
        remedy = "Update the package that it comes with, or uninstall that."
        yield Finding(subject="connectors", verdict="warning", sentence=sentence, remedy=remedy)


def _model(service: Service) -> Iterator[Finding]:
    """Each model that is configured writes a word; one that fails does not keep the others from being tried."""
    engines: dict[Choice, tuple[Engine, list[Task]]] = {}
    for task, choice, engine in service.engines.in_use():
        engines.setdefault(choice, (engine, []))[1].append(task)
    for choice, (engine, tasks) in engines.items():
        if choice.engine == "extractive":
            sentence = f"No language model is set up for {', '.join(tasks)}: sentences are chosen from the items."
            yield Finding(subject="model", verdict="ok", sentence=sentence)
        else:
            yield from _tried("model", partial(_one_model, engine, ", ".join(tasks)))


def _one_model(engine: Engine, tasks: str) -> Iterator[Finding]:
    started = time.monotonic()
    require(engine, Capability.GENERATE, "Writing")
    reply = complete(engine, Request(messages=[Message("user", "Say hello.")], max_tokens=4))
    seconds = time.monotonic() - started
    yield Finding(subject="model", verdict="ok", sentence=f"{engine.name} answers, for {tasks} ({seconds:.1f} s).")
    if reply.usage.notice:
        yield Finding(subject="model", verdict="warning", sentence=reply.usage.notice)


def _api(service: Service) -> Iterator[Finding]:
    address = service.settings.api.tcp
    if not address:
        yield Finding(subject="api", verdict="ok", sentence="It is on its Unix socket alone.")
    elif tcp.reaches_beyond(address):
        yield Finding(
            subject="api",
            verdict="warning",
            sentence=tcp.warning(address),
            remedy='Set tcp = "127.0.0.1:PORT" under [api].',
        )
    else:
        yield Finding(subject="api", verdict="ok", sentence=f"It is on {address} too, for programs with the token.")


def _source(service: Service, source: SourceSettings) -> Iterator[Finding]:
    tested = sources.test(service, source.name)
    paused = " It is paused." if source.paused else ""
    brought = "It answers." if tested.items else "It answers, with nothing recent."
    yield Finding(subject=f"source {source.name}", verdict="ok", sentence=brought + paused)
