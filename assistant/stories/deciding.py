"""Reads the next items that are in no story, and those around them in time, and has `assistant.stories.grouping` decide.

It writes nothing: `assistant.stories.placing` does, with what is decided here. Both reading thousands of texts and comparing
them take long in one stretch, so that a service has `assistant.stories.worker` call this in a process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlmodel import Session

from assistant.stories.grouping import Group, Placed, grouped
from assistant.stories.sameness import WINDOW
from assistant.stories.telling import Telling
from connectors.reading.links import canonical
from memory.models import Stage
from memory.store import stories, vectors
from memory.store.connection import Database

BATCH = 500
WINDOW_ITEMS = 4000
"""At most so many placed items are compared with, the newest first."""


def next_groups(database: Database, embedder_slug: str | None) -> list[Group]:
    """Where the oldest items without a story belong, at most `BATCH` of them; empty when none is left.

    With an embedder, items wait until their vectors are there; with `None`, words decide.
    """
    with database.read() as session:
        batch = stories.unplaced(session, limit=BATCH, stages=ripe(embedder_slug))
        if not batch:
            return []
        span = {"since": batch[0].published - WINDOW, "until": batch[-1].published + WINDOW}
        window = stories.placed(session, **span, limit=WINDOW_ITEMS)
        everything = _placed(session, [*window, *batch], embedder_slug)
    return grouped(everything, len(window))


def ripe(embedder_slug: str | None) -> tuple[Stage, ...] | None:
    """The stages in which an item can be placed, with an embedder or by words; `None` for all."""
    return None if embedder_slug is None else (Stage.EMBEDDED, Stage.INDEXED)


def _placed(session: Session, told: Sequence[stories.Told], embedder_slug: str | None) -> list[Placed]:
    found = vectors.lead_vectors(session, [one.item_id for one in told], embedder_slug) if embedder_slug else {}
    return [Placed(_telling(one, found.get(one.item_id)), one.story_id) for one in told]


def _telling(told: stories.Told, vector: bytes | None) -> Telling:
    return Telling(
        item_id=told.item_id,
        kind=told.kind,
        published=told.published,
        title=told.title,
        text=told.text,
        url=told.url,
        links=frozenset(canonical(link) for link in told.links) - {told.url, ""},
        vector=None if vector is None else np.frombuffer(vector, dtype="<f4"),
    )
