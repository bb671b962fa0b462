"""What is known of each source: where its cursor stands, how it fares, when it is polled next.

`assistant.ingest.polling` records polls here; `assistant.sources` renames and removes; `jobs` asks who is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from memory.models import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """A poll that was answered. `rhythm_s` and `stale_since` are what its source now stands at."""

    at: datetime
    next_poll_at: datetime
    new_items: int
    notices: Sequence[str] = ()
    rhythm_s: float | None = None
    stale_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A poll that was not. `kind` names the remedy, `sentence` says it."""

    at: datetime
    next_poll_at: datetime
    kind: str
    sentence: str


def ensure(session: Session, name: str, kind: str, now: datetime) -> Source:
    """The source of this name: a new one, or the known one, brought back if it had been removed.

    One that comes back as another kind starts from no cursor.
    """
    source = by_name(session, name)
    if source is None:
        source = Source(name=name, kind=kind, created_at=now)
    if source.kind != kind:
        source.kind, source.cursor = kind, None
        source.moved_to = source.moved_from = None
    source.removed_at = None
    _save(session, source)
    return source


def get(session: Session, source_id: int) -> Source | None:
    return session.get(Source, source_id)


def by_name(session: Session, name: str) -> Source | None:
    return session.exec(select(Source).where(Source.name == name)).first()


def by_ids(session: Session, source_ids: Sequence[int]) -> dict[int, Source]:
    chosen = session.exec(select(Source).where(col(Source.id).in_(source_ids)))
    return {source.id: source for source in chosen if source.id is not None}


def live(session: Session) -> list[Source]:
    """The sources that the configuration still names, by name."""
    return list(session.exec(select(Source).where(col(Source.removed_at).is_(None)).order_by(Source.name)))


def every(session: Session) -> list[Source]:
    """All sources that ever were, by name."""
    return list(session.exec(select(Source).order_by(Source.name)))


def rename(session: Session, old: str, new: str) -> bool:
    """Whether there was one of the old name. The caller has seen to it that the new name is free."""
    source = by_name(session, old)
    if source is None:
        return False
    source.name = new
    _save(session, source)
    return True


def mark_removed(session: Session, name: str, now: datetime) -> bool:
    """Whether there was one. Its items stay."""
    source = by_name(session, name)
    if source is None or source.removed_at is not None:
        return False
    source.removed_at = now
    _save(session, source)
    return True


def move_cursor(session: Session, source: Source, cursor: Mapping[str, Any]) -> None:
    """Remember where the next poll starts. Goes with the batch that it follows."""
    source.cursor = dict(cursor)
    _save(session, source)


def poll_soon(session: Session, name: str) -> None:
    """End the pause that the source of this name may be in."""
    source = by_name(session, name)
    if source is not None:
        source.next_poll_at = None
        _save(session, source)


def ring(session: Session, name: str) -> None:
    """Make the source of this name due, for something is new there. One that fails keeps its pause: it asked for it."""
    source = by_name(session, name)
    if source is not None and not source.failures:
        source.next_poll_at = None
        _save(session, source)


def remember_move(session: Session, source: Source, moved_from: str | None, moved_to: str | None) -> None:
    """Keep a new address and the print of the one it replaces, or forget them with `None`."""
    source.moved_from, source.moved_to = moved_from, moved_to
    _save(session, source)


def record_success(session: Session, source: Source, success: Success) -> None:
    """Note a poll that was answered. What was broken has healed."""
    source.failures = 0
    source.last_error = source.last_error_kind = source.broken_since = None
    source.last_attempt_at = source.last_success_at = success.at
    if success.new_items:
        source.last_new_item_at = success.at
    source.next_poll_at = success.next_poll_at
    source.rhythm_s = success.rhythm_s
    source.stale_since = success.stale_since
    source.notices = list(success.notices)
    _save(session, source)


def record_failure(session: Session, source: Source, failure: Failure) -> None:
    """Note a poll that was not answered. `broken_since` keeps the first one in a row."""
    source.failures += 1
    source.last_error, source.last_error_kind = failure.sentence, failure.kind
    source.broken_since = source.broken_since or failure.at
    source.last_attempt_at = failure.at
    source.next_poll_at = failure.next_poll_at
    _save(session, source)


def _save(session: Session, source: Source) -> None:
    session.add(source)
    session.flush()
