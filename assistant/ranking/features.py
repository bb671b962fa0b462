"""What ranking sees of a story: its lead vector, its words, and plain features with names that a person understands.

The columns are the vector's, the plain ones, one for each source, author and topic that the user answered to most often
(others carry no learned weight, so they need no column), and the words'. It knows no row and no model.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assistant.engine.sentences import STOPWORDS, words
from assistant.ranking.belief import Array
from memory.embed import Rows

PLAIN = ("base", "age", "size", "interest")
GROUPS = ("source", "author", "topic")

PRIOR_MEAN = {"base": -1.3, "age": -0.2, "size": 0.2, "interest": 1.2}
"""Of the log-odds, before they are sharpened: about one story in six is wanted, fresh ones and much told ones a little
more, and what matches an interest in the configuration more likely than not."""
PRIOR_VARIANCE = {"base": 0.3, "age": 0.1, "size": 0.1, "interest": 0.5}
VECTOR_VARIANCE = 2.0
WORDS_VARIANCE = 8.0
"""Words tell more than meaning: of two stories on one field, who wants the one may not want the other. Both were chosen on
simulated readers of AG News."""
NAMED_VARIANCE = 0.15
"""Small, for a name that stands on every item (the only source) would otherwise be a second base."""

MOST_NAMED = 128
"""Names beyond so many were answered to too seldom to teach anything."""
WORD_COLUMNS = 4096
"""Words share columns by their checksum; two that meet in one are too few to matter."""
FEW_WORDS = 9.0
"""As if each story had some more words, squared weights summed, that no other has."""
READ_WORDS = 160
"""Words beyond so many tell little more of what a story is about."""

MATCH_FROM, MATCH_FULL = 0.2, 0.45
"""Cosine of an interest and a story: below the first they have nothing in common, from the second on they match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A story as the ranking sees it at a certain time. `vector` is of unit length, or `None` if there is none."""

    vector: NDArray[np.float32] | None
    title: str
    text: str = ""
    sources: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    age_days: float = 0.0
    size: int = 1

    def names(self) -> Iterable[tuple[str, str, float]]:
        """(group, name, value); the values of a group have length 1 together."""
        for group, names in zip(GROUPS, (self.sources, self.authors, self.topics), strict=True):
            for name in names:
                yield group, name.casefold(), 1.0 / math.sqrt(len(names))

    def words(self) -> dict[str, float]:
        """The words that carry meaning with their weights; those of the title count twice. Together they are of length 1,
        or less where there are so few that one in common says little."""
        said = [*words(self.title) * 2, *words(self.text[: READ_WORDS * 8])][:READ_WORDS]
        counts = Counter(word for word in said if word not in STOPWORDS)
        weights = {word: 1.0 + math.log(count) for word, count in counts.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values()) + FEW_WORDS)
        return {word: weight / length for word, weight in weights.items()}


@dataclass(frozen=True, slots=True)
class Interests:
    """Phrases of the configuration with their vectors, (n, dimension), where an embedder answered."""

    phrases: tuple[str, ...] = ()
    vectors: Rows | None = None
    _words: tuple[frozenset[str], ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        stems = tuple(frozenset(word for word in words(phrase) if word not in STOPWORDS) for phrase in self.phrases)
        object.__setattr__(self, "_words", stems)

    def matches(self, subjects: Sequence[Subject]) -> tuple[Array, list[str]]:
        """How well each subject matches its best phrase, (n,) in [0, 1], and which phrase that is."""
        if not self.phrases:
            return np.zeros(len(subjects)), [""] * len(subjects)
        scores = np.array([self._by_words(subject) for subject in subjects]).reshape(len(subjects), len(self.phrases))
        if self.vectors is not None:
            have = [index for index, subject in enumerate(subjects) if subject.vector is not None]
            if have:
                cosines = np.stack([_vector(subjects[index]) for index in have]) @ self.vectors.T.astype(np.float64)
                near = np.clip((cosines - MATCH_FROM) / (MATCH_FULL - MATCH_FROM), 0.0, 1.0)
                scores[have] = np.maximum(scores[have], near)
        best = scores.argmax(axis=1)
        return scores[np.arange(len(subjects)), best], [self.phrases[index] for index in best]

    def _by_words(self, subject: Subject) -> list[float]:
        """Every word of the phrase in the title says it all, every word somewhere in the text nearly so."""
        title = set(words(subject.title))
        everywhere = title | set(words(subject.text))
        return [1.0 if w and w <= title else 0.8 if w and w <= everywhere else 0.0 for w in self._words]


@dataclass(frozen=True, slots=True)
class Features:
    """Of n stories: `rows` (n, d), each column times the deviation of its weight, so that rows multiplied by rows are a
    kernel; `prior` (n,), the mean log-odds before any answer; `variance` (n,), how far off that may be.

    The prior is wide where much may be learned, and so far down that the chance which comes of it is the expected one.
    """

    rows: Rows
    prior: Array
    variance: Array

    def kernel(self, other: Features) -> Array:
        """(n, m): how much what is learned of one story of `other` says of each of these."""
        return (self.rows @ other.rows.T).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a feature matrix: `dimension` of the vector, the plain ones, `named`, and the words'."""

    dimension: int
    named: dict[tuple[str, str], int]

    @classmethod
    def of(cls, subjects: Sequence[Subject], dimension: int) -> Columns:
        """Columns for what `subjects` name most often."""
        start = dimension + len(PLAIN)
        every = Counter((group, name) for subject in subjects for group, name, _ in subject.names())
        return cls(dimension, {key: start + index for index, (key, _) in enumerate(every.most_common(MOST_NAMED))})

    def features(self, subjects: Sequence[Subject], interest: Array) -> Features:
        """What is seen of `subjects`. `interest` (n,) is what `Interests.matches` gave for them."""
        plain = self.dimension
        named = plain + len(PLAIN)
        start = named + len(self.named)
        rows = np.zeros((len(subjects), start + WORD_COLUMNS), dtype=np.float32)
        for row, subject, match in zip(rows, subjects, interest, strict=True):
            if subject.vector is not None and len(subject.vector) == self.dimension:
                row[:plain] = subject.vector
            age = min(max(subject.age_days, 0.0), 7.0) / 3.0
            row[plain:named] = (1.0, age, math.log2(max(subject.size, 1)), match)
            for group, name, value in subject.names():
                column = self.named.get((group, name))
                if column is not None:
                    row[column] = value
            for word, value in subject.words().items():
                row[start + crc32(word.encode()) % WORD_COLUMNS] += value
        expected = rows[:, plain:named].astype(np.float64) @ np.array([PRIOR_MEAN[name] for name in PLAIN])
        rows[:, :plain] *= math.sqrt(VECTOR_VARIANCE)
        rows[:, plain:named] *= np.sqrt([PRIOR_VARIANCE[name] for name in PLAIN])
        rows[:, named:start] *= math.sqrt(NAMED_VARIANCE)
        rows[:, start:] *= math.sqrt(WORDS_VARIANCE)
        variance = np.einsum("nd,nd->n", rows, rows).astype(np.float64)
        return Features(rows, expected * np.sqrt(1.0 + math.pi / 8.0 * variance), variance)


def _vector(subject: Subject) -> Array:
    assert subject.vector is not None
    return subject.vector.astype(np.float64)
