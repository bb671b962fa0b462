"""Whether two items tell of the same thing: the same page, the same text, or the same event in other words.

Pure functions of two `Telling`s. It knows no row, no story and no threshold of time beyond `WINDOW`; `assistant.stories.placing`
decides with it who joins whom.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from itertools import chain, pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assistant.engine.sentences import STOPWORDS, is_unspaced, words
from assistant.stories.pages import page_of, papers_told

WINDOW = timedelta(hours=72)
NEAR_DUPLICATE = 0.5
"""Share of three-word runs in common from which two texts are one, edited."""
CONTAINED = 0.85
"""Share of a shorter text's runs from which it is an excerpt of the longer one."""
LEAST_WORDS = 12
"""A shorter text is too short to be called a duplicate by its runs."""
SAME_EVENT = 0.31
LINKED_EVENT = 0.05
"""Of an article that links to the other one: a link alone may be a mere reference."""
LEAST_MEANING = 0.52
TITLE_WITHOUT_NAMES = 0.35
CHATTER = frozenset(("post", "message", "mail"))
MOST_LINKS = 3
"""What links to more pages is a list of links; each of them says little of it."""
LEAST_SHARED = 2
"""One word in common is a subject, not an event."""
LEAD_WORDS = 120
"""So many words tell what a text is about."""
COMPARED_WORDS = 400
SKETCH = 6
COMMON_GROUND = 50
"""Words are weighed as if there were so many more items without them, so that among few items none is worthless."""

_NAME = re.compile(r"(?<![.!?:\"“”'‘’\n])[ \t]((?:[A-ZÄÖÜÉÀÇÑ][\w’'-]+)|\d[\d.,]*\d)")
_DAYS_AND_MONTHS = """
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december montag dienstag mittwoch donnerstag freitag samstag sonntag
"""
_CALENDAR = frozenset(_DAYS_AND_MONTHS.split())
_ENDINGS = ("'s", "’s", "ing", "ed", "es", "s")


class Relation(Enum):
    """How two items belong together, from nothing to the same text."""

    NONE = 0
    SAME_EVENT = 1
    """They tell the same event: the later one may say something new."""
    SAME_TEXT = 2
    """One repeats the other: it says nothing new."""


@dataclass
class Telling:
    """What is compared of an item. `vector` is its lead chunk's, of unit length."""

    item_id: int
    kind: str
    published: datetime
    title: str
    text: str
    url: str = ""
    """The canonical one."""
    links: frozenset[str] = frozenset()
    """Canonical URLs that it links to."""
    vector: NDArray[np.float32] | None = field(default=None, repr=False)

    @cached_property
    def words(self) -> list[str]:
        return words(self.text[: COMPARED_WORDS * 6])[:COMPARED_WORDS]

    @cached_property
    def title_words(self) -> frozenset[str]:
        """The words of the title that carry meaning; of scripts without spaces, pairs of characters."""
        every = words(self.title)
        pairs = {one + two for one, two in pairwise(every) if is_unspaced(one) and is_unspaced(two)}
        return frozenset(word for word in every if word not in STOPWORDS and not is_unspaced(word)) | pairs

    @cached_property
    def names(self) -> frozenset[str]:
        """Capitalised words within sentences, and numbers: who, where, how many."""
        found = (match[1].casefold() for match in _NAME.finditer(f" {self.text[:2500]}"))
        return frozenset(name for name in found if name not in STOPWORDS and name not in _CALENDAR)

    @cached_property
    def content(self) -> frozenset[str]:
        """The words of title and lead that carry meaning, without their endings."""
        return self.title_content | {_stem(word) for word in self.words[:LEAD_WORDS] if word not in STOPWORDS}

    @cached_property
    def title_content(self) -> frozenset[str]:
        return frozenset(_stem(word) for word in words(self.title) if word not in STOPWORDS)

    @property
    def has_spaces(self) -> bool:
        """Whether its script sets words apart."""
        return not is_unspaced((self.words or words(self.title) or [""])[0])

    @cached_property
    def page(self) -> str:
        """What it is itself, where it has an address of its own."""
        return page_of(self.url)

    @cached_property
    def pages(self) -> frozenset[str]:
        """The pages that it links to and the papers that it names, without itself."""
        return frozenset((*map(page_of, self.links), *papers_told(f"{self.title} {self.text}"))) - {"", self.page}

    @property
    def is_chatter(self) -> bool:
        """Whether it is a remark on what it links to, rather than a text of its own."""
        return self.kind in CHATTER and 1 <= len(self.pages) <= MOST_LINKS

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Every three words in a row of the text."""
        return frozenset(zip(self.words, self.words[1:], self.words[2:], strict=False))

    @cached_property
    def sketch(self) -> list[int]:
        """A few runs that copies of a text most likely have in common: those with the least checksums."""
        return sorted({crc32(" ".join(run).encode()) for run in self.runs})[:SKETCH]

    @cached_property
    def identity(self) -> str:
        """The words of title and text alone: equal for texts that differ in marks and spaces only."""
        return " ".join(chain(words(self.title), ("",), self.words))


class Rarity:
    """How telling a name or a title's word is among the items at hand: the rarer, the more."""

    def __init__(self, tellings: Iterable[Telling]) -> None:
        self._counts: Counter[str] = Counter()
        self._total = 0
        for telling in tellings:
            self._counts.update(telling.names | telling.title_words | telling.content)
            self._total += 1

    def overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        """The weight they share, over the lighter one's: in [0, 1]."""
        least = min(self._weight(one), self._weight(other))
        return self._weight(one & other) / least if least > 0 else 0.0

    def covered(self, one: frozenset[str], other: frozenset[str]) -> float:
        """How much of the weight of `one` stands in `other`: in [0, 1]."""
        weight = self._weight(one)
        return self._weight(one & other) / weight if weight > 0 else 0.0

    def _weight(self, words_: frozenset[str]) -> float:
        return sum(math.log((self._total + COMMON_GROUND) / (self._counts[word] + 1)) for word in words_)


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
        return Relation.SAME_EVENT if _alike(one, other, rarity) >= LINKED_EVENT else Relation.NONE
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
    return _alike(one, other, rarity) >= SAME_EVENT


def _alike(one: Telling, other: Telling, rarity: Rarity) -> float:
    """How much of the rarer words of the one the other tells, raised by meaning, shared names and a title that the other
    text tells, lowered by the time between; from `SAME_EVENT` on they tell the same event. Long texts have words in
    common anyhow.

    Weights and threshold were chosen on the choosing half of `benchmarks.stories`.
    """
    gap = abs(one.published - other.published) / WINDOW
    meaning = _meaning(one, other)
    titles = min(rarity.covered(one.title_content, other.content), rarity.covered(other.title_content, one.content))
    length = math.log1p(max(min(len(one.words), len(other.words)), LEAST_WORDS))
    return (
        rarity.overlap(one.content, other.content)
        + 0.6 * ((0.5 if meaning is None else meaning) - 0.7)
        + 0.08 * rarity.overlap(one.names, other.names)
        + 0.15 * titles
        - 0.1 * (length - 3.5)
        - 0.05 * gap
    )


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def _meaning(one: Telling, other: Telling) -> float | None:
    if one.vector is None or other.vector is None or len(one.vector) != len(other.vector):
        return None
    return float(one.vector @ other.vector)
