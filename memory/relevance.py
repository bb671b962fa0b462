"""How well each passage answers a question: a weighted sum of what its words, its meaning and its place say. Pure numpy.

A passage is a chunk of an item or one side of a turn; it is read together with what stands beside it in its conversation,
because an answer often leaves out what the question before it named. It knows neither rows nor models. `memory.recall`
and `memory.spoken` gather what is weighed here; `benchmarks.recall_quality` measures it and chooses the weights.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from memory import languages
from memory.embed import Rows
from memory.moments import Moment, asks_when, tells_when

Table = NDArray[np.float64]
"""(passages, features), float64, in the order of `FEATURES`."""

FEATURES = (
    "words", "words_around", "meaning", "meaning_around", "speaker", "day", "tells_when", "asks", "length",
)  # fmt: skip
"""`words`: BM25 over the best of the candidates; `words_around`: for each term the best of the passage and the two before
and after it; `meaning`: cosine; `meaning_around`: cosine with the sum of those five; `speaker`: its author is named;
`day`: it is of a time that is named; `tells_when`: when is asked and it tells; `asks`: it ends with a question mark;
`length`: the logarithm of its words, up to `LONG`."""
WEIGHTS: Mapping[str, float] = {
    "words": 1.3, "words_around": 3.3, "meaning": 4.5, "meaning_around": 5.7, "speaker": 1.2, "day": 5.4,
    "tells_when": 2.4, "asks": -1.5, "length": 1.2,
}  # fmt: skip
"""Chosen by `python -m benchmarks.recall_quality` on long conversations; it prints those of the data it is run on."""
HALF = 11.0
"""The sum that is shown as one half: a twentieth of what is best for a question that can be answered is less."""
UNSUPPORTED = 0.35
"""Support under which nothing that was found is an answer: a twentieth of the questions that can be answered have less."""
AROUND = 2
"""Passages on either side that are read along."""
LONG = 20
SHORTEST_NAME = 3

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Passage:
    """What may answer. `around` names what stands beside it, the nearest first; outside conversations nothing does."""

    id: int
    text: str
    authors: tuple[str, ...]
    at: datetime
    around: tuple[int, ...] = ()
    is_spoken: bool = False
    """It belongs to a conversation, in which a name is that of somebody who speaks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, read once. `terms` as full text knows them, `names` of authors that it says, in lower case."""

    words: str
    terms: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    moments: tuple[Moment, ...] = ()
    vector: Rows | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the indexes say of passages: the score of each term in each, and the vectors, by their ids."""

    terms: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    vectors: Mapping[int, Rows] = field(default_factory=dict)


def word_of(term: str) -> str:
    """The word of a term, without the marks of full text."""
    return term.strip('"*')


def vector_of(weights: Mapping[str, float]) -> NDArray[np.float64]:
    """The weights in the order of `FEATURES`."""
    return np.array([weights[name] for name in FEATURES])


def share(weighed: float) -> float:
    """A sum of weights as a number in (0, 1) that keeps their order."""
    return float(1 / (1 + np.exp(HALF - weighed)))


def support(table: Table, weights: NDArray[np.float64]) -> float:
    """Whether whoever the question names said what answers it, in [0, 1]: their share of a softmax over all candidates,
    weighed without regard to who speaks. 1 where the question names nobody who speaks, 0 where nothing was found.

    What others said of the same thing is no answer, however near it is.
    """
    if not len(table):
        return 0.0
    speaker = FEATURES.index("speaker")
    is_named = table[:, speaker] > 0
    if not is_named.any():
        return 1.0
    blind = table @ np.where(np.arange(len(FEATURES)) == speaker, 0.0, weights)
    shares = np.exp(blind - blind.max())
    return float(shares[is_named].sum() / shares.sum())


def names_in(question: str, authors: Collection[str]) -> frozenset[str]:
    """The parts of these people's names that a question says, in lower case: of "will" only what is written as a name."""
    common = languages.common_words("en") | {"may"}
    said = {
        word.lower()
        for number, word in enumerate(_WORD.findall(question))
        if word.lower() not in common or (number and word[0].isupper())
    }
    return frozenset(said & _parts(authors))


