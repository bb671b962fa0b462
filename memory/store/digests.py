"""Digests as they were built: their entries, what each cites, and what of it the user has been shown.

`assistant.digest` inserts and asks what was shown; `assistant.feedback` finds an entry by its number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from memory.models import Delivery, DeliveryState, Digest, Entry, EntryItem


def insert(
    session: Session, digest: Digest, entries: Sequence[Entry], citations: Mapping[int, Sequence[int]]
) -> Digest:
    """Keep a digest with its entries. `citations` gives the ids of the items that each entry cites, by entry number."""
    session.add(digest)
    session.flush()
    assert digest.id is not None
    for entry in entries:
        entry.digest_id = digest.id
        session.add(entry)
    session.flush()
    for entry in entries:
        assert entry.id is not None
        for position, item_id in enumerate(citations.get(entry.number, ()), start=1):
            session.add(EntryItem(entry_id=entry.id, item_id=item_id, position=position))
    session.flush()
    return digest


def by_id(session: Session, digest_id: int) -> Digest | None:
    return session.get(Digest, digest_id)


def by_date(session: Session, day: date, recipient: str | None = None) -> list[Digest]:
    """The digests of a local day in the order of their runs."""
    chosen = select(Digest).where(Digest.local_date == day)
    if recipient is not None:
        chosen = chosen.where(Digest.recipient == recipient)
    return list(session.exec(chosen.order_by(col(Digest.run), col(Digest.id))))


def latest(session: Session, limit: int) -> list[Digest]:
    """The last digests that were built, the newest first."""
    return list(session.exec(select(Digest).order_by(col(Digest.built_at).desc(), col(Digest.id).desc()).limit(limit)))


def last_made(session: Session) -> Digest | None:
    """The digest that was made last, whatever the clock said then."""
    return session.exec(select(Digest).order_by(col(Digest.id).desc()).limit(1)).first()


def last_sent(session: Session, recipient: str | None = None) -> Digest | None:
    """The digest that was delivered last."""
    chosen = select(Digest).join(Delivery).where(Delivery.state == DeliveryState.SENT)
    if recipient is not None:
        chosen = chosen.where(Digest.recipient == recipient)
    return session.exec(chosen.order_by(col(Digest.built_at).desc(), col(Digest.id).desc())).first()


def next_run(session: Session, day: date, recipient: str) -> int:
    """The first run of this day and recipient that is free; 0 when there is none yet."""
    last = select(func.max(Digest.run)).where(Digest.local_date == day, Digest.recipient == recipient)
    taken = session.exec(last).one()
    return 0 if taken is None else taken + 1


def days_made(session: Session, recipient: str, *, until: date, limit: int) -> list[date]:
    """The last local days up to `until` that have a scheduled digest, whatever became of it, the newest first."""
    chosen = select(col(Digest.local_date)).where(
        Digest.recipient == recipient, Digest.run == 0, col(Digest.local_date) <= until
    )
    return list(session.exec(chosen.order_by(col(Digest.local_date).desc()).limit(limit)))


def entries(session: Session, digest_id: int) -> list[Entry]:
    """The entries of a digest by number."""
    return list(session.exec(select(Entry).where(Entry.digest_id == digest_id).order_by(col(Entry.number))))


def entry(session: Session, digest_id: int, number: int) -> Entry | None:
    return session.exec(select(Entry).where(Entry.digest_id == digest_id, Entry.number == number)).first()


def entries_by_ids(session: Session, entry_ids: Collection[int]) -> dict[int, Entry]:
    found = session.exec(select(Entry).where(col(Entry.id).in_(entry_ids)))
    return {entry.id: entry for entry in found if entry.id is not None}


def built_at(session: Session, digest_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these digests was built."""
    found = session.exec(select(col(Digest.id), col(Digest.built_at)).where(col(Digest.id).in_(digest_ids)))
    return {digest_id: at for digest_id, at in found if digest_id is not None}


def told(session: Session, story_ids: Collection[int]) -> dict[int, list[str]]:
    """The sentences in which each of these stories was told, in digests that did not fail."""
    chosen = (
        select(Entry)
        .join(Delivery, col(Delivery.digest_id) == col(Entry.digest_id))
        .where(col(Entry.story_id).in_(story_ids), col(Delivery.state) != DeliveryState.FAILED)
        .order_by(col(Entry.id))
    )
    sentences: dict[int, list[str]] = {}
    for entry in session.exec(chosen):
        if entry.story_id is not None:
            sentences.setdefault(entry.story_id, []).extend(str(sentence["text"]) for sentence in entry.sentences)
    return sentences


def citations(session: Session, entry_ids: Collection[int]) -> dict[int, list[int]]:
    """The ids of the items that each entry cites, by entry id, in the order of their positions."""
    chosen = select(EntryItem).where(col(EntryItem.entry_id).in_(entry_ids)).order_by(col(EntryItem.position))
    cited: dict[int, list[int]] = {}
    for link in session.exec(chosen):
        cited.setdefault(link.entry_id, []).append(link.item_id)
    return cited


def stories_shown(session: Session, since: datetime | None = None) -> dict[int, datetime]:
    """When each story was last shown: in a digest that was sent, may have been, or is on its way."""
    chosen = (
        select(Entry.story_id, func.max(Digest.built_at))
        .join(Digest, col(Digest.id) == col(Entry.digest_id))
        .join(Delivery, col(Delivery.digest_id) == col(Digest.id))
        .where(col(Entry.story_id).is_not(None), col(Delivery.state) != DeliveryState.FAILED)
        .group_by(col(Entry.story_id))
    )
    if since is not None:
        chosen = chosen.where(Digest.built_at >= since)
    return {story_id: at for story_id, at in session.exec(chosen) if story_id is not None}


def items_shown(session: Session, item_ids: Collection[int]) -> set[int]:
    """Which of these items were cited in a digest that was sent, may have been, or is on its way."""
    chosen = (
        select(EntryItem.item_id)
        .join(Entry, col(Entry.id) == col(EntryItem.entry_id))
        .join(Delivery, col(Delivery.digest_id) == col(Entry.digest_id))
        .where(col(EntryItem.item_id).in_(item_ids), col(Delivery.state) != DeliveryState.FAILED)
    )
    return set(session.exec(chosen))
