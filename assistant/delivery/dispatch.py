"""The outbox at work: a digest is queued once, handed over at most once without a word from the user, and its end is told.

    queued -> sending   committed before the server hears DATA
    sending -> sent     the server took it
            -> queued   it certainly did not, and may later (4xx, no connection): back-off until `give_up_at`
            -> failed   it never will (5xx), or the bound has passed
            -> unknown  no answer after DATA, or the process ended there: it may have arrived

SMTP cannot promise "exactly once", so `unknown` is never resent by itself: `telos status` and the next digest name it.
It knows rows and carriers; what a digest says is `digest`'s, and when one is due `schedule`'s.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from assistant.backoff import backoff
from assistant.clock import Clock
from assistant.config.schema import Settings
from assistant.delivery.carriers import Carrier, Deferred, Refused, Unanswered
from assistant.delivery.mail import compose
from assistant.digest import record
from assistant.digest.view import DigestView
from assistant.errors import Conflict
from assistant.failpoints import failpoint
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


def deliver_due(parts: Outbox) -> list[Delivery]:
    """Try everything that is queued and due; the deliveries as they are then."""
    now = parts.clock.now()
    with parts.database.read() as session:
        waiting = outbox.due(session, now, latest=now + LONGEST_WAIT)
    return [deliver(parts, delivery.digest_id) for delivery in waiting]


def deliver(parts: Outbox, digest_id: int) -> Delivery:
    """Try one digest now; its delivery as it is then. One that is not queued is left as it is."""
    with parts.database.read() as session:
        delivery = outbox.of_digest(session, digest_id)
        view = record.load(session, digest_id)
    assert delivery is not None
    assert delivery.id is not None
    if delivery.state is DeliveryState.QUEUED:
        if parts.clock.now() >= delivery.give_up_at:
            _fail(parts, delivery, _too_late(delivery))
        else:
            _attempt(parts, delivery, view)
    return _again(parts.database, digest_id)


def begin(database: Database, now: datetime) -> None:
    """At start, before anything is sent: what a process left in `sending` becomes `unknown`.

    The first start of all is noted, for no digest is due from before it.
    """
    with database.write() as session:
        if settings.get(session, FIRST_START) is None:
            settings.put(session, FIRST_START, now.isoformat())
        interrupted = outbox.in_state(session, DeliveryState.SENDING)
        for delivery in interrupted:
            assert delivery.id is not None
            outbox.finish(session, delivery.id, DeliveryState.UNKNOWN, now, _INTERRUPTED)
            audit.record(session, "unknown", f"digest {delivery.digest_id}", at=now)
    for delivery in interrupted:
        log.warning("Digest %s: %s", delivery.digest_id, _INTERRUPTED)


def put_back(database: Database, digest_id: int, *, now: datetime, give_up: timedelta) -> None:
    """Queue a digest again on the user's word, whatever became of it; its Message-ID stays.

    Raises: Conflict while it is being sent.
    """
    with database.write() as session:
        delivery = outbox.of_digest(session, digest_id)
        assert delivery is not None
        assert delivery.id is not None
        if delivery.state is DeliveryState.SENDING:
            raise Conflict("This digest is being sent just now.", "See `telos digest list` in a moment.")
        outbox.requeue(session, delivery.id, now=now, give_up_at=now + give_up)


def _attempt(parts: Outbox, delivery: Delivery, view: DigestView) -> None:
    """From composing to the server's answer. Nothing between `sending` and `sent` may raise but the carrier."""
    assert delivery.id is not None
    has_begun = False
    try:
        letter = compose(view, parts.settings, parts.key)
        with parts.carrier.ready(letter) as hand_over:
            failpoint("deliver.before_sending")
            with parts.database.write() as session:
                has_begun = outbox.begin(session, delivery.id, parts.clock.now())
            if not has_begun:
                return
            failpoint("deliver.after_sending")
            answer = hand_over()
            failpoint("deliver.after_data")
            _sent(parts, delivery, view, answer)
            failpoint("deliver.after_sent")
    except Deferred as err:
        _defer(parts, delivery, str(err), is_counted=has_begun)
    except Refused as err:
        _fail(parts, delivery, str(err), is_counted=has_begun)
    except Unanswered as err:
        log.warning("Digest %s: %s", delivery.digest_id, err)
        with parts.database.write() as session:
            outbox.finish(session, delivery.id, DeliveryState.UNKNOWN, parts.clock.now(), str(err))
            audit.record(session, "unknown", f"digest {delivery.digest_id}", at=parts.clock.now())


def _sent(parts: Outbox, delivery: Delivery, view: DigestView, answer: str) -> None:
    assert delivery.id is not None
    now = parts.clock.now()
    with parts.database.write() as session:
        outbox.finish(session, delivery.id, DeliveryState.SENT, now)
        named = [other.id for other in outbox.unreported(session) if other.done_at and other.done_at <= view.built_at]
        outbox.mark_reported(session, [number for number in named if number is not None], now)
        audit.record(session, "sent", f"digest {delivery.digest_id}", at=now, entries=len(view.entries))
    log.info("Digest %s of %s was sent: %s", delivery.digest_id, view.local_date, answer)


def _defer(parts: Outbox, delivery: Delivery, error: str, *, is_counted: bool) -> None:
    assert delivery.id is not None
    until = parts.clock.now() + backoff(delivery.attempts + 1, first=FIRST_WAIT, most=LONGEST_WAIT)
    with parts.database.write() as session:
        if not is_counted:
            outbox.count_attempt(session, delivery.id)
        outbox.defer(session, delivery.id, until=min(until, delivery.give_up_at), error=error)


def _fail(parts: Outbox, delivery: Delivery, error: str, *, is_counted: bool = True) -> None:
    assert delivery.id is not None
    log.warning("Digest %s: %s", delivery.digest_id, error)
    now = parts.clock.now()
    with parts.database.write() as session:
        if not is_counted:
            outbox.count_attempt(session, delivery.id)
        outbox.finish(session, delivery.id, DeliveryState.FAILED, now, error)
        audit.record(session, "failed", f"digest {delivery.digest_id}", at=now)


def _too_late(delivery: Delivery) -> str:
    hours = (delivery.give_up_at - delivery.queued_at).total_seconds() / 3600
    reason = delivery.last_error or "Telos was not running."
    return f"It was given up after {hours:g} hours. {reason}"


def _again(database: Database, digest_id: int) -> Delivery:
    with database.read() as session:
        delivery = outbox.of_digest(session, digest_id)
    assert delivery is not None
    return delivery


_INTERRUPTED = (
    "Telos ended while it was being sent, so it may have arrived or not. Look into your mailbox; "
    "if it is not there, run `telos digest resend`."
)
