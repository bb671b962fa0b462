"""The log of what language models were asked and answered, and what each task spent on each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from memory.models import Call, Item, Spending, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    task: str | None = None
    purpose: str | None = None
    conversation_id: int | None = None
    since: datetime | None = None
    only_failed: bool = False


def add(session: Session, call: Call) -> Call:
    session.add(call)
    session.flush()
    return call


def keep(session: Session, call: Call) -> bool:
    """Add a call that was under way for a while, unless its turn or one of its items was erased meanwhile."""
    is_orphan = call.turn_id is not None and session.get(Turn, call.turn_id) is None
    there = session.exec(select(Item.id).where(col(Item.id).in_(call.item_ids))).all() if call.item_ids else []
    if is_orphan or len(there) < len(set(call.item_ids)):
        return False
    add(session, call)
    return True


def get(session: Session, call_id: int) -> Call | None:
    return session.get(Call, call_id)


def with_turn(session: Session, call_id: int) -> tuple[Call, Turn | None] | None:
    """A call, and the turn it was made for if it was made for one."""
    call = get(session, call_id)
    if call is None:
        return None
    return call, None if call.turn_id is None else session.get(Turn, call.turn_id)


def recent(
    session: Session, limit: int, wanted: CallFilter | None = None, *, words: str = ""
) -> list[tuple[Call, Turn | None]]:
    """The newest first, each with its turn if it has one; with `words`, those whose prompt or reply holds all of them."""
    wanted = wanted or CallFilter()
    chosen = select(Call, Turn).join(Turn, col(Turn.id) == col(Call.turn_id), isouter=True)
    if wanted.task is not None:
        chosen = chosen.where(Call.task == wanted.task)
    if wanted.purpose is not None:
        chosen = chosen.where(Call.purpose == wanted.purpose)
    if wanted.conversation_id is not None:
        chosen = chosen.where(Turn.conversation_id == wanted.conversation_id)
    if wanted.since is not None:
        chosen = chosen.where(col(Call.at) >= wanted.since)
    if wanted.only_failed:
        chosen = chosen.where(Call.outcome == "failed")
    chosen = chosen.order_by(col(Call.at).desc(), col(Call.id).desc())
    found: list[tuple[Call, Turn | None]] = []
    for call, turn in session.exec(chosen.execution_options(yield_per=200)):
        if _says(call, words):
            found.append((call, turn))
            if len(found) == limit:
                break
    return found


def prune(session: Session, before: datetime) -> int:
    """Delete the calls made before an instant; how many."""
    return int(session.exec(delete(Call).where(col(Call.at) < before)).rowcount)


def spend(
    session: Session, day: date, task: str, *, prompt_tokens: int, new_tokens: int, seconds: float, made: int = 1
) -> Spending:
    """Add calls, of which so many were made, to what a task spent on a day."""
    spent = session.get(Spending, (day, task)) or Spending(day=day, task=task)
    spent.calls += made
    spent.prompt_tokens += prompt_tokens
    spent.new_tokens += new_tokens
    spent.seconds += seconds
    session.add(spent)
    session.flush()
    return spent


def spent(session: Session, day: date) -> dict[str, Spending]:
    """What each task spent on a day; those that spent nothing are left out."""
    return {row.task: row for row in session.exec(select(Spending).where(Spending.day == day))}


def _says(call: Call, words: str) -> bool:
    """JSON keeps other letters than ASCII escaped, so it is looked through here and not in SQL."""
    if not words.strip():
        return True
    text = "\n".join([call.reply, call.error, *(message["text"] for message in call.messages)]).casefold()
    return all(word in text for word in words.casefold().split())
