"""Deliveries: the way out of each digest, draft and answer, one state at a time.

    queued -> sending -> sent | queued (again, later) | failed | unknown

The step to `sending` is a compare-and-set, so that of two who try one wins. `assistant.delivery.dispatch` decides, and calls
these verbs; the digest's foot and `telos status` read what has not been told yet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import CursorResult
from sqlmodel import Session, col, or_, select, update

from memory.models import Delivery, DeliveryState

UNDELIVERED = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


def queue(session: Session, digest_id: int, *, now: datetime, give_up_at: datetime) -> Delivery:
    """Put a new digest into the outbox, due at once."""
    delivery = Delivery(digest_id=digest_id, queued_at=now, give_up_at=give_up_at)
    session.add(delivery)
    session.flush()
    return delivery


def queue_draft(session: Session, draft_id: int, version: int, *, now: datetime, give_up_at: datetime) -> Delivery:
    """Put a version of a draft into the outbox, due at once."""
    delivery = Delivery(draft_id=draft_id, draft_version=version, queued_at=now, give_up_at=give_up_at)
    session.add(delivery)
    session.flush()
    return delivery


def queue_request(session: Session, request_id: int, *, now: datetime, give_up_at: datetime) -> Delivery:
    """Put the answer to a mail of the user's into the outbox, due at once."""
    delivery = Delivery(request_id=request_id, queued_at=now, give_up_at=give_up_at)
    session.add(delivery)
    session.flush()
    return delivery


def get(session: Session, delivery_id: int) -> Delivery:
    return session.get_one(Delivery, delivery_id)


def of_digest(session: Session, digest_id: int) -> Delivery | None:
    return session.exec(select(Delivery).where(Delivery.digest_id == digest_id)).one_or_none()


def of_draft(session: Session, draft_id: int) -> Delivery | None:
    return session.exec(select(Delivery).where(Delivery.draft_id == draft_id)).one_or_none()


def of_request(session: Session, request_id: int) -> Delivery | None:
    return session.exec(select(Delivery).where(Delivery.request_id == request_id)).one_or_none()


def of_drafts(session: Session, draft_ids: Collection[int]) -> dict[int, Delivery]:
    """The deliveries of those drafts that were ever sent off."""
    found = session.exec(select(Delivery).where(col(Delivery.draft_id).in_(draft_ids)))
    return {delivery.draft_id: delivery for delivery in found if delivery.draft_id is not None}


def due(session: Session, now: datetime, *, latest: datetime) -> list[Delivery]:
    """What is queued and may be tried, oldest first.

    A next attempt after `latest` was set by a clock that has been put back since: it is due too.
    """
    next_attempt_at = col(Delivery.next_attempt_at)
    query = (
        select(Delivery)
        .where(Delivery.state == DeliveryState.QUEUED)
        .where(or_(next_attempt_at.is_(None), next_attempt_at <= now, next_attempt_at > latest))
        .order_by(col(Delivery.id))
    )
    return list(session.exec(query))


def begin(session: Session, delivery_id: int, now: datetime, *, version: int | None = None) -> bool:
    """Move it from `queued` to `sending`; False if it is not queued any more, and then it must not be sent.

    So it is where of a draft another version than `version` is to be sent by now.
    """
    changed = session.execute(
        update(Delivery)
        .where(col(Delivery.id) == delivery_id, col(Delivery.state) == DeliveryState.QUEUED)
        .where(col(Delivery.draft_version).is_not_distinct_from(version))
        .values(state=DeliveryState.SENDING, sending_at=now, attempts=Delivery.attempts + 1)
    )
    assert isinstance(changed, CursorResult)
    return changed.rowcount == 1


def finish(
    session: Session,
    delivery_id: int,
    state: DeliveryState,
    now: datetime,
    error: str | None = None,
    *,
    answer: str | None = None,
) -> None:
    """Its end: `sent` with what was answered; `failed` or `unknown` with the sentence that says why."""
    delivery = session.get_one(Delivery, delivery_id)
    delivery.state, delivery.done_at, delivery.last_error, delivery.answer = state, now, error, answer
    delivery.next_attempt_at = None
    session.add(delivery)


def count_attempt(session: Session, delivery_id: int) -> None:
    """Count an attempt that ended before it came to `sending`."""
    session.execute(update(Delivery).where(col(Delivery.id) == delivery_id).values(attempts=Delivery.attempts + 1))


def defer(session: Session, delivery_id: int, *, until: datetime, error: str) -> None:
    """Back to `queued`: not taken, to be tried again."""
    delivery = session.get_one(Delivery, delivery_id)
    delivery.state, delivery.sending_at = DeliveryState.QUEUED, None
    delivery.next_attempt_at, delivery.last_error = until, error
    session.add(delivery)


def requeue(
    session: Session, delivery_id: int, *, now: datetime, give_up_at: datetime, version: int | None = None
) -> None:
    """Send it again from the start, on the user's word; of a draft, its version `version`."""
    delivery = session.get_one(Delivery, delivery_id)
    delivery.draft_version = version
    delivery.state, delivery.attempts = DeliveryState.QUEUED, 0
    delivery.queued_at, delivery.give_up_at = now, give_up_at
    delivery.next_attempt_at = delivery.sending_at = delivery.done_at = None
    delivery.last_error = delivery.answer = delivery.reported_at = None
    session.add(delivery)


def in_state(session: Session, *states: DeliveryState) -> list[Delivery]:
    """Every delivery in one of `states`, oldest first."""
    return list(session.exec(select(Delivery).where(col(Delivery.state).in_(states)).order_by(col(Delivery.id))))


def unreported(session: Session) -> list[Delivery]:
    """Failed and unknown deliveries that no later digest has named, oldest first."""
    query = select(Delivery).where(col(Delivery.state).in_(UNDELIVERED), col(Delivery.reported_at).is_(None))
    return list(session.exec(query.order_by(col(Delivery.id))))


def mark_reported(session: Session, delivery_ids: Sequence[int], now: datetime) -> None:
    """A digest that names them was sent."""
    session.execute(update(Delivery).where(col(Delivery.id).in_(delivery_ids)).values(reported_at=now))
