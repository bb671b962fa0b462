"""Which chunks a filter lets through: named one by one where they are few, looked at afterwards where they are many.

To name half a million chunks takes a second, and only a few hundred are weighed. Where a filter lets many through, each way
of finding brings as many more as it is expected to lose, and what does not pass is dropped. `memory.recall` asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Self

from sqlalchemy import TextClause, and_, case, text
from sqlmodel import Session, col, func, select

from memory.embed import Ids
from memory.models import Chunk, Item, Version
from memory.store import lookup
from memory.store.items import ItemFilter

MANY = 30_000
"""Chunks; with fewer, they are named."""
SAMPLE = 400
"""Items by which it is told how many pass."""
SPARE = 1.5
"""So much more is brought than the sample calls for."""
AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Reach:
    """`allowed` are the chunks that may answer, `None` where that is asked afterwards; `widened` is how much more to bring."""

    filters: ItemFilter
    allowed: Ids | None
    widened: float = 1.0

    @classmethod
    def of(cls, session: Session, filters: ItemFilter) -> Self:
        if filters == ItemFilter():
            return cls(filters, None)
        chunks = session.exec(select(func.max(Chunk.id))).one() or 0
        share = _share(session, filters) if chunks > MANY else 0.0
        if share * chunks <= MANY:
            return cls(filters, lookup.chunk_ids(session, filters))
        return cls(filters, None, SPARE / share)

    @classmethod
    def named(cls, session: Session, filters: ItemFilter) -> Self:
        """The chunks one by one, however many."""
        return cls(filters, lookup.chunk_ids(session, filters))

    def wanted(self, limit: int) -> int:
        """How many are to be brought, so that about `limit` pass."""
        return round(limit * self.widened)

    def passing(self, session: Session, chunk_ids: Iterable[int], limit: int) -> list[int]:
        """The first `limit` of these that pass, in their order."""
        brought = list(chunk_ids)
        if self.widened == 1.0:
            return brought[:limit]
        kept: set[int | None] = set()
        for start in range(0, len(brought), AT_ONCE):
            chosen = (
                select(Chunk.id)
                .join(Version, col(Version.id) == col(Chunk.version_id))
                .join(Item, col(Item.id) == col(Version.item_id))
                .where(_among("chunk.id", brought[start : start + AT_ONCE]), *self.filters.conditions())
            )
            kept |= set(session.exec(chosen))
        return [chunk_id for chunk_id in brought if chunk_id in kept][:limit]


def _share(session: Session, filters: ItemFilter) -> float:
    """Of a sample of items, spread over all of them, the share that passes.

    Drawn, not every so many: a source of every tenth item would be in such a sample wholly or not at all.
    """
    first, last = session.exec(select(func.min(Item.id), func.max(Item.id))).one()
    if first is None or last is None:
        return 0.0
    ids = range(first, last + 1)
    drawn = sorted(Random(0).sample(ids, min(SAMPLE, len(ids))))  # noqa: S311 - which items, no secret
    passes = case((and_(*filters.conditions()), 1), else_=0)
    counted = select(func.count(col(Item.id)), func.sum(passes)).where(_among("item.id", drawn))
    sampled, passing = session.exec(counted).one()
    return (passing or 0) / max(sampled, 1)


def _among(column: str, ids: Iterable[int]) -> TextClause:
    """`IN` with the numbers written out: to bind thousands takes longer than to look them up."""
    return text(f"{column} IN ({','.join(str(int(one)) for one in ids)})")
