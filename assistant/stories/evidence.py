"""What speaks for and against two items telling one event, as numbers; the model that weighs them is beside it.

Pure. It knows no row, no story and no threshold: `assistant.stories.sameness` decides, with the weights of
`assistant.stories.event_weights`, and `benchmarks.stories_fit` learns those.
"""

from __future__ import annotations

import math

from assistant.stories.quantities import agreeing, values
from assistant.stories.telling import Rarity, Telling

LEAST_LENGTH = 12
"""Texts count as no shorter, in words."""
MOST_AGREEING = 2
A_WEEK = 7

NAMES = (
    "meaning",
    "crowd",
    "meaning above the crowd's, of long texts",
    "content",
    "what happens",
    "names that one title alone has",
    "names of a title that both tell",
    "words in common",
    "quantities in common",
    "no number in common",
    "same weekday",
    "other weekday",
)
"""What `evidence` gives, in its order."""


def evidence(one: Telling, other: Telling, meaning: float, rarity: Rarity) -> tuple[float, ...]:
    """The numbers that `NAMES` says; the order of the two does not matter. `meaning` is the cosine of their vectors."""
    names = one.name_stems | other.name_stems
    shared = one.content & other.content
    length = math.log1p(max(min(len(one.words), len(other.words)), LEAST_LENGTH))
    crowd = (one.crowd + other.crowd) / 2
    names_of = one.title_content & names, other.title_content & names
    lacking = min(rarity.weight(names_of[0] - other.content), rarity.weight(names_of[1] - one.content))
    numbers = values(one.quantities), values(other.quantities)
    apart = _days_apart(one.weekdays, other.weekdays)
    return (
        meaning,
        crowd,
        (meaning - crowd) * (length - 3.5),
        _union(rarity, one.content, other.content),
        _cosine(rarity, one.opening - names, other.opening - names),
        math.log1p(lacking),
        rarity.weight((names_of[0] & other.told) | (names_of[1] & one.told)) / 10,
        math.log1p(len(shared)),
        float(min(agreeing(one.quantities, other.quantities), MOST_AGREEING)),
        float(all(numbers) and not numbers[0] & numbers[1]),
        float(apart == 0),
        float(apart is not None and apart >= 2),
    )


def _union(rarity: Rarity, one: frozenset[str], other: frozenset[str]) -> float:
    """The weight in common over all: in [0, 1]."""
    every = rarity.weight(one | other)
    return rarity.weight(one & other) / every if every > 0 else 0.0


def _cosine(rarity: Rarity, one: frozenset[str], other: frozenset[str]) -> float:
    """The weight in common over the geometric mean of both: in [0, 1]."""
    both = rarity.weight(one) * rarity.weight(other)
    return rarity.weight(one & other) / math.sqrt(both) if both > 0 else 0.0


def _days_apart(one: frozenset[int], other: frozenset[int]) -> int | None:
    """How far the nearest weekdays that they name are apart; None where one names none."""
    return min((min((a - b) % A_WEEK, (b - a) % A_WEEK) for a in one for b in other), default=None)
