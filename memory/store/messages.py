"""Messages of conversations, as the digest's section on what the user missed reads them."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, func, select

from memory.models import Delivery, DeliveryState, Digest, Item
from memory.store.items import ItemFilter

KIND = "message"


def since(session: Session, published: datetime, limit: int) -> list[Item]:
    """The newest `limit` messages published at that instant or later that are neither deleted nor hidden, oldest first."""
    chosen = (
        select(Item)
        .where(*ItemFilter(kind=KIND, since=published).conditions())
        .order_by(col(Item.published_at).desc(), col(Item.id).desc())
        .limit(limit)
    )
    return list(reversed(session.exec(chosen).all()))


def told_until(session: Session) -> datetime | None:
    """When the last digest was built that was sent, may have been, or is on its way: what was here then has been told."""
    chosen = (
        select(func.max(Digest.built_at))
        .join(Delivery, col(Delivery.digest_id) == col(Digest.id))
        .where(col(Delivery.state) != DeliveryState.FAILED)
    )
    return session.exec(chosen).one()
