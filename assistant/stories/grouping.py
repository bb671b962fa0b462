"""Which story each new item joins: that of the item it is most closely related to, or one that it begins itself.

Pure: tellings in, stories by number out. Candidates are found cheaply (same page, same text, a link, near in meaning) and
then compared in full by `assistant.stories.sameness`. `assistant.stories.placing` reads and writes around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations

import numpy as np

from assistant.engine.sentences import words
from assistant.stories.sameness import Relation, relation
from assistant.stories.telling import Rarity, Telling, crowd_of

AT_ONCE = 64
"""So many rows are compared with all in one product of matrices."""
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


@dataclass(slots=True)
class Group:
    """Items that join one story, in their order; with `story_id` `None` they are a new one, which the first of them begins."""

    story_id: int | None
    item_ids: list[int] = field(default_factory=list)
    news: set[int] = field(default_factory=set)
    """Those of them that say something new of the event."""


def grouped(everything: Sequence[Placed], first: int) -> list[Group]:
    """Where `everything[first:]` belong, each decided beside what stands before it in the sequence or has its story."""
    candidates = Candidates(everything)
    rarity = Rarity(one.telling for one in everything[-SAMPLE:])
    groups: dict[int, Group] = {}
    for index in range(first, len(everything)):
        one = everything[index]
        kin, how = _closest(
            one.telling, [other for other in candidates.of(index) if other.story_id is not None], rarity
        )
        one.story_id = -index if kin is None else kin.story_id  # below 1: a story that this sequence begins
        assert one.story_id is not None
        group = groups.setdefault(one.story_id, Group(one.story_id if one.story_id > 0 else None))
        group.item_ids.append(one.telling.item_id)
        if how is Relation.SAME_EVENT:
            group.news.add(one.telling.item_id)
    return list(groups.values())


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
