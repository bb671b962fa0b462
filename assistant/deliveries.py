"""What leaves the house: drafts on the user's word, and whatever the outbox holds that is due.

It puts `delivery` together for a service: the carrier that the configuration names, the home's key. `assistant.digests` and
`assistant.drafts` send by it, the job `deliver` and `telos status` ask it.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from sqlmodel import Session

from assistant.answers.deliveries import DraftDelivery
from assistant.delivery.carriers import Carrier, FileCarrier, Refused, StdoutCarrier
from assistant.delivery.dispatch import LONGEST_WAIT, Outbox, deliver, deliver_due, queue_draft
from assistant.delivery.post import DraftPost, wording_of
from assistant.delivery.smtp_login import carrier
from assistant.drafting.recipients import Recipient
from assistant.errors import BadConfiguration, Conflict, NotFound
from assistant.service import Service
from assistant.withheld import withheld
from memory.models import Delivery, DeliveryState, Draft, DraftState
from memory.store import digests, drafts, outbox

GIVE_UP = timedelta(hours=24)
"""A mail that no server takes for so long is given up, and that is told."""


def send_draft(service: Service, draft_id: int, *, again: bool = False) -> Delivery:
    """Send the last version of an approved mail or reply to all of its recipients; its delivery as it is then.

    Raises: NotFound; Conflict where it must not leave (not approved, a gap, no address, a secret, private words), or was sent or may have
    been, unless `again`; BadConfiguration where it could not say who it is from.
    """
    post = _post(service, draft_id)
    if service.settings.mail.via == "smtp" and not (service.settings.user.email or service.settings.mail.sender):
        raise BadConfiguration(
            "A mail has nobody to come from: [user] email is empty.", "Put your own address there, in config.toml."
        )
    try:
        post.letter(service.settings, service.home.key)
    except Refused as err:
        raise Conflict(err.sentence, err.remedy) from err
    queued = queue_draft(
        service.database, draft_id, post.version.number, again=again, now=service.clock.now(), give_up=GIVE_UP
    )
    assert queued.id is not None
    return deliver(outbox_of(service), queued.id)


def deliver_waiting(service: Service) -> list[str]:
    """Try whatever the outbox holds that is due; what became of each, in half a sentence."""
    tried = deliver_due(outbox_of(service))
    with service.database.read() as session:
        return [f"{_told(session, delivery)} is {delivery.state.value}" for delivery in tried]


def next_delivery_at(service: Service) -> datetime | None:
    """When the outbox next has something to try: at once what waits longer than any pause, by a clock put back since."""
    now = service.clock.now()
    with service.database.read() as session:
        waiting = outbox.in_state(session, DeliveryState.QUEUED)
    if service.unwritten:
        return now
    attempts = [delivery.next_attempt_at or now for delivery in waiting]
    return min((at if at <= now + LONGEST_WAIT else now for at in attempts), default=None)


def outgoing(service: Service) -> list[DraftDelivery]:
    """The drafts that wait to be sent, and those that failed or may have, until a digest has named them."""
    with service.database.read() as session:
        waiting = outbox.in_state(session, DeliveryState.QUEUED, DeliveryState.SENDING)
        found = {
            delivery.draft_id: delivery
            for delivery in [*waiting, *outbox.unreported(session)]
            if delivery.draft_id is not None
        }
        last = drafts.current(session, found.keys())
        return [
            _line(draft, delivery, last[draft_id].subject)
            for draft_id, draft in drafts.by_ids(session, found.keys()).items()
            if (delivery := found[draft_id])
        ]


def outbox_of(service: Service) -> Outbox:
    """The outbox with the carrier that the configuration names."""
    return Outbox(
        database=service.database,
        clock=service.clock,
        settings=service.settings,
        key=service.home.key,
        carrier=_carrier(service),
        unwritten=service.unwritten,
    )


def _carrier(service: Service) -> Carrier:
    mail = service.settings.mail
    match mail.via:
        case "smtp":
            return carrier(service.settings, service.ways_out)
        case "file":
            return FileCarrier(service.home.outbox)
        case "stdout":
            return StdoutCarrier(sys.stdout)


def _post(service: Service, draft_id: int) -> DraftPost:
    """The draft's last version, as it would go out."""
    with service.database.read() as session:
        draft = drafts.by_id(session, draft_id)
        version = drafts.current(session, [draft_id]).get(draft_id)
        held = withheld(session)
    if draft is None or version is None:
        raise NotFound(f"There is no draft {draft_id}.", "`telos drafts list` shows those there are.")
    if draft.state is DraftState.REJECTED:
        raise Conflict(f"Draft {draft_id} was rejected.", f"`telos drafts show {draft_id}` shows it.")
    if draft.state is DraftState.OPEN:
        raise Conflict(
            f"Draft {draft_id} is not approved yet.",
            f"Read it with `telos drafts show {draft_id}`, then run `telos drafts approve {draft_id}`.",
        )
    return DraftPost(draft, version, version.number, service.clock.now(), held)


def _told(session: Session, delivery: Delivery) -> str:
    digest = digests.by_id(session, delivery.digest_id) if delivery.digest_id is not None else None
    return f"The digest of {digest.local_date}" if digest is not None else wording_of(delivery).name.capitalize()


def _line(draft: Draft, delivery: Delivery, subject: str) -> DraftDelivery:
    assert draft.id is not None
    return DraftDelivery(
        draft=draft.id,
        to=[str(Recipient.of_row(row)) for row in draft.recipients],
        subject=subject,
        state=delivery.state.value,
        attempts=delivery.attempts,
        next_attempt_at=delivery.next_attempt_at,
        error=delivery.last_error or "",
    )