def _parts(authors: Collection[str]) -> set[str]:
    return {part.lower() for author in authors for part in _WORD.findall(author) if len(part) >= SHORTEST_NAME}


def without_names(question: str, names: Collection[str]) -> str:
    """The question as it is compared by meaning: who speaks is known by the author, and what is said rarely repeats it."""
    if not names:
        return question
    named = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return " ".join(re.sub(rf"\b(?:{named})\b(?:['’]s)?", " ", question, flags=re.IGNORECASE).split()) or question


def features(asked: Asked, passages: Sequence[Passage], known: Known) -> Table:
    """What each passage has of each of `FEATURES`."""
    if not passages:
        return np.zeros((0, len(FEATURES)))
    ids = list(dict.fromkeys([*(one.id for one in passages), *(at for one in passages for at in one.around)]))
    place = {passage_id: number for number, passage_id in enumerate(ids)}
    own = np.array([place[one.id] for one in passages], dtype=np.int64)
    window = np.array([_window(one, place) for one in passages], dtype=np.int64).reshape(len(passages), 1 + 2 * AROUND)
    said = _said(asked, passages, known, ids)
    table = np.zeros((len(passages), len(FEATURES)))
    words = said[:, own].sum(axis=0)
    best = float(words.max(initial=0.0)) or 1.0
    table[:, 0], table[:, 1] = words / best, said[:, window].max(axis=2, initial=0.0).sum(axis=0) / best
    if asked.vector is not None:
        table[:, 2], table[:, 3] = _meanings(asked.vector, known, ids, own, window)
    table[:, 4] = [bool(asked.names and asked.names & _parts(one.authors)) for one in passages]
    if asked.moments:
        table[:, 5] = [max(moment.fits(one.at.date()) for moment in asked.moments) for one in passages]
    if asks_when(asked.words):
        table[:, 6] = [tells_when(one.text) for one in passages]
    table[:, 7] = [one.text.rstrip().endswith(("?", "？")) for one in passages]
    table[:, 8] = np.log1p([min(len(one.text.split(maxsplit=LONG)), LONG) for one in passages])
    return table


def _window(passage: Passage, place: Mapping[int, int]) -> list[int]:
    """The places of a passage and of what stands beside it; its own again where nothing does."""
    beside = [place[one] for one in passage.around[: 2 * AROUND]]
    return [place[passage.id], *beside, *[place[passage.id]] * (2 * AROUND - len(beside))]


def _said(asked: Asked, passages: Sequence[Passage], known: Known, ids: Sequence[int]) -> Table:
    """(terms, ids): the score of each term. In a conversation the names of those who speak do not count as words."""
    said = np.array([[known.terms.get(term, {}).get(one, 0.0) for one in ids] for term in asked.terms])
    said = said.reshape(len(asked.terms), len(ids))
    names = [number for number, term in enumerate(asked.terms) if word_of(term) in asked.names]
    if names and len(names) < len(asked.terms):
        spoken = {one.id for one in passages if one.is_spoken} | {at for one in passages for at in one.around}
        columns = [number for number, one in enumerate(ids) if one in spoken]
        said[np.ix_(names, columns)] = 0.0
    return said


def _meanings(
    vector: Rows, known: Known, ids: Sequence[int], own: NDArray[np.int64], window: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The cosines of the passages, and of the sums of their windows, in which each counts once. What has no vector has 0."""
    rows = np.stack([known.vectors.get(one, np.zeros_like(vector)) for one in ids]).astype(np.float64)
    if (window == own[:, None]).all():
        alone = rows[own] @ vector
        return alone, alone
    beside = np.where(window[:, 1:] == own[:, None], -1, window[:, 1:])
    padded = np.vstack([rows, np.zeros((1, rows.shape[1]))])
    sums = rows[own] + padded[beside].sum(axis=1)
    lengths = np.linalg.norm(sums, axis=1)
    return rows[own] @ vector, (sums @ vector) / np.where(lengths > 0, lengths, 1.0)
