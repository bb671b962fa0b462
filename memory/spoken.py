"""Finds what was said and replied in Telos's own conversations, weighed as `memory.recall` weighs items.

A side of a turn is a passage; what stands beside it are the sides before and after. It knows no model: the question comes
with its vector, if there is one. `Recall.spoken` asks, for chat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from memory import lexical, relevance
from memory.embed import Rows
from memory.models import Conversation, Turn
from memory.moments import moments
from memory.relevance import AROUND, FEATURES, Asked, Known, Passage
from memory.store import turn_vectors
from memory.store.turn_vectors import side_of

BY_WORDS, BY_MEANING = 60, 60
"""Turns, and sides, taken from each of the two ways."""
MOST_VECTORS = 8000
"""Sides of the latest turns that are compared by meaning."""


@dataclass(frozen=True, slots=True)
class Said:
    """A turn that answers, with the side of it that does; `cosine` is `None` where no meaning was compared."""

    turn: Turn
    conversation: Conversation
    is_reply: bool
    score: float
    cosine: float | None


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for. `embedder` is the slug under which the vectors of turns are kept."""

    query: str
    vector: Rows | None
    embedder: str
    today: date | None = None


def search(session: Session, sought: Sought, weights: NDArray[np.float64], limit: int) -> list[Said]:
    """The turns that answer best, the best first."""
    vectors = _vectors(session, sought)
    words = [turn_id for turn_id, _ in lexical.search_turns(session, sought.query, BY_WORDS)]
    nearest = [] if sought.vector is None else _nearest(sought.vector, vectors)
    chosen = select(Turn).where(
        col(Turn.id).in_({*words, *(side // 2 for side in nearest)}), col(Turn.undone_at).is_(None)
    )
    found = list(session.exec(chosen))
    if not found:
        return []
    passages = _passages(found, turn_vectors.turns_beside(session, found))
    ids = [side for passage in passages for side in (passage.id, *passage.around)]
    terms = lexical.scores_of_turns(session, lexical.terms(sought.query), {side // 2 for side in ids})
    asked = Asked(
        words=sought.query,
        terms=tuple(terms),
        moments=moments(sought.query, sought.today),
        vector=sought.vector,
    )
    table = relevance.features(asked, passages, Known(terms, vectors))
    return _best(session, sought, found, passages, table, table @ weights)[:limit]


def _vectors(session: Session, sought: Sought) -> Mapping[int, Rows]:
    if sought.vector is None:
        return {}
    sides, rows = turn_vectors.latest(session, sought.embedder, len(sought.vector), MOST_VECTORS)
    return dict(zip(sides.tolist(), rows, strict=True))


def _nearest(vector: Rows, vectors: Mapping[int, Rows]) -> list[int]:
    if not vectors:
        return []
    sides, cosines = list(vectors), np.stack(list(vectors.values())) @ vector
    return [sides[place] for place in np.argsort(-cosines, kind="stable")[:BY_MEANING]]


def _passages(found: Sequence[Turn], beside: Sequence[Turn]) -> list[Passage]:
    """Both sides of each turn that was found, with the sides around them in the same conversation."""
    order = [
        (turn, is_reply)
        for turn in beside
        for is_reply in (False, True)
        if (turn.reply if is_reply else turn.said).strip()
    ]
    wanted = {turn.id for turn in found}
    passages: list[Passage] = []
    for place, (turn, is_reply) in enumerate(order):
        if turn.id not in wanted:
            continue
        around = [
            side_of(other.id or 0, is_reply=is_other_reply)
            for step in range(1, AROUND + 1)
            for at in (place - step, place + step)
            if 0 <= at < len(order)
            for other, is_other_reply in (order[at],)
            if other.conversation_id == turn.conversation_id and abs(other.number - turn.number) <= 1
        ]
        passages.append(
            Passage(
                id=side_of(turn.id or 0, is_reply=is_reply),
                text=turn.reply if is_reply else turn.said,
                authors=(),
                at=turn.asked_at,
                around=tuple(around),
                is_spoken=True,
            )
        )
    return passages


def _best(
    session: Session,
    sought: Sought,
    found: Sequence[Turn],
    passages: Sequence[Passage],
    table: relevance.Table,
    weighed: NDArray[np.float64],
) -> list[Said]:
    """The better side of each turn."""
    turns = {turn.id: turn for turn in found}
    talks = {
        talk.id: talk
        for talk in session.exec(
            select(Conversation).where(col(Conversation.id).in_({turn.conversation_id for turn in found}))
        )
    }
    best: dict[int, Said] = {}
    for place in np.argsort(-weighed, kind="stable").tolist():
        turn_id, is_reply = divmod(passages[place].id, 2)
        turn = turns[turn_id]
        if turn_id not in best:
            cosine = float(table[place, FEATURES.index("meaning")]) if sought.vector is not None else None
            score = relevance.share(float(weighed[place]))
            best[turn_id] = Said(turn, talks[turn.conversation_id], bool(is_reply), score, cosine)
    return list(best.values())
