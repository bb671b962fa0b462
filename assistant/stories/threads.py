"""Which messages of a channel are one conversation, where nobody made a thread: from time, speakers, names, words, meaning.

Messages that follow each other at once are a burst. Each burst joins a conversation that is still alive, or begins one, by
a logistic model whose weights (`assistant.stories.thread_weights`) were fitted once on the first half of a real channel's
year by `benchmarks.threads`. Pure: it knows no row and no source. Called by `assistant.digest.missed`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assistant.engine.sentences import STOPWORDS, words
from assistant.stories.thread_weights import WITH_MEANING, WITHOUT_MEANING, Weights

BURST_MIN = 3.0
"""Messages that are no further apart are one burst."""
ALIVE_MIN = 36 * 60.0
"""A conversation that was silent for longer is over."""
MOST_ALIVE = 8
COMPARED = 30
"""So many messages of either side are compared by meaning."""
_COMMON_GROUND = 20
_QUESTION = re.compile(r"\?(?:\s|$|[)\"'”])")
_OPENING = frozenset("hi hello hey anyone anybody morning question hallo moin bonjour salut hola buenas".split())  # noqa: SIM905
_REPLYING = frozenset(
    """
    yes yeah yep no nope ok okay thanks thank thx ah oh right sure true cool nice great exactly sorry but and so because
    haha lol hm hmm ja nein doch danke genau oui non merci gracias vale claro
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A message. `mentions` are names as `speaker` gives them; `vector` is of unit length, where there is one."""

    at: datetime
    speaker: str
    text: str
    mentions: frozenset[str] = frozenset()
    vector: NDArray[np.float32] | None = field(default=None, repr=False)


def grouped(messages: Sequence[Said], weights: Weights | None = None) -> list[int]:
    """The number of the conversation that each message is in, counted from 0 in the order in which they begin.

    `messages` are one channel's, in the order of time. Without vectors for all of them, words alone decide.
    """
    heard = [_Heard(one) for one in messages]
    if weights is None:
        weights = WITH_MEANING if all(one.vector is not None for one in heard) else WITHOUT_MEANING
    channel = _Channel(heard)
    found: list[int] = []
    for burst in bursts(heard):
        choices = channel.alive_at(burst)
        chances = [weights.chance(channel.features(burst, place, one)) for place, one in enumerate(choices)]
        best = max(range(len(choices)), key=lambda place: chances[place], default=None)
        joined = choices[best] if best is not None and chances[best] >= weights.least_chance else None
        found += [channel.put(burst, joined)] * len(burst.heard)
    return found


class _Heard:
    """A message with what is compared of it. Minutes are counted from no particular moment."""

    def __init__(self, said: Said) -> None:
        self.minute = said.at.timestamp() / 60
        self.speaker = said.speaker.casefold()
        self.mentions = frozenset(name.casefold() for name in said.mentions) - {self.speaker}
        self.vector = said.vector
        every = words(said.text[:2000])
        self.words = frozenset(word for word in every if word not in STOPWORDS and len(word) > 1)
        self.is_question = bool(_QUESTION.search(said.text))
        self.opens = bool(_OPENING.intersection(every[:2]))
        self.replies = bool(_REPLYING.intersection(every[:1]))


class Burst:
    """Messages that follow each other at once, and, as they join it, the conversation they make."""

    def __init__(self, number: int, heard: list[_Heard]) -> None:
        self.number = number
        self.heard = heard

    @cached_property
    def speakers(self) -> Counter[str]:
        return Counter(one.speaker for one in self.heard)

    @cached_property
    def mentions(self) -> frozenset[str]:
        return frozenset().union(*(one.mentions for one in self.heard))

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset().union(*(one.words for one in self.heard))

    @cached_property
    def vectors(self) -> NDArray[np.float32] | None:
        """(n, dimension), of its last messages."""
        rows = [one.vector for one in self.heard[-COMPARED:] if one.vector is not None]
        return np.stack(rows) if rows else None

    @property
    def end(self) -> float:
        return self.heard[-1].minute


def bursts(heard: Sequence[_Heard]) -> Iterator[Burst]:
    """Cut wherever nobody spoke for `BURST_MIN`."""
    start = 0
    for place in range(1, len(heard) + 1):
        if place == len(heard) or heard[place].minute - heard[place - 1].minute > BURST_MIN:
            yield Burst(-1, list(heard[start:place]))
            start = place


class _Channel:
    """The conversations so far, and how telling a word is in this channel."""

    def __init__(self, heard: Sequence[_Heard]) -> None:
        counts = Counter(word for one in heard for word in one.words)
        total = len(heard) + _COMMON_GROUND
        self._rarity = {word: math.log(total / (count + 1)) for word, count in counts.items()}
        self._alive: list[Burst] = []
        self._begun = 0
        self._said = 0
        self._said_at_end: dict[int, int] = {}

    def alive_at(self, burst: Burst) -> list[Burst]:
        """The conversations that `burst` may belong to, the latest first."""
        start = burst.heard[0].minute
        self._alive = [one for one in self._alive if start - one.end <= ALIVE_MIN][-MOST_ALIVE:]
        return self._alive[::-1]

    def put(self, burst: Burst, into: Burst | None) -> int:
        """Make it part of a conversation, of a new one for None; the number of that."""
        if into is None:
            joined = Burst(self._begun, burst.heard)
            self._begun += 1
        else:
            self._alive.remove(into)
            joined = Burst(into.number, [*into.heard, *burst.heard])
        self._alive.append(joined)
        self._said += len(burst.heard)
        self._said_at_end[joined.number] = self._said
        return joined.number

    def features(self, burst: Burst, place: int, to: Burst) -> tuple[float, ...]:
        """What speaks for and against `burst` being part of the conversation `to`, which is the `place`-th latest."""
        first, last = burst.heard[0], to.heard[-1]
        gap = math.log1p(max(first.minute - last.minute, 0.0))
        shared = burst.speakers.keys() & to.speakers.keys()
        nearest, centre, mean = _meanings(burst.vectors, to.vectors)
        return (
            gap,
            *(max(0.0, gap - math.log1p(minutes)) for minutes in (30, 120, 480)),
            math.log1p(place),
            float(place == 0),
            math.log1p(self._said - self._said_at_end[to.number]),
            len(shared) / len(burst.speakers),
            float(bool(shared)),
            sum(burst.speakers[name] for name in shared) / len(burst.heard),
            float(first.speaker in to.speakers),
            float(bool(burst.mentions & to.speakers.keys())),
            float(bool(to.mentions & burst.speakers.keys())),
            float(bool(first.mentions & to.speakers.keys())),
            float(bool(first.mentions) and not first.mentions & to.speakers.keys()),
            float(first.is_question),
            float(first.opens),
            float(first.replies),
            float(last.is_question),
            float(len(to.speakers) == 1),
            float(len(burst.heard) == 1),
            centre,
            nearest,
            mean,
            self._overlap(burst.words, to.words),
            math.log1p(self._weight(burst.words & to.words)),
            math.log1p(len(to.heard)),
            math.log1p(len(burst.heard)),
        )

    def _overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        """The weight of the words in common over the geometric mean of both, in [0, 1]."""
        both = self._weight(one) * self._weight(other)
        return self._weight(one & other) / math.sqrt(both) if both > 0 else 0.0

    def _weight(self, found: frozenset[str]) -> float:
        return sum(self._rarity.get(word, 0.0) for word in found)


def _meanings(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> tuple[float, float, float]:
    """Cosines between the messages of both: the greatest, that of the centres, the mean; 0 without vectors."""
    if one is None or other is None:
        return 0.0, 0.0, 0.0
    cosines = one @ other.T
    centres = one.sum(axis=0), other.sum(axis=0)
    norm = float(np.linalg.norm(centres[0]) * np.linalg.norm(centres[1]))
    return float(cosines.max()), float(centres[0] @ centres[1]) / max(norm, 1e-6), float(cosines.mean())
