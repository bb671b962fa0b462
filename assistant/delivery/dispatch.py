"""The outbox at work: a digest or a draft is queued once, handed over at most once a word from the user, and its end is told.

    queued -> sending   committed before the server hears DATA
    sending -> sent     the server took it
            -> queued   it certainly did not, and may later (4xx, no connection): back-off until `give_up_at`
            -> failed   it never will (5xx), or the bound has passed
            -> unknown  no answer after DATA, or the process ended there: it may have arrived

SMTP cannot promise "exactly once", so `unknown` is never resent by itself: `telos status` and the next digest name it.
It knows rows and carriers; what is posted is `post`'s, what a digest says `digest`'s, and when one is due `schedule`'s.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from assistant.backoff import backoff
from assistant.clock import Clock
from assistant.config.schema import Settings
from assistant.delivery.carriers import Carrier, Deferred, Refused, Unanswered
from assistant.delivery.post import Post, post_of, wording_of
from assistant.digest import record
from assistant.digest.view import DigestView
from assistant.errors import Conflict, Unavailable
from assistant.failpoints import failpoint
from memory.errors import MemoryFailure
from memory.models import Delivery, DeliveryState
from memory.store import audit, digests, outbox, settings
from memory.store.connection import Database

log = logging.getLogger(__name__)

FIRST_START = "digest.first_start"
"""The setting that holds the instant at which Telos first ran in this home."""

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What delivering stands on. `key` is the home's."""

    database: Database
    clock: Clock
    settings: Settings
    key: bytes
    carrier: Carrier
    unwritten: list[Callable[[], None]] = field(default_factory=list)
    """What became of mails that were handed over when nothing could be kept; `deliver_due` writes it down first."""


def queue_digest(database: Database, view: DigestView, *, now: datetime, give_up: timedelta) -> DigestView:
    """Keep the digest and put it into the outbox, both or neither; it comes back with its id.

    Raises: Conflict if its day has this run already.
    """
    failpoint("digest.before_queue")
    with database.write() as session:
        if view.run < digests.next_run(session, view.local_date, view.recipient):
            raise Conflict(f"The digest of {view.local_date} has been made already.", "See `telos digest list`.")
        kept = record.keep(session, view)
        assert kept.id is not None
        outbox.queue(session, kept.id, now=now, give_up_at=now + give_up)
    failpoint("digest.after_queue")
    return kept


def queue_draft(
    database: Database, draft_id: int, version: int, *, again: bool, now: datetime, give_up: timedelta
) -> Delivery:
    """Put a version of a draft into the outbox, on the user's word. What failed or waits is taken up as it is now.

    Raises: Conflict while it is being sent, and where it was sent or may have been, unless `again`.
    """
    with database.write() as session:
        delivery = outbox.of_draft(session, draft_id)
        if delivery is None:
            return outbox.queue_draft(session, draft_id, version, now=now, give_up_at=now + give_up)
        if not again:
            _refuse_second(delivery)
        _requeue(session, delivery, now=now, give_up=give_up, version=version)
        return delivery


def deliver_due(parts: Outbox) -> list[Delivery]:
    """Try everything that is queued and due; the deliveries as they are then."""
    while parts.unwritten:
        parts.unwritten[0]()
        parts.unwritten.pop(0)
    now = parts.clock.now()
    with parts.database.read() as session:
        waiting = [delivery.id for delivery in outbox.due(session, now, latest=now + LONGEST_WAIT)]
    return [deliver(parts, delivery_id) for delivery_id in waiting if delivery_id is not None]


def deliver(parts: Outbox, delivery_id: int) -> Delivery:
    """Try one delivery now; it as it is then. One that is not queued is left as it is."""
    with parts.database.read() as session:
        delivery = outbox.get(session, delivery_id)
        post = post_of(session, delivery)
    if delivery.state is DeliveryState.QUEUED:
        if parts.clock.now() >= delivery.give_up_at:
            _fail(parts, delivery, _too_late(delivery))
        else:
            _attempt(parts, delivery, post)
    with parts.database.read() as session:
        return outbox.get(session, delivery_id)


def begin(database: Database, now: datetime) -> None:
    """At start, before anything is sent: what a process left in `sending` becomes `unknown`.

    The first start of all is noted, for no digest is due from before it. Where there is neither, nothing is written.
    """
    with database.read() as session:
        if settings.get(session, FIRST_START) is not None and not outbox.in_state(session, DeliveryState.SENDING):
            return
    with database.write() as session:
        if settings.get(session, FIRST_START) is None:
            settings.put(session, FIRST_START, now.isoformat())
        interrupted = outbox.in_state(session, DeliveryState.SENDING)
        for delivery in interrupted:
            assert delivery.id is not None
            outbox.finish(session, delivery.id, DeliveryState.UNKNOWN, now, _interrupted(delivery))
            audit.record(session, "unknown", wording_of(delivery).name, at=now)
    for delivery in interrupted:
        log.warning("%s: %s", _named(delivery), _interrupted(delivery))


