"""Whether two items tell of the same thing: the same page, the same text, or the same event in other words.

Pure functions of two `Telling`s. It knows no row, no story and no threshold of time beyond `WINDOW`; `assistant.stories.placing`
decides with it who joins whom.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from assistant.stories.event_weights import WEIGHTS
from assistant.stories.evidence import evidence
from assistant.stories.telling import Rarity, Telling

WINDOW = timedelta(hours=72)
NEAR_DUPLICATE = 0.5
"""Share of three-word runs in common from which two texts are one, edited."""
CONTAINED = 0.85
"""Share of a shorter text's runs from which it is an excerpt of the longer one."""
LEAST_WORDS = 12
"""A shorter text is too short to be called a duplicate by its runs."""
LINKED_CHANCE = 0.1
LINKED_OVERLAP = 0.25
"""Of an article that links to the other one: a link alone may be a mere reference. The latter where nothing has vectors."""
LEAST_MEANING = 0.52
TITLE_WITHOUT_NAMES = 0.35
LEAST_SHARED = 2
"""One word in common is a subject, not an event."""


class Relation(Enum):
    """How two items belong together, from nothing to the same text."""

    NONE = 0
    SAME_EVENT = 1
    """They tell the same event: the later one may say something new."""
    SAME_TEXT = 2
    """One repeats the other: it says nothing new."""


def relation(one: Telling, other: Telling, rarity: Rarity) -> Relation:
    """How two items belong together; the order does not matter."""
    if abs(one.published - other.published) > WINDOW:
        return Relation.NONE
    if is_same_text(one, other):
        return Relation.SAME_TEXT
    if one.page and one.page == other.page:
        return Relation.SAME_EVENT
    linking = [(first, second) for first, second in ((one, other), (other, one)) if second.page in first.pages]
    if any(first.is_chatter for first, _ in linking) or _remark_on_the_same(one, other):
        return Relation.SAME_EVENT
    if linking:
        return Relation.SAME_EVENT if _is_about(one, other, rarity) else Relation.NONE
    if one.kind == other.kind == "paper":
        return Relation.NONE  # two papers on a subject are two works, however alike
    return Relation.SAME_EVENT if _tell_same_event(one, other, rarity) else Relation.NONE


def is_same_text(one: Telling, other: Telling) -> bool:
    """An exact duplicate but for marks and spaces, an edited copy, or an excerpt."""
    if one.identity == other.identity:
        return len(one.words) + len(one.title_words) > 2
    shorter, longer = sorted((one, other), key=lambda telling: len(telling.runs))
    if len(shorter.words) < LEAST_WORDS:
        return bool(shorter.title_words) and shorter.title_words == longer.title_words and not shorter.words
    shared = len(shorter.runs & longer.runs)
    if not shared:
        return False
    union = len(shorter.runs) + len(longer.runs) - shared
    return shared / union >= NEAR_DUPLICATE or shared / len(shorter.runs) >= CONTAINED


def _remark_on_the_same(one: Telling, other: Telling) -> bool:
    """Two remarks on one page, even where the page itself was never read."""
    return one.is_chatter and other.is_chatter and bool(one.pages & other.pages)


def _is_about(one: Telling, other: Telling, rarity: Rarity) -> bool:
    """Whether an article that links to another tells of the same."""
    meaning = _meaning(one, other)
    if meaning is None:
        return rarity.overlap(one.content, other.content) >= LINKED_OVERLAP
    return chance(one, other, meaning, rarity) >= LINKED_CHANCE


def _tell_same_event(one: Telling, other: Telling, rarity: Rarity) -> bool:
    meaning = _meaning(one, other)
    titles = rarity.overlap(one.title_words, other.title_words)
    if meaning is None:
        names = rarity.overlap(one.names, other.names)
        return titles >= 0.5 and names >= 0.5 and len(one.title_words & other.title_words) >= 3
    if meaning < LEAST_MEANING or len(one.content & other.content) < LEAST_SHARED:
        return False
    if not (one.has_spaces and other.has_spaces):
        return titles >= TITLE_WITHOUT_NAMES  # meaning alone joins too much, most of all in languages it does not know
    return chance(one, other, meaning, rarity) >= WEIGHTS.least_chance


def chance(one: Telling, other: Telling, meaning: float, rarity: Rarity) -> float:
    """How likely two articles of near days tell one event, in [0, 1], by what `benchmarks.stories_fit` learned."""
    return WEIGHTS.chance(evidence(one, other, meaning, rarity))


def _meaning(one: Telling, other: Telling) -> float | None:
    if one.vector is None or other.vector is None or len(one.vector) != len(other.vector):
        return None
    return float(one.vector @ other.vector)
