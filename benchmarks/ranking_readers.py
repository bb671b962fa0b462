"""Simulated readers over labelled news: what each of them wants, which texts come on which day, what they answer.

An interest is a topic of the labels narrowed to a sub-topic (a cluster of its texts by their words) or to a term. It is
made of words alone, with no embedding, and it is exact: a text of the same topic beside it is not wanted. The stream
is dealt so that each interest is 5 to 15% of it while it lasts. It knows nothing of the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from benchmarks.news import News

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
A_DAY, DAYS, CHANGE_AFTER = 60, 18, 10
LEAST_SHARE, MOST_SHARE = 0.05, 0.15
WRONG = 0.1
LEAST_TEXTS = 34
"""Of an interest: enough for `LEAST_SHARE` of the first days, with some left over."""
CLUSTERS, CLEAREST, DIMENSIONS = 7, 4, 50
"""A topic is cut into so many clusters in a space of so many dimensions; those whose texts are most alike are taken."""
TERMS, TERM_LIFT = 5, 6.0
"""The most frequent terms of a topic that are so much more frequent in it than outside."""
READ = 400
"""Characters of a text in which its term stands: a term that is named in passing further down is no interest."""


@dataclass(frozen=True)
class Interest:
    """What a reader wants: `wanted` (n,) over the texts of the corpus. `kind` is `sub-topic` or `term`."""

    kind: str
    topic: str
    wanted: Flags


@dataclass(frozen=True)
class Reader:
    """`days` (DAYS, A_DAY) are texts, none twice; `wrong` (n,) marks those to which the answer is the other way round."""

    first: Interest
    second: Interest
    days: Places
    wrong: Flags

    def wanted(self, day: int) -> Flags:
        """(A_DAY,): which texts of `day`, counted from 0, this reader truly wants."""
        interest = self.first if day < CHANGE_AFTER else self.second
        wanted: Flags = interest.wanted[self.days[day]]
        return wanted

    def answers(self, day: int) -> Flags:
        """(A_DAY,): what the reader says, or would say, to each text of `day`."""
        said: Flags = self.wanted(day) ^ self.wrong[self.days[day]]
        return said


def interests(news: News) -> list[Interest]:
    """Every interest that the corpus offers."""
    told = [f"{title} {text}" for title, text in zip(news.titles, news.texts, strict=True)]
    shape = {"stop_words": "english", "min_df": 5, "max_df": 0.3, "token_pattern": r"[A-Za-z]{3,}"}
    words = TfidfVectorizer(sublinear_tf=True, **shape).fit_transform(told).tocsr()
    openings = TfidfVectorizer(**shape).fit_transform([one[:READ] for one in told]).tocsr() > 0
    found: list[Interest] = []
    for topic in sorted(set(news.labels)):
        inside = news.labels == topic
        for kind, parts in (("sub-topic", _sub_topics(words, inside)), ("term", _terms(openings, inside))):
            found += [Interest(kind, topic, wanted) for wanted in parts if _is_fit(wanted)]
    return found


def _is_fit(wanted: Flags) -> bool:
    return LEAST_TEXTS <= int(wanted.sum()) <= MOST_SHARE * len(wanted)


def _sub_topics(words: Any, inside: Flags) -> Iterator[Flags]:
    """`words` is a sparse matrix (n, terms), as is that of `_terms`."""
    places = np.flatnonzero(inside)
    space = normalize(TruncatedSVD(DIMENSIONS, random_state=0).fit_transform(words[places]))
    model = KMeans(CLUSTERS, n_init=10, random_state=0).fit(space)
    middles = normalize(model.cluster_centers_)
    likeness = [float((space[model.labels_ == one] @ middles[one]).mean()) for one in range(CLUSTERS)]
    for one in np.argsort(likeness)[::-1][:CLEAREST]:
        yield _flags(places[model.labels_ == one], len(inside))


def _terms(has: Any, inside: Flags) -> Iterator[Flags]:
    within = np.asarray(has[np.flatnonzero(inside)].sum(axis=0)).ravel()
    outside = np.asarray(has[np.flatnonzero(~inside)].sum(axis=0)).ravel()
    lift = (within / inside.sum()) / ((outside + 1) / (~inside).sum())
    for term in [term for term in np.argsort(-within, kind="stable") if lift[term] >= TERM_LIFT][:TERMS]:
        yield np.asarray(has[:, [term]].todense()).ravel() & inside


def _flags(places: Places, total: int) -> Flags:
    flags = np.zeros(total, dtype=bool)
    flags[places] = True
    return flags


def readers(news: News, count: int, seed: int) -> list[Reader]:
    """Readers whose second interest is of another topic; half have a sub-topic first, half a term."""
    every = interests(news)
    random = np.random.default_rng(seed)
    made: list[Reader] = []
    for number in range(count):
        kind = ("sub-topic", "term")[number % 2]
        first = _one(random, [one for one in every if one.kind == kind])
        second = _one(random, [one for one in every if one.topic != first.topic])
        days = _dealt(random, first.wanted, second.wanted)
        made.append(Reader(first, second, days, random.random(len(news.texts)) < WRONG))
    return made


def _one(random: np.random.Generator, among: list[Interest]) -> Interest:
    return among[int(random.integers(len(among)))]


def _dealt(random: np.random.Generator, first: Flags, second: Flags) -> Places:
    """(DAYS, A_DAY): texts in which `first` has its share until the change, and `second` after it.

    A text of the interest that is not the reader's comes as often as the corpus has it, as far as there are enough.
    """
    left = random.permutation(len(first))
    early, late = CHANGE_AFTER * A_DAY, (DAYS - CHANGE_AFTER) * A_DAY
    mine, others = left[first[left]], left[~first[left]]
    theirs, rest = others[second[others]], others[~second[others]]
    one = _share(random, len(mine), early)
    kept = _share(random, len(theirs), late)
    other = min(len(theirs) - kept, round(second.mean() * early))
    before = np.concatenate([mine[:one], theirs[:other], rest[: early - one - other]])
    rest = np.concatenate([rest[early - one - other :], mine[one:]])
    after = np.concatenate([theirs[other : other + kept], random.permutation(rest)[: late - kept]])
    return np.concatenate([random.permutation(before), random.permutation(after)]).reshape(DAYS, A_DAY)


def _share(random: np.random.Generator, at_hand: int, of: int) -> int:
    """How many texts of an interest come: between the least and the most share, as far as there are enough."""
    return min(at_hand, int(random.uniform(LEAST_SHARE, MOST_SHARE) * of))
