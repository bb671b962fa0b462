"""How somebody usually writes, from texts of theirs: what an unseen one by the same hand most likely looks like.

Pure functions of texts, without rows, contexts and beliefs: the plainest use of the traits, by which others are measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal

from assistant.learning.observing import observe_own
from assistant.learning.own_words import own_words
from assistant.style.piece import People
from assistant.style.trait import Setting

Band = Literal["short", "medium", "long"]

SHORT, MEDIUM = 40, 100
"""Words of a short body, and of one of medium length, at most."""
LEAST_SHARE = 0.5
"""A trait has a habit where so many of the texts that show it agree."""


def habits(texts: Sequence[str], people: People) -> Mapping[str, Setting]:
    """By dimension, what most of these texts have: the most frequent value, or the median of what is measured."""
    values: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    amounts: dict[str, list[float]] = defaultdict(list)
    for text in texts:
        for seen in observe_own(own_words("", text).text, people):
            if seen.amount is not None:
                amounts[seen.dimension].append(seen.amount)
            else:
                values[seen.dimension][seen.value] += seen.strength
    found = {name: Setting(f"{median(seen):g}", median(seen)) for name, seen in amounts.items()}
    for name, weights in values.items():
        value = max(sorted(weights), key=weights.__getitem__)
        if weights[value] >= LEAST_SHARE * sum(weights.values()) or name in ("greeting", "closing", "formality"):
            found[name] = Setting(value)
    return found


def band(words: float) -> Band:
    """Of a body's length in words."""
    return "short" if words <= SHORT else "medium" if words <= MEDIUM else "long"
