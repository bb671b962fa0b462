"""Drafted answers to mails, and where each lies in the user's mailbox. `assistant.mailbox` calls these verbs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from memory.models import Item, Lesson, Reply, ReplyState

WAITING = (ReplyState.DRAFTED, ReplyState.PLACING, ReplyState.PLACED)
"""The user has not answered yet, as far as is known."""


@dataclass(frozen=True, slots=True)
class Lying:
    """A version of a draft in a folder of the mailbox; without `uid` where the server did not say."""

    version: int
    folder: str = ""
    validity: int | None = None
    uid: int | None = None


def add(session: Session, item_id: int, draft_id: int | None, now: datetime, *, problem: str = "") -> Reply:
    """Note that a mail was drafted an answer to, or why none could be."""
    state = ReplyState.DRAFTED if draft_id is not None else ReplyState.NONE
    row = Reply(item_id=item_id, draft_id=draft_id, state=state, at=now, problem=problem)
    row.closed_at = now if draft_id is None else None
    session.add(row)
    session.flush()
    return row


def get(session: Session, item_id: int) -> Reply | None:
    return session.get(Reply, item_id)


def known(session: Session, item_ids: Collection[int]) -> set[int]:
    """Which of these mails have a row already."""
    return set(session.exec(select(Reply.item_id).where(col(Reply.item_id).in_(item_ids))))


def of_items(session: Session, item_ids: Collection[int]) -> dict[int, Reply]:
    return {row.item_id: row for row in session.exec(select(Reply).where(col(Reply.item_id).in_(item_ids)))}


def waiting(session: Session, source_id: int | None = None) -> list[Reply]:
    """The replies that the user has not sent, the oldest first; of one mailbox alone where it is named."""
    chosen = select(Reply).where(col(Reply.state).in_(WAITING), col(Reply.draft_id).is_not(None))
    if source_id is not None:
        chosen = chosen.join(Item, col(Item.id) == col(Reply.item_id)).where(Item.source_id == source_id)
    return list(session.exec(chosen.order_by(col(Reply.at), col(Reply.item_id))))


def begin_placing(session: Session, item_id: int, version: int) -> None:
    """What is to lie there from now on; whether it does, the folder says until `placed`."""
    row = session.get_one(Reply, item_id)
    row.state, row.version, row.uid, row.validity, row.problem = ReplyState.PLACING, version, None, None, ""
    session.add(row)


def placed(session: Session, item_id: int, lying: Lying) -> None:
    row = session.get_one(Reply, item_id)
    row.state, row.version, row.problem = ReplyState.PLACED, lying.version, ""
    row.folder, row.validity, row.uid = lying.folder, lying.validity, lying.uid
    session.add(row)


def troubled(session: Session, item_id: int, problem: str) -> None:
    """It is not placed as it is, and why; it is looked at again when the draft has changed."""
    row = session.get_one(Reply, item_id)
    row.problem = problem
    session.add(row)


def close(session: Session, item_id: int, state: ReplyState, now: datetime) -> None:
    row = session.get_one(Reply, item_id)
    row.state, row.closed_at, row.problem = state, now, ""
    session.add(row)


def learned_since(session: Session, instant: datetime | None) -> list[Lesson]:
    """What was learned, since then, from answers that the user sent by their own hand; without what was taken back."""
    chosen = select(Lesson).join(Reply, col(Reply.draft_id) == col(Lesson.draft_id))
    chosen = chosen.where(Reply.state == ReplyState.SENT, col(Lesson.undone_at).is_(None), Lesson.line != "")
    if instant is not None:
        chosen = chosen.where(col(Reply.closed_at) > instant)
    return list(session.exec(chosen.order_by(col(Lesson.id))))


def drafts_on(session: Session, item_ids: Collection[int]) -> set[int]:
    """The drafts that answer these mails."""
    chosen = select(Reply.draft_id).where(col(Reply.item_id).in_(item_ids))
    return {draft_id for draft_id in session.exec(chosen) if draft_id is not None}
