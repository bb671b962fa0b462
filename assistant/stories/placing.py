"""Stories: items about the same event, across sources and within 72 hours, told once.

A new item joins the story of the item it is most closely related to, or starts its own. What repeats a text joins
without moving the story; what tells more of the event moves it, a new version of a known text too, so that a digest
can say what is new. Candidates are found cheaply (same page, same text, a link, near in meaning) and then compared in full by `assistant.stories.sameness`.
It works without vectors, by words alone. `assistant.ingest.indexing` calls `place` after each round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, combinations

import numpy as np
from sqlmodel import Session

from assistant.engine.sentences import words
from assistant.stories.revision import added
from assistant.stories.sameness import WINDOW, Relation, relation
from assistant.stories.telling import Rarity, Telling, crowd_of
from connectors.reading.links import canonical
from memory.models import Stage
from memory.store import stories, vectors

BATCH = 500
AT_ONCE = 64
"""So many rows are compared with all in one product of matrices."""
WINDOW_ITEMS = 4000
"""At most so many placed items are compared with, the newest first."""
NEAREST = 12
"""So many of the items nearest in meaning, above `NEAR`, are compared in full."""
NEAR = 0.5
OPENING = 8
"""Texts that begin with the same so many words are compared in full."""
SAMPLE = 300
"""Of so many items it is learned which names are common."""


@dataclass(slots=True)
class Placed:
    """A telling and the story it is in, if any yet."""

    telling: Telling
    story_id: int | None


def place(session: Session, *, embedder_slug: str | None, now: datetime) -> int:
    """Put every item that has no story into one, the oldest first; returns how many were placed.

    With an embedder, items wait until their vectors are there; with `None`, words decide. A new version of an item that
    has its story moves it where it says more. The caller commits.
    """
    stages = None if embedder_slug is None else (Stage.EMBEDDED, Stage.INDEXED)
    _move_revised(session, (Stage.STORED, Stage.CHUNKED) if embedder_slug is None else (Stage.EMBEDDED,))
    placed = 0
    while batch := stories.unplaced(session, limit=BATCH, stages=stages):
        span = {"since": batch[0].published - WINDOW, "until": batch[-1].published + WINDOW}
        window = stories.placed(session, **span, limit=WINDOW_ITEMS)
        everything = _placed(session, [*window, *batch], embedder_slug)
        _place_batch(session, everything, len(window), now)
        placed += len(batch)
    return placed


def _move_revised(session: Session, stages: Collection[Stage]) -> None:
    """Move the stories of rewritten texts. The instant is that of their arrival, so that twice is once."""
    for revision in stories.revisions(session, stages):
        if added(revision.before, revision.after):
            stories.move(session, revision.story_id, revision.seen_at)


def _place_batch(session: Session, everything: Sequence[Placed], first: int, now: datetime) -> None:
    """Place `everything[first:]`, each beside what was placed before it."""
    candidates = Candidates(everything)
    rarity = Rarity(one.telling for one in everything[-SAMPLE:])
    joined: defaultdict[tuple[int, bool], list[int]] = defaultdict(list)
    for index in range(first, len(everything)):
        one = everything[index]
        near = [other for other in candidates.of(index) if other.story_id is not None]
        kin, how = _closest(one.telling, near, rarity)
        one.story_id = kin.story_id if kin else _start(session, one.telling)
        assert one.story_id is not None
        joined[one.story_id, how is Relation.SAME_EVENT].append(one.telling.item_id)
    for (story_id, has_moved), item_ids in joined.items():
        stories.join(session, story_id, item_ids, moved_at=now if has_moved else None)


def _start(session: Session, telling: Telling) -> int:
    story = stories.create(session, telling.title or telling.text[:80], telling.published)
    assert story.id is not None
    return story.id


def _closest(telling: Telling, others: Sequence[Placed], rarity: Rarity) -> tuple[Placed | None, Relation]:
    """The item it is most closely related to; of equals, the first in the order of the candidates."""
    best: Placed | None = None
    how = Relation.NONE
    for other in others:
        found = relation(telling, other.telling, rarity)
        if found.value > how.value:
            best, how = other, found
        if how is Relation.SAME_TEXT:
            break
    return best, how


class Candidates:
    """Which items might be related to which, found without comparing all pairs."""

    def __init__(self, everything: Sequence[Placed]) -> None:
        self._everything = everything
        self._by_key: defaultdict[str, list[int]] = defaultdict(list)
        for index, one in enumerate(everything):
            for key in chain(_keys(one.telling), (f"to {page}" for page in one.telling.pages)):
                self._by_key[key].append(index)
        vectors_ = {index: one.telling.vector for index, one in enumerate(everything) if one.telling.vector is not None}
        self._row_of = {index: row for row, index in enumerate(vectors_)}
        self._index_of = list(vectors_)
        self._matrix = np.stack(list(vectors_.values())) if vectors_ else None
        self._nearest: dict[int, list[int]] = {}

    def of(self, index: int) -> list[Placed]:
        """Possible relatives, likeliest first: those that share a key or link here, those it links to, the nearest."""
        telling = self._everything[index].telling
        keys = chain(_keys(telling), [f"to {telling.page}"] if telling.page else [])
        found = dict.fromkeys(other for key in keys for other in self._by_key.get(key, [])[-NEAREST:])
        found.update(
            dict.fromkeys(
                other
                for page in telling.pages
                for key in ("page", "to")
                for other in self._by_key.get(f"{key} {page}", ())
            )
        )
        if index in self._row_of:
            self._look_around(range(index, min(index + AT_ONCE, len(self._everything))))
            found.update(dict.fromkeys(self._nearest[index]))
        found.pop(index, None)
        self._look_around(found)
        return [self._everything[other] for other in found]

    def _look_around(self, indices: Iterable[int]) -> None:
        """Find what is nearest in meaning to these, and let them know how crowded it is there; each once."""
        new = [index for index in indices if index in self._row_of and index not in self._nearest]
        if self._matrix is None or not new:
            return
        rows = [self._row_of[index] for index in new]
        cosines = self._matrix[rows] @ self._matrix.T
        cosines[range(len(rows)), rows] = -1
        near = np.argpartition(-cosines, min(NEAREST, cosines.shape[1] - 1), axis=1)[:, :NEAREST]
        for place, (index, crowd) in enumerate(zip(new, crowd_of(cosines), strict=True)):
            self._everything[index].telling.crowd = float(crowd)
            order = near[place][np.argsort(-cosines[place, near[place]])]
            self._nearest[index] = [self._index_of[row] for row in order if cosines[place, row] >= NEAR]


def _keys(telling: Telling) -> Iterable[str]:
    """What relatives have in common even without vectors: the page, the words of the title, the start of the text."""
    if telling.page:
        yield f"page {telling.page}"
    if telling.title_words:
        yield "title " + " ".join(sorted(telling.title_words))
    yield f"text {' '.join(words(telling.text[: OPENING * 12])[:OPENING])}"
    if telling.vector is None:
        yield from (f"run {run}" for run in telling.sketch)
        yield from (f"pair {one} {two}" for one, two in combinations(sorted(telling.title_words), 2))


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
