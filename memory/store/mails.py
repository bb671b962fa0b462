"""Items of the kind `mail`, with their current texts, by time, by conversation and as they came.

Hidden ones and those gone upstream are left out. `assistant.mailbox` reads its mails by these verbs.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import Select

from memory.models import Item, Version
from memory.store.items import ItemFilter, current

KIND = "mail"
Kept = tuple[Item, Version]


def newest(session: Session) -> int:
    """The id of the last mail that came; 0 where there is none."""
    return session.exec(select(func.max(Item.id)).where(Item.kind == KIND)).one() or 0


def after(session: Session, item_id: int, limit: int) -> list[Kept]:
    """The mails that came after the one with this id, in the order in which they did."""
    chosen = _kept().where(col(Item.id) > item_id).order_by(col(Item.id)).limit(limit)
    return [(item, version) for item, version in session.exec(chosen)]


def by_ids(session: Session, item_ids: Collection[int]) -> list[Kept]:
    return [(item, version) for item, version in session.exec(_kept().where(col(Item.id).in_(item_ids)))]


def of_threads(session: Session, thread_ids: Collection[str], since: datetime) -> list[Kept]:
    """The mails of these conversations that were written at `since` or later, in the order of their dates."""
    chosen = _kept().where(col(Item.thread_id).in_(thread_ids), col(Item.published_at) >= since)
    ordered = chosen.order_by(col(Item.published_at), col(Item.id))
    return [(item, version) for item, version in session.exec(ordered)]


def conversations_of(session: Session, message_ids: Collection[str], since: datetime) -> set[str]:
    """The conversations in which the mails with these Message-IDs stand that were written at `since` or later."""
    named = col(Item.details)["message_id"].as_string().in_(message_ids)
    wanted = ItemFilter(kind=KIND).conditions()
    return set(session.exec(select(Item.thread_id).where(*wanted, col(Item.published_at) >= since, named)))


def _kept() -> Select[Item, Version]:
    return select(Item, Version).join(Version, current()).where(*ItemFilter(kind=KIND).conditions())
