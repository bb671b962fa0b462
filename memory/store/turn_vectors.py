"""The vectors of what was said and replied in conversations, a row for each side of a turn.

A side is named by one number, `side_of`. A trigger takes the vectors of a turn away when its words change, see
`memory.lexical`; `assistant.ingest.turns` makes those that are missing, `memory.spoken` reads them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from sqlalchemy import delete
from sqlmodel import Session, col, select

from memory.embed import Ids, Rows, unpack
from memory.models import Turn, TurnVector

LONGEST = 2000
"""Characters of a side that are embedded: an embedder reads no more."""


def side_of(turn_id: int, *, is_reply: bool) -> int:
    return 2 * turn_id + is_reply


def missing(session: Session, embedder: str, limit: int) -> list[tuple[int, str]]:
    """Sides that this embedder has not seen, with their words, the latest first."""
    found: list[tuple[int, str]] = []
    for is_reply, words in ((False, col(Turn.said)), (True, col(Turn.reply))):
        seen = select(TurnVector.turn_id).where(
            TurnVector.turn_id == Turn.id, TurnVector.is_reply == is_reply, TurnVector.embedder == embedder
        )
        chosen = select(Turn.id, words).where(words != "", col(Turn.undone_at).is_(None), ~seen.exists())
        for turn_id, text in session.exec(chosen.order_by(col(Turn.id).desc()).limit(limit)):
            found.append((side_of(turn_id or 0, is_reply=is_reply), text[:LONGEST]))
    return found[:limit]


def is_missing(session: Session) -> bool:
    """Whether there are words that no embedder has seen."""
    seen = select(TurnVector.turn_id).where(TurnVector.turn_id == Turn.id)
    chosen = select(Turn.id).where(Turn.said != "", col(Turn.undone_at).is_(None), ~seen.exists())
    return session.exec(chosen.limit(1)).first() is not None


def put(session: Session, embedder: str, sides: Sequence[tuple[int, bytes]]) -> None:
    """Keep vectors of sides whose turns are still there."""
    alive = set(session.exec(select(Turn.id).where(col(Turn.id).in_({side // 2 for side, _ in sides}))))
    for side, data in sides:
        if side // 2 in alive:
            session.merge(TurnVector(turn_id=side // 2, is_reply=bool(side % 2), embedder=embedder, data=data))
    session.flush()


def remove_others(session: Session, embedder: str) -> None:
    """Delete what other embedders made."""
    session.exec(delete(TurnVector).where(col(TurnVector.embedder) != embedder))


def latest(session: Session, embedder: str, dimension: int, limit: int) -> tuple[Ids, Rows]:
    """The sides of the latest turns and their vectors, (n, dimension)."""
    chosen = select(TurnVector).where(TurnVector.embedder == embedder).order_by(col(TurnVector.turn_id).desc())
    rows = session.exec(chosen.limit(limit)).all()
    sides = np.array([side_of(row.turn_id, is_reply=row.is_reply) for row in rows], dtype=np.int64)
    return sides, unpack([row.data for row in rows], dimension)


def turns_beside(session: Session, turns: Collection[Turn]) -> list[Turn]:
    """These turns and those just before and after each in its conversation, in order."""
    numbers = {number for turn in turns for number in (turn.number - 1, turn.number, turn.number + 1)}
    chosen = select(Turn).where(
        col(Turn.conversation_id).in_({turn.conversation_id for turn in turns}),
        col(Turn.number).in_(numbers),
        col(Turn.undone_at).is_(None),
    )
    return list(session.exec(chosen.order_by(col(Turn.conversation_id), col(Turn.number))))
