"""The preferences as they are now, in memory: which of them hold in a context, and which lessons lie near it.

`assistant.drafting` chooses forms by it, `assistant.learning` and the digest ask it too. It reads rows and writes none.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Self

import numpy as np
from sqlmodel import Session

from memory.models import PreferenceState
from memory.profile.context import Chosen, Context
from memory.profile.scope import Scope
from memory.store import lessons as lesson_rows
from memory.store import preferences as rows
from memory.store.connection import Database


class Profile:
    def __init__(self, held: list[tuple[Scope, Chosen, bool]], lesson_ids: list[int], vectors: np.ndarray) -> None:
        self._held = held
        self._lesson_ids = lesson_ids
        self._vectors = vectors

    @classmethod
    def load(cls, session: Session, embedder: str) -> Self:
        """As the rows are in this session, for contexts whose vectors are by `embedder`."""
        held = []
        for row in rows.rows(session):
            if row.state is PreferenceState.HELD:
                scope = Scope(kind=row.kind, recipient=row.recipient, domain=row.domain, source=row.source)
                chosen = Chosen(
                    dimension=row.dimension,
                    value=row.value,
                    amount=row.amount,
                    confidence=row.confidence,
                    preference_id=row.id,
                )
                held.append((scope, chosen, row.is_pinned))
        live = [row for row in lesson_rows.live(session) if row.embedder == embedder and row.vector]
        vectors = np.array([np.frombuffer(row.vector, dtype="<f4") for row in live], dtype=np.float32)
        return cls(held, [row.id for row in live], vectors)

    def choose(self, context: Context, reach: Callable[[str], float]) -> list[Chosen]:
        """The value of each dimension that holds here, surely enough for how much writing it changes."""
        best: dict[str, tuple[tuple[bool, int, float], Chosen]] = {}
        for scope, chosen, is_pinned in self._held:
            if scope.admits(context):
                rank = (is_pinned, scope.narrowness, chosen.confidence)
                if chosen.dimension not in best or rank > best[chosen.dimension][0]:
                    best[chosen.dimension] = (rank, chosen)
        return [chosen for _, chosen in best.values() if chosen.confidence >= 0.5 + 0.15 * reach(chosen.dimension)]

    def nearest(self, context: Context, limit: int) -> list[int]:
        """Lessons (ids) whose texts were about the nearest things, the nearest first."""
        if context.vector is None or not len(self._vectors):
            return []
        order = np.argsort(-(self._vectors @ context.vector), kind="stable")[:limit]
        return [self._lesson_ids[int(position)] for position in order]


class Profiles:
    """The profile that is in use, loaded again only after a change. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = Lock()
        self._held: tuple[tuple[object, ...], Profile] | None = None

    def current(self, embedder: str) -> Profile:
        with self._turn, self._database.read() as session:
            stamp = (embedder, *rows.stamp(session))
            if self._held is None or self._held[0] != stamp:
                self._held = (stamp, Profile.load(session, embedder))
            return self._held[1]
