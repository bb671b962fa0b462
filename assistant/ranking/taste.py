"""The user's taste: how likely they want a story, how sure that is, and why, in facts that can be said in words.

It is learned anew from the feedback rows each time, oldest first, so that an undone or erased answer leaves no trace.
Two beliefs: one over the features, and a small one that maps its log-odds to what came true of them (answers are
given for what was chosen, so the raw odds of chosen stories are too high). When a day's answers surprise it, more of
what was learned is let go, so that a change of interest is followed within days. It knows no SQL and no digest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from assistant.ranking.belief import Array, Belief
from assistant.ranking.features import Columns, Interests, Subject
from memory.models import Verb

MEMORY_DAYS = 60.0
"""After so long, 1/e of what an answer taught remains."""
CALIBRATION_DAYS = 20.0
REPLAYED = 1000
"""The newest answers that are replayed; older ones have faded."""
SURPRISE, KEPT_WHEN_SURPRISED = 2.0, 0.6
"""In standard deviations of a group's log loss; at twice as many, the square of it is kept."""
ALIKE = 0.4
"""Cosine from which two stories are said to be alike."""
TELLING_WEIGHT = 0.05
"""A learned log-odds that is worth a reason."""
WEIGHT = {Verb.MORE: 1.0, Verb.KEEP: 1.5, Verb.LESS: 1.0, Verb.DROP: 1.5}
WANTED = frozenset((Verb.MORE, Verb.KEEP))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A word of the user on a story as it stood when they saw it. What has one `digest_id` was said together: of a digest,
    or, below zero, by making a draft."""

    subject: Subject
    verb: Verb
    at: datetime
    digest_id: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A fact that spoke for a story. `kind`: `kept`, `more` (count), `interest`, `source`, `topic`, `author` (name)."""

    kind: str
    name: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """`chance` that the user wants it, calibrated; `hope` is the log-odds it may yet turn out to have (mean plus one
    deviation); `doubt` in [0, 1] is the share of the first uncertainty that remains."""

    chance: float
    hope: float
    doubt: float
    reasons: tuple[Reason, ...]


class Taste:
    """What has been learned so far. `learn` makes it, `judge` asks it; it never changes in between."""

    def __init__(self, columns: Columns, interests: Interests) -> None:
        self._columns = columns
        self._interests = interests
        self._belief = Belief.from_prior(*columns.prior())
        self._calibration = Belief.from_prior(np.array([1.0, 0.0]), np.array([1.0, 0.02]))
        self._liked: list[tuple[Verb, Array]] = []

    @classmethod
    def learn(cls, lessons: Sequence[Lesson], interests: Interests, dimension: int, now: datetime) -> Taste:
        """Replay `lessons`; what time has let fade since the last one fades up to `now`."""
        ordered = sorted(lessons, key=lambda lesson: lesson.at)[-REPLAYED:]
        taste = cls(Columns.of([lesson.subject for lesson in ordered], dimension), interests)
        last: datetime | None = None
        for _, group in groupby(ordered, key=lambda lesson: lesson.digest_id):
            answers = list(group)
            taste._fade(last, answers[-1].at)
            taste._take(answers)
            last = answers[-1].at
        taste._fade(last, now)
        return taste

    def judge(self, subjects: Sequence[Subject]) -> list[Judgement]:
        """One judgement a subject, in order."""
        if not subjects:
            return []
        match, phrases = self._interests.matches(subjects)
        rows = self._columns.rows(subjects, match)
        mean, variance = self._belief.logits(rows)
        first = (rows**2) @ self._belief.prior_variance
        chances = self._calibration.chances(_calibration_rows(mean, variance))
        neighbours = self._alike(subjects)
        return [
            Judgement(
                chance=float(chances[index]),
                hope=float(mean[index] + math.sqrt(variance[index])),
                doubt=float(min(1.0, variance[index] / first[index])),
                reasons=(
                    *neighbours[index],
                    *((Reason("interest", phrases[index]),) if match[index] >= 0.5 else ()),
                    *self._names(subject),
                ),
            )
            for index, subject in enumerate(subjects)
        ]

    def _fade(self, since: datetime | None, until: datetime) -> None:
        if since is not None and until > since:
            days = (until - since).total_seconds() / 86_400
            self._belief.fade(math.exp(-days / MEMORY_DAYS))
            self._calibration.fade(math.exp(-days / CALIBRATION_DAYS))

    def _take(self, answers: Sequence[Lesson]) -> None:
        """Learn a digest's answers: first how right the odds were, then from the answers themselves."""
        subjects = [lesson.subject for lesson in answers]
        wanted = np.array([lesson.verb in WANTED for lesson in answers])
        rows = self._columns.rows(subjects, self._interests.matches(subjects)[0])
        foretold = _calibration_rows(*self._belief.logits(rows))
        surprise = _surprise(self._calibration.chances(foretold), wanted)
        if surprise > SURPRISE:
            self._belief.fade(KEPT_WHEN_SURPRISED ** (2 if surprise > 2 * SURPRISE else 1))
        for row, odds, lesson, is_wanted in zip(rows, foretold, answers, wanted, strict=True):
            self._calibration.observe(odds, bool(is_wanted), 0.5)
            self._belief.observe(row, bool(is_wanted), WEIGHT[lesson.verb])
            if is_wanted and lesson.subject.vector is not None:
                self._liked.append((lesson.verb, lesson.subject.vector.astype(np.float64)))

    def _alike(self, subjects: Sequence[Subject]) -> list[tuple[Reason, ...]]:
        """How many stories like each one the user kept or wanted more of."""
        nothing: list[tuple[Reason, ...]] = [()] * len(subjects)
        if not self._liked:
            return nothing
        verbs = [verb for verb, _ in self._liked]
        liked = np.stack([vector for _, vector in self._liked])
        for index, subject in enumerate(subjects):
            if subject.vector is not None and len(subject.vector) == liked.shape[1]:
                near = np.flatnonzero(liked @ subject.vector >= ALIKE)
                counts = Counter(verbs[position] for position in near)
                nothing[index] = tuple(
                    Reason(verb.value, count=counts[verb]) for verb in (Verb.KEEP, Verb.MORE) if counts[verb]
                )
        return nothing

    def _names(self, subject: Subject) -> tuple[Reason, ...]:
        """The source, topic and author that the answers so far speak for, strongest first."""
        spelling = {name.casefold(): name for name in (*subject.sources, *subject.authors, *subject.topics)}
        weighed = [
            (self._belief.mean[self._columns.named[group, name]] * value, group, name)
            for group, name, value in subject.names()
            if (group, name) in self._columns.named
        ]
        return tuple(
            Reason(group, spelling[name]) for weight, group, name in sorted(weighed, reverse=True)
            if weight >= TELLING_WEIGHT
        )  # fmt: skip


def _calibration_rows(mean: Array, variance: Array) -> Array:
    """(n, 2): the log-odds, shrunk by their uncertainty, and a constant."""
    return np.column_stack([mean / np.sqrt(1.0 + math.pi / 8.0 * variance), np.ones_like(mean)])


def _surprise(chances: Array, wanted: NDArray[np.bool_]) -> float:
    """By how many standard deviations the log loss of these answers is above what the chances led to expect."""
    p = np.clip(chances, 0.02, 0.98)
    loss = -np.log(np.where(wanted, p, 1.0 - p))
    expected = -(p * np.log(p) + (1.0 - p) * np.log(1.0 - p))
    variance = p * (1.0 - p) * np.log(p / (1.0 - p)) ** 2
    return float((loss - expected).sum() / math.sqrt(variance.sum() + 0.3))
