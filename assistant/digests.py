"""The verbs of the digest: preview, send, show, list, resend, pause, and what the schedule asks for.

Each takes the service and puts the parts together: `digest.build` makes it, `delivery` queues and delivers it, `schedule`
says when. The API's router and the jobs call these, and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from assistant.answers.digest import DigestLine, DigestStatus, Timing
from assistant.clock import local_day
from assistant.deliveries import outbox_of
from assistant.delivery.dispatch import FIRST_START, deliver, put_back, queue_digest
from assistant.delivery.mail import recipient_of
from assistant.digest import record
from assistant.digest.build import Edition, Parts, finished, plan
from assistant.digest.schedule import (
    FARTHEST_DAY,
    REMEMBERED_DAYS,
    Pause,
    Timetable,
    due_day,
    is_late,
    missed_days,
    next_instant,
)
from assistant.digest.view import DigestView, without_items
from assistant.errors import BadConfiguration, BadRequest, Conflict
from assistant.feedback import digest_of
from assistant.progress import Progress, unheard
from assistant.service import Service
from memory.models import Delivery, DeliveryState, Digest
from memory.store import digests, outbox, settings
from memory.store.connection import Database

PAUSE = "digest.pause"
"""The setting that holds the pause: `{"since": date, "until": date}`."""

STEPS = 3


def preview(service: Service, progress: Progress = unheard) -> DigestView:
    """The digest as it would be now. Nothing is kept, marked or sent."""
    progress(0, 1, "choosing and writing")
    today = local_day(service.clock.now(), service.settings.user.zone)
    return _build(service, Edition(today, _recipient(service)), progress)


def send(service: Service, *, again: bool = False, progress: Progress = unheard) -> DigestLine:
    """Build today's digest and deliver it now.

    Raises: Conflict if today has one, unless `again`; BadConfiguration if it could not be addressed.
    """
    edition = refuse_second(service, again=again)
    progress(0, STEPS, "choosing and writing")
    view = _build(service, edition, progress)
    progress(1, STEPS, "putting it into the outbox")
    kept = _queue(service, view)
    assert kept.id is not None
    progress(2, STEPS, "delivering")
    return _deliver(service, kept.id)


def refuse_second(service: Service, *, again: bool) -> Edition:
    """What a digest made now is: the first of today, or `again` the next.

    Raises: Conflict if today has a digest, unless `again`; BadConfiguration if it could not be addressed.
    """
    today = local_day(service.clock.now(), service.settings.user.zone)
    recipient = _recipient(service)
    with service.database.read() as session:
        run = digests.next_run(session, today, recipient)
    if run and not again:
        raise Conflict(
            f"The digest of {today} has been made already.",
            "`telos digest resend` sends the same once more, `telos digest send --again` makes a second one.",
        )
    return Edition(today, recipient, run)


def queue_scheduled(service: Service, progress: Progress = unheard) -> DigestView | None:
    """The digest that is due now, built and put into the outbox; `None` if none is."""
    table, now = timetable(service), service.clock.now()
    day = due_day(table, now, _days_made(service))
    if day is None:
        return None
    due_at = table.start(day) if is_late(table, now, day) else None
    return _queue(service, _build(service, Edition(day, _recipient(service), due_at=due_at), progress))


def show(service: Service, day: date | None = None, *, left_out: frozenset[int] = frozenset()) -> DigestView:
    """The last digest of `day`, or the last one sent, as it was built, without what stands on the items `left_out`.

    Raises: NotFound.
    """
    with service.database.read() as session:
        digest = digest_of(session, day)
        assert digest.id is not None
        return without_items(record.load(session, digest.id), left_out)


def list_digests(service: Service, limit: int) -> list[DigestLine]:
    """The last digests, the newest first."""
    with service.database.read() as session:
        return [_line_of(session, digest) for digest in digests.latest(session, limit)]


def resend(service: Service, day: date | None = None) -> DigestLine:
    """Send the last digest of `day`, or the last one made, once more under the same Message-ID.

    Raises: NotFound, or Conflict while it is being sent.
    """
    with service.database.read() as session:
        newest = digests.latest(session, 1)
        digest = newest[0] if day is None and newest else digest_of(session, day)
    assert digest.id is not None
    put_back(service.database, digest.id, now=service.clock.now(), give_up=_give_up(service))
    return _deliver(service, digest.id)


def pause(service: Service, until: date) -> Timing:
    """No scheduled digest before the local day `until`, on which it comes again.

    Raises: BadRequest if that is not after today.
    """
    today = local_day(service.clock.now(), service.settings.user.zone)
    if until <= today:
        raise BadRequest(
            f"The pause would end on {until}, which is not after today.", "`telos digest resume` ends one."
        )
    with service.database.write() as session:
        settings.put(session, PAUSE, {"since": today.isoformat(), "until": until.isoformat()})
    return timing(service)


def resume(service: Service) -> Timing:
    """End a pause today; the days it covered until now are not missed ones."""
    today = local_day(service.clock.now(), service.settings.user.zone)
    current = _pause(service.database)
    if current is not None and current.until > today:
        with service.database.write() as session:
            settings.put(session, PAUSE, {"since": current.since.isoformat(), "until": today.isoformat()})
    return timing(service)


def timing(service: Service) -> Timing:
    """When the next scheduled digest comes, and which were missed."""
    now, table, made = service.clock.now(), timetable(service), _days_made(service)
    is_paused = table.pause is not None and table.pause.covers(local_day(now, table.zone))
    return Timing(
        next_at=next_instant(table, now, made),
        zone=table.zone.key,
        paused_until=table.pause.until if table.pause and is_paused else None,
        missed=list(missed_days(table, now, made)),
    )


def status(service: Service) -> DigestStatus:
    """The digest's part of `telos status`."""
    next_one = timing(service)
    with service.database.read() as session:
        last = digests.last_sent(session)
        waiting = outbox.in_state(session, DeliveryState.QUEUED, DeliveryState.SENDING)
        return DigestStatus(
            timing=next_one,
            last_sent=_line_of(session, last) if last else None,
            waiting=_lines(session, waiting),
            troubled=_lines(session, outbox.unreported(session)),
        )