def put_back(database: Database, digest_id: int, *, now: datetime, give_up: timedelta) -> None:
    """Queue a digest again on the user's word, whatever became of it; its Message-ID stays.

    Raises: Conflict while it is being sent.
    """
    with database.write() as session:
        delivery = outbox.of_digest(session, digest_id)
        assert delivery is not None
        _requeue(session, delivery, now=now, give_up=give_up)


def _refuse_second(delivery: Delivery) -> None:
    wording = wording_of(delivery)
    if delivery.state is DeliveryState.SENT:
        raise Conflict(f"{_named(delivery)} was sent already.", f"`{wording.resend}` sends it once more.")
    if delivery.state is DeliveryState.UNKNOWN:
        raise Conflict(f"It is not known whether {wording.thing} arrived when it was sent.", wording.unsure)


def _requeue(
    session: Session, delivery: Delivery, *, now: datetime, give_up: timedelta, version: int | None = None
) -> None:
    assert delivery.id is not None
    if delivery.state is DeliveryState.SENDING:
        raise Conflict(f"{_named(delivery)} is being sent just now.", "Look again in a moment.")
    outbox.requeue(session, delivery.id, now=now, give_up_at=now + give_up, version=version)


def _attempt(parts: Outbox, delivery: Delivery, post: Post) -> None:
    """From composing to the server's answer. Nothing between `sending` and `sent` may raise but the carrier."""
    assert delivery.id is not None
    has_begun = False
    try:
        letter = post.letter(parts.settings, parts.key)
        with parts.carrier.ready(letter) as hand_over:
            failpoint("deliver.before_sending")
            with parts.database.write() as session:
                has_begun = outbox.begin(session, delivery.id, parts.clock.now(), version=delivery.draft_version)
            if not has_begun:
                return
            failpoint("deliver.after_sending")
            answer = hand_over()
            failpoint("deliver.after_data")
            _write_down(parts, delivery, lambda: _sent(parts, delivery, post, answer))
            failpoint("deliver.after_sent")
    except Deferred as err:
        why = str(err)
        _write_down(parts, delivery, lambda: _defer(parts, delivery, why, is_counted=has_begun))
    except Refused as err:
        why = str(err)
        _write_down(parts, delivery, lambda: _fail(parts, delivery, why, is_counted=has_begun))
    except Unanswered as err:
        why = str(err)
        _write_down(parts, delivery, lambda: _doubt(parts, delivery, why))


def _write_down(parts: Outbox, delivery: Delivery, write: Callable[[], None]) -> None:
    """Keep what became of a mail; where nothing can be kept just now, later, so that it is neither lost nor sent again.

    Raises: Unavailable, where it is to be kept later.
    """
    try:
        write()
    except MemoryFailure as err:
        parts.unwritten.append(write)
        raise Unavailable(
            f"{_named(delivery)} was tried, and what became of it cannot be kept just now: {err.sentence}",
            f"{err.remedy} It is not sent a second time.",
        ) from err


def _doubt(parts: Outbox, delivery: Delivery, error: str) -> None:
    assert delivery.id is not None
    log.warning("%s: %s", _named(delivery), error)
    now = parts.clock.now()
    with parts.database.write() as session:
        outbox.finish(session, delivery.id, DeliveryState.UNKNOWN, now, error)
        audit.record(session, "unknown", wording_of(delivery).name, at=now)


def _sent(parts: Outbox, delivery: Delivery, post: Post, answer: str) -> None:
    assert delivery.id is not None
    now = parts.clock.now()
    with parts.database.write() as session:
        outbox.finish(session, delivery.id, DeliveryState.SENT, now, answer=answer)
        audit.record(session, "sent", wording_of(delivery).name, at=now, **post.sent(session, now))
    log.info("%s was sent: %s", _named(delivery), answer)


def _defer(parts: Outbox, delivery: Delivery, error: str, *, is_counted: bool) -> None:
    assert delivery.id is not None
    until = parts.clock.now() + backoff(delivery.attempts + 1, first=FIRST_WAIT, most=LONGEST_WAIT)
    with parts.database.write() as session:
        if not is_counted:
            outbox.count_attempt(session, delivery.id)
        outbox.defer(session, delivery.id, until=min(until, delivery.give_up_at), error=error)


def _fail(parts: Outbox, delivery: Delivery, error: str, *, is_counted: bool = True) -> None:
    assert delivery.id is not None
    log.warning("%s: %s", _named(delivery), error)
    now = parts.clock.now()
    with parts.database.write() as session:
        if not is_counted:
            outbox.count_attempt(session, delivery.id)
        outbox.finish(session, delivery.id, DeliveryState.FAILED, now, error)
        audit.record(session, "failed", wording_of(delivery).name, at=now)


def _too_late(delivery: Delivery) -> str:
    hours = (delivery.give_up_at - delivery.queued_at).total_seconds() / 3600
    reason = delivery.last_error or "Telos was not running."
    return f"It was given up after {hours:g} hours. {reason}"


def _named(delivery: Delivery) -> str:
    return wording_of(delivery).name.capitalize()


def _interrupted(delivery: Delivery) -> str:
    unsure = wording_of(delivery).unsure
    return f"Telos ended while it was being sent, so it may have arrived or not. {unsure}"
