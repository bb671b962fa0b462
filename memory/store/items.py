"""Items and their versions: keeping what arrives, reading it back, and moving it on through its stages.

`assistant.ingest.polling` saves; `assistant.ingest.indexing` asks what waits in a stage and advances it; everybody reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from memory.identity import KnownItem, NewItem, match
from memory.models import Chunk, Item, Source, Stage, Version

__all__ = [
    "ItemFilter", "NewItem", "Saved", "advance", "by_ids", "count", "current", "current_versions", "get", "hide", "in_stage",
    "list_items", "mark_deleted", "remove", "save", "unhide", "waiting",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a batch. An item is `updated` when its title or text changed, else `unchanged`."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    new_ids: tuple[int, ...] = ()
    updated_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items are meant. An empty one means all that are neither hidden nor gone upstream."""

    source: str | None = None
    kind: str | None = None
    language: str | None = None
    since: datetime | None = None
    """Published then or later."""
    until: datetime | None = None
    """Published before."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """What a `select` over `Item` has to hold."""
        wanted: list[ColumnElement[bool]] = [col(Item.hidden_at).is_(None), col(Item.deleted_at).is_(None)]
        if self.source is not None:
            of_source = select(Source.id).where(col(Source.name) == self.source).scalar_subquery()
            wanted.append(col(Item.source_id) == of_source)
        if self.kind is not None:
            wanted.append(col(Item.kind) == self.kind)
        if self.language is not None:
            wanted.append(col(Item.language) == self.language)
        if self.since is not None:
            wanted.append(col(Item.published_at) >= self.since)
        if self.until is not None:
            wanted.append(col(Item.published_at) < self.until)
        return wanted


# Keeping what arrives


def save(session: Session, source_id: int, items: Sequence[NewItem], now: datetime) -> Saved:
    """Keep a batch of a source: new items, new versions of known ones, or nothing where title and text are as before.

    What describes an item (link, authors, topics, ...) follows the source silently. The date that a source gave first
    stands, so that one that re-dates its items does not make old ones new. The chunks of a text that is superseded
    go, and with them their full text and vectors.
    """
    by_id: defaultdict[str, list[NewItem]] = defaultdict(list)
    for item in items:
        by_id[item.external_id].append(item)
    stored = _stored(session, source_id, by_id.keys())
    known: defaultdict[str, list[KnownItem]] = defaultdict(list)
    generations: dict[str, int] = {}
    for row, version in stored.values():
        known[row.external_id].append(_identity(row, version))
        generations[row.external_id] = row.generation + 1
    matches = [found for key, arrivals in by_id.items() for found in match(known[key], arrivals)]

    fresh = [found.arrival for found in matches if found.known is None]
    new_ids = _insert_items(session, source_id, fresh, generations, now)
    texts = [_Text(item_id, 0, arrival) for item_id, arrival in zip(new_ids, fresh, strict=True)]

    updated_ids: list[int] = []
    for found in matches:
        if found.known is None:
            continue
        row, version = stored[found.known.item_id]
        _refresh(row, version, found.arrival)
        if found.known.digest != found.arrival.digest:
            texts.append(_Text(found.known.item_id, version.ord + 1, found.arrival))
            updated_ids.append(found.known.item_id)
    _retire_versions(session, updated_ids)
    _insert_versions(session, texts, now)
    return Saved(
        new=len(new_ids),
        updated=len(updated_ids),
        unchanged=len(items) - len(new_ids) - len(updated_ids),
        new_ids=tuple(new_ids),
        updated_ids=tuple(updated_ids),
    )


def mark_deleted(session: Session, source_id: int, external_ids: Collection[str], now: datetime) -> int:
    """Mark what a source took back. Its text stays for the digests that cite it, but is no longer found or shown."""
    gone = (
        update(Item)
        .where(col(Item.source_id) == source_id, col(Item.external_id).in_(external_ids))
        .where(col(Item.deleted_at).is_(None))
        .values(deleted_at=now)
    )
    return session.exec(gone).rowcount


@dataclass(frozen=True, slots=True)
class _Text:
    """A version that is about to be inserted."""

    item_id: int
    ord: int
    arrival: NewItem


def _stored(session: Session, source_id: int, external_ids: Collection[str]) -> dict[int, tuple[Item, Version]]:
    """The items under these ids with their current versions, by item id, oldest generation first."""
    chosen = (
        select(Item, Version)
        .join(Version, current())
        .where(Item.source_id == source_id, col(Item.external_id).in_(external_ids))
        .order_by(col(Item.generation))
    )
    return {item.id: (item, version) for item, version in session.exec(chosen) if item.id is not None}


def _identity(item: Item, version: Version) -> KnownItem:
    assert item.id is not None
    return KnownItem(
        item_id=item.id,
        title=version.title,
        canonical_url=item.canonical_url,
        published=None if item.published_at == item.first_seen_at else item.published_at,
        digest=version.digest,
    )


def _insert_items(
    session: Session, source_id: int, fresh: Sequence[NewItem], generations: dict[str, int], now: datetime
) -> list[int]:
    """Insert a row an item and give back their ids in order. `generations` says which is next under a known id."""
    rows: list[dict[str, Any]] = []
    for item in fresh:
        generation = generations.get(item.external_id, 0)
        generations[item.external_id] = generation + 1
        rows.append(
            {
                "source_id": source_id,
                "external_id": item.external_id,
                "generation": generation,
                "published_at": item.published or now,
                "first_seen_at": now,
                **_description(item),
            }
        )
    if not rows:
        return []
    return list(session.scalars(insert(Item).returning(col(Item.id), sort_by_parameter_order=True), rows))


def _insert_versions(session: Session, texts: Sequence[_Text], now: datetime) -> None:
    rows = [
        {
            "item_id": text.item_id,
            "ord": text.ord,
            "revision": text.arrival.revision,
            "title": text.arrival.title,
            "text": text.arrival.text,
            "html": text.arrival.html,
            "links": list(text.arrival.links),
            "digest": text.arrival.digest,
            "updated_at": text.arrival.updated,
            "seen_at": now,
            "stage": Stage.STORED,
        }
        for text in texts
    ]
    if rows:
        session.exec(insert(Version), params=rows)


def _retire_versions(session: Session, item_ids: Sequence[int]) -> None:
    """With the versions that these items have, nothing remains to be done, and nothing of them is found any more."""
    if item_ids:
        old = select(Version.id).where(col(Version.item_id).in_(item_ids))
        session.exec(delete(Chunk).where(col(Chunk.version_id).in_(old)))
        session.exec(update(Version).where(col(Version.item_id).in_(item_ids)).values(stage=Stage.INDEXED))


def _refresh(item: Item, version: Version, arrival: NewItem) -> None:
    """Let what describes a known item follow its source."""
    for name, value in _description(arrival).items():
        if getattr(item, name) != value:
            setattr(item, name, value)
    item.deleted_at = None
    if item.published_at == item.first_seen_at and arrival.published is not None:
        item.published_at = arrival.published
    if version.digest == arrival.digest:
        version.revision = arrival.revision
        version.updated_at = arrival.updated


def _description(item: NewItem) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "thread_id": item.thread_id,
        "url": item.url,
        "canonical_url": item.canonical_url,
        "authors": list(item.authors),
        "topics": list(item.topics),
        "language": item.language,
        "private": item.private,
        "to_me": item.to_me,
        "by_me": item.by_me,
        "details": dict(item.details),
    }


# Reading


def current() -> ColumnElement[bool]:
    """The condition that joins `Version` to `Item` by the newest version alone."""
    other = aliased(Version)
    newest = select(func.max(other.ord)).where(other.item_id == Item.id).correlate(Item).scalar_subquery()
    return (col(Version.item_id) == col(Item.id)) & (col(Version.ord) == newest)


def get(session: Session, item_id: int) -> Item | None:
    return session.get(Item, item_id)


def by_ids(session: Session, item_ids: Collection[int]) -> list[Item]:
    """Those of these items that there are, in the order of their ids."""
    return list(session.exec(select(Item).where(col(Item.id).in_(item_ids)).order_by(col(Item.id))))


def known_ids(session: Session, source_id: int, external_ids: Collection[str]) -> set[str]:
    """Which of these external ids a source has brought before."""
    chosen = select(Item.external_id).where(Item.source_id == source_id, col(Item.external_id).in_(external_ids))
    return set(session.exec(chosen))


def current_versions(session: Session, item_ids: Collection[int]) -> dict[int, Version]:
    """The newest version of each item that there is."""
    if not item_ids:
        return {}
    chosen = select(Version).join(Item, current()).where(col(Item.id).in_(item_ids))
    return {version.item_id: version for version in session.exec(chosen)}


def earlier_versions(session: Session, item_ids: Collection[int]) -> dict[int, list[Version]]:
    """The superseded versions of each item that has some, the oldest first."""
    chosen = select(Version).join(Item, ~current() & (col(Version.item_id) == col(Item.id)))
    found: dict[int, list[Version]] = {}
    for version in session.exec(chosen.where(col(Item.id).in_(item_ids)).order_by(col(Version.ord))):
        found.setdefault(version.item_id, []).append(version)
    return found


def list_items(
    session: Session, chosen: ItemFilter | None = None, *, limit: int | None = None, newest_first: bool = True
) -> list[Item]:
    """The items that a filter lets through, by their date."""
    at = col(Item.published_at)
    order = (at.desc(), col(Item.id).desc()) if newest_first else (at, col(Item.id))
    wanted = select(Item).where(*(chosen or ItemFilter()).conditions()).order_by(*order)
    return list(session.exec(wanted.limit(limit)))


def page(session: Session, after: int, limit: int) -> list[Item]:
    """The next items in the order of their ids, without hidden ones and those gone upstream."""
    chosen = select(Item).where(col(Item.id) > after, *ItemFilter().conditions())
    return list(session.exec(chosen.order_by(col(Item.id)).limit(limit)))


def last_indexed(session: Session) -> int:
    """The id up to which every item has gone through all stages; 0 if there is none."""
    behind = select(func.min(Item.id)).join(Version, current()).where(col(Version.stage) != Stage.INDEXED)
    first_behind = session.exec(behind).one()
    return first_behind - 1 if first_behind is not None else session.exec(select(func.max(Item.id))).one() or 0


def count(session: Session, chosen: ItemFilter | None = None) -> int:
    return session.exec(select(func.count(col(Item.id))).where(*(chosen or ItemFilter()).conditions())).one()


# Moving on


def in_stage(session: Session, stage: Stage, limit: int, *, after: int = 0) -> list[Version]:
    """The versions that wait there, in the order in which they came, from the one after the id `after` on.

    Superseded ones wait nowhere.
    """
    waiting = select(Version).where(Version.stage == stage, col(Version.id) > after)
    return list(session.exec(waiting.order_by(col(Version.id)).limit(limit)))


def waiting(session: Session) -> dict[Stage, int]:
    """How many versions stand in each stage."""
    rows = session.exec(select(Version.stage, func.count(col(Version.id))).group_by(col(Version.stage)))
    return {Stage(stage): versions for stage, versions in rows}


def advance(session: Session, version_ids: Collection[int], stage: Stage, *, only_from: Stage | None = None) -> None:
    """Move versions on; with `only_from`, those of them that still stand there."""
    moved = update(Version).where(col(Version.id).in_(version_ids)).values(stage=stage)
    session.exec(moved if only_from is None else moved.where(col(Version.stage) == only_from))


def advance_of(session: Session, item_ids: Collection[int], stage: Stage, *, only_from: Stage) -> None:
    """Move on those versions of these items that stand in a stage."""
    moved = update(Version).where(col(Version.item_id).in_(item_ids), col(Version.stage) == only_from)
    session.exec(moved.values(stage=stage))


def advance_all(session: Session, stage: Stage, to: Stage) -> int:
    """Move on every version that stands in a stage. How many there were."""
    return session.exec(update(Version).where(col(Version.stage) == stage).values(stage=to)).rowcount


def hide(session: Session, item_id: int, now: datetime) -> bool:
    """Take an item out of recall and learning. Whether there was one to hide."""
    hidden = update(Item).where(col(Item.id) == item_id, col(Item.hidden_at).is_(None)).values(hidden_at=now)
    return session.exec(hidden).rowcount > 0


def unhide(session: Session, item_id: int) -> bool:
    """Undo `hide`. Whether the item was hidden."""
    shown = update(Item).where(col(Item.id) == item_id, col(Item.hidden_at).is_not(None)).values(hidden_at=None)
    return session.exec(shown).rowcount > 0


def remove(session: Session, item_ids: Collection[int]) -> int:
    """Delete items for good, with their versions, chunks, full text, vectors and citations. How many there were."""
    return session.exec(delete(Item).where(col(Item.id).in_(item_ids))).rowcount
