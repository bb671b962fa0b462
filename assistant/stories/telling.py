"""What is compared of an item: its words, names, quantities, weekdays, pages; and how rare a word is among items.

Pure, and worked out once a telling. It knows no threshold. `assistant.stories.sameness` compares two tellings, and
`assistant.stories.evidence` counts what speaks for one event.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain, pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assistant.engine.sentences import STOPWORDS, is_unspaced, words
from assistant.stories.pages import page_of, papers_told
from assistant.stories.quantities import quantities

CHATTER = frozenset(("post", "message", "mail"))
MOST_LINKS = 3
"""What links to more pages is a list of links; each of them says little of it."""
OPENING_WORDS = 60
LEAD_WORDS = 120
"""So many words tell what a text is about."""
COMPARED_WORDS = 400
COUNTED_CHARACTERS = 700
"""So far into a text quantities are those of its event."""
SKETCH = 6
CROWD = range(5, 20)
LEAST_CROWD = 0.3
COMMON_GROUND = 50
"""Words are weighed as if there were so many more items without them, so that among few items none is worthless."""

_NAME = re.compile(r"(?<![.!?:\"“”'‘’\n])[ \t]((?:[A-ZÄÖÜÉÀÇÑ][\w’'-]+)|\d[\d.,]*\d)")
_WEEKDAYS = """
monday montag lundi lunes, tuesday dienstag mardi martes, wednesday mittwoch mercredi miércoles,
thursday donnerstag jeudi jueves, friday freitag vendredi viernes, saturday samstag samedi sábado,
sunday sonntag dimanche domingo
"""
_WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS.split(",")) for name in names.split()}
_MONTHS = """
january february march april may june july august september october november december
"""
_CALENDAR = frozenset((*_WEEKDAY, *_MONTHS.split()))
_ENDINGS = ("'s", "’s", "ing", "ed", "es", "s")


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
    crowd: float = LEAST_CROWD
    """How near in meaning those items are that are near it: see `crowd_of`."""

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
    def name_stems(self) -> frozenset[str]:
        """The names without numbers and endings, as `content` has them."""
        return frozenset(_stem(name) for name in self.names if not name[0].isdigit())

    @cached_property
    def content(self) -> frozenset[str]:
        """The words of title and lead that carry meaning, without their endings."""
        return self.title_content | self._first(LEAD_WORDS)

    @cached_property
    def opening(self) -> frozenset[str]:
        """As `content`, of the first sentences."""
        return self.title_content | self._first(OPENING_WORDS)

    @cached_property
    def title_content(self) -> frozenset[str]:
        return frozenset(_stem(word) for word in words(self.title) if word not in STOPWORDS)

    @cached_property
    def told(self) -> frozenset[str]:
        """As `content`, of all that is compared of it."""
        return self.title_content | frozenset(self._stems)

    @cached_property
    def _stems(self) -> list[str]:
        return [_stem(word) for word in self.words]

    def _first(self, count: int) -> set[str]:
        """What carries meaning of the first so many words."""
        both = zip(self.words[:count], self._stems, strict=False)
        return {stem for word, stem in both if word not in STOPWORDS}

    @cached_property
    def quantities(self) -> dict[str, frozenset[str]]:
        """The values that it gives, by their unit."""
        return quantities(f"{self.title} . {self.text[:COUNTED_CHARACTERS]}")

    @cached_property
    def weekdays(self) -> frozenset[int]:
        """The weekdays that it names, Monday is 0."""
        found = (_WEEKDAY.get(word) for word in self.words[:LEAD_WORDS])
        return frozenset(day for day in found if day is not None)

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


def crowd_of(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """(m,) from (m, n): how near the 6th to the 20th of n items are to each of m, at least `LEAST_CROWD`.

    Where much is told of a subject, likeness says little. The very nearest are left out: they may be the same event.
    The cosine of an item with itself is to be -1.
    """
    nearest = (
        -np.sort(np.partition(-cosines, CROWD.stop - 1, axis=1)[:, : CROWD.stop], axis=1)
        if (cosines.shape[1] > CROWD.stop)
        else -np.sort(-cosines, axis=1)
    )
    around = np.full((len(cosines), CROWD.stop - CROWD.start), LEAST_CROWD, dtype=np.float32)
    found = nearest[:, CROWD.start : CROWD.stop]
    around[:, : found.shape[1]] = np.maximum(found, LEAST_CROWD)
    return np.asarray(around.mean(axis=1))


class Rarity:
    """How telling a name or a title's word is among the items at hand: the rarer, the more."""

    def __init__(self, tellings: Iterable[Telling]) -> None:
        counts: Counter[str] = Counter()
        total = COMMON_GROUND
        for telling in tellings:
            counts.update(telling.names | telling.title_words | telling.content)
            total += 1
        self._unseen = math.log(total)
        self._weights = {word: math.log(total / (count + 1)) for word, count in counts.items()}

    def weight(self, found: Iterable[str]) -> float:
        """The weights of words, added; 0 for none."""
        return sum(self._weights.get(word, self._unseen) for word in found)

    def overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        """The weight they share, over the lighter one's: in [0, 1]."""
        least = min(self.weight(one), self.weight(other))
        return self.weight(one & other) / least if least > 0 else 0.0

    def covered(self, one: frozenset[str], other: frozenset[str]) -> float:
        """How much of the weight of `one` stands in `other`: in [0, 1]."""
        weight = self.weight(one)
        return self.weight(one & other) / weight if weight > 0 else 0.0


def _stem(word: str) -> str:
    if word.endswith(_ENDINGS):
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 4:
                return word.removesuffix(ending)
    return word