def timetable(service: Service) -> Timetable:
    """What the configuration and the pause say, as of now."""
    with service.database.read() as session:
        since = settings.get(session, FIRST_START)
    return Timetable.of(
        service.settings, pause=_pause(service.database), since=datetime.fromisoformat(since) if since else None
    )


def _build(service: Service, edition: Edition, progress: Progress) -> DigestView:
    """The digest of `edition`; it also says which days before it had none. No rows are held while it is written."""
    now = service.clock.now()
    missed = [day for day in missed_days(timetable(service), now, _days_made(service)) if day < edition.day]
    parts = Parts(
        settings=service.settings,
        engine=service.engine_for("digest", "story"),
        embedder=service.embedder,
        profile=service.profile(),
    )
    with service.database.read() as session:
        planned = plan(session, parts, replace(edition, missed=tuple(missed)), now)
    return finished(planned, parts, service.heeding(progress))


def _queue(service: Service, view: DigestView) -> DigestView:
    return queue_digest(service.database, view, now=service.clock.now(), give_up=_give_up(service))


def _deliver(service: Service, digest_id: int) -> DigestLine:
    with service.database.read() as session:
        queued = outbox.of_digest(session, digest_id)
    assert queued is not None
    assert queued.id is not None
    delivery = deliver(outbox_of(service), queued.id)
    with service.database.read() as session:
        return _line(session, delivery)


def _recipient(service: Service) -> str:
    if service.settings.mail.via == "smtp" and not service.settings.user.email:
        raise BadConfiguration(
            "The digest has no address to go to: [user] email is empty.", "Put your own address there, in config.toml."
        )
    return recipient_of(service.settings)


def _days_made(service: Service) -> list[date]:
    """The days around today that have a scheduled digest, whatever became of it."""
    today = local_day(service.clock.now(), service.settings.user.zone)
    recipient = recipient_of(service.settings)
    with service.database.read() as session:
        return digests.days_made(session, recipient, until=today + FARTHEST_DAY, limit=REMEMBERED_DAYS)


def _pause(database: Database) -> Pause | None:
    with database.read() as session:
        kept = settings.get(session, PAUSE)
    return Pause(date.fromisoformat(kept["since"]), date.fromisoformat(kept["until"])) if kept else None


def _give_up(service: Service) -> timedelta:
    return timedelta(hours=service.settings.digest.give_up_hours)


def _lines(session: Session, deliveries: Iterable[Delivery]) -> list[DigestLine]:
    """Those that are of digests."""
    return [_line(session, delivery) for delivery in deliveries if delivery.digest_id is not None]


def _line(session: Session, delivery: Delivery) -> DigestLine:
    assert delivery.digest_id is not None
    digest = digests.by_id(session, delivery.digest_id)
    assert digest is not None
    return _described(session, digest, delivery)


def _line_of(session: Session, digest: Digest) -> DigestLine:
    assert digest.id is not None
    delivery = outbox.of_digest(session, digest.id)
    assert delivery is not None
    return _described(session, digest, delivery)


def _described(session: Session, digest: Digest, delivery: Delivery) -> DigestLine:
    assert digest.id is not None
    return DigestLine(
        id=digest.id,
        day=digest.local_date,
        run=digest.run,
        recipient=digest.recipient,
        built_at=digest.built_at,
        writer=digest.writer,
        entries=len(digests.entries(session, digest.id)),
        state=delivery.state.value,
        attempts=delivery.attempts,
        next_attempt_at=delivery.next_attempt_at,
        done_at=delivery.done_at,
        error=delivery.last_error,
    )
