"""The user's taste: how likely they want a story, how sure that is, and why, in facts that can be said in words.

It is learned anew from the feedback rows each time, oldest first, so that an undone or erased answer leaves no trace.
`eras` believes something of the stories and notices when an interest has changed, `calibration` turns that into what
comes true, `features` says in what stories are alike. It knows no SQL and no digest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from assistant.ranking.belief import Array
from assistant.ranking.calibration import MOST_DAYS, Calibration
from assistant.ranking.eras import Eras
from assistant.ranking.features import NAMED_VARIANCE, Columns, Interests, Subject
from memory.models import Verb

MEMORY_DAYS = 60.0
"""After so long, 1/e of what an answer taught remains."""
REPLAYED = 600
"""The newest answers that are replayed; older ones have faded."""
ALIKE = 0.4
"""Cosine from which two stories are said to be alike."""
TELLING_WEIGHT = 0.05
"""A learned log-odds that is worth a reason."""
WEIGHT = {Verb.MORE: 1.5, Verb.KEEP: 2.0, Verb.LESS: 1.0, Verb.DROP: 2.0}
"""A yes says more than a no: there are more ways not to be wanted."""
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

    def __init__(self, lessons: Sequence[Lesson], interests: Interests, dimension: int, now: datetime) -> None:
        subjects = [lesson.subject for lesson in lessons]
        self._columns = Columns.of(subjects, dimension)
        self._interests = interests
        self._lessons = self._columns.features(subjects, interests.matches(subjects)[0])
        self._kernel = self._lessons.kernel(self._lessons)
        self._eras = Eras(self._kernel, self._lessons.prior)
        self._calibration = Calibration()
        self._now = now
        self._liked = [
            (lesson.verb, lesson.subject.vector.astype(np.float64))
            for lesson in lessons
            if lesson.verb in WANTED and lesson.subject.vector is not None
        ]

    @classmethod
    def learn(cls, lessons: Sequence[Lesson], interests: Interests, dimension: int, now: datetime) -> Taste:
        """Replay `lessons`; what time has let fade since the last one fades up to `now`."""
        ordered = sorted(lessons, key=lambda lesson: lesson.at)[-REPLAYED:]
        taste = cls(ordered, interests, dimension, now)
        last: datetime | None = None
        start = 0
        groups = [list(group) for _, group in groupby(ordered, key=lambda lesson: lesson.digest_id)]
        for number, answers in enumerate(groups, start=1):
            taste._fade(last, answers[-1].at)
            if len(groups) - number < MOST_DAYS:
                taste._compare(start, answers)
            taste._eras.take([one.verb in WANTED for one in answers], [WEIGHT[one.verb] for one in answers])
            start, last = start + len(answers), answers[-1].at
        taste._fade(last, now)
        return taste

    def judge(self, subjects: Sequence[Subject]) -> list[Judgement]:
        """One judgement a subject, in order."""
        if not subjects:
            return []
        match, phrases = self._interests.matches(subjects)
        seen = self._columns.features(subjects, match)
        foretold = self._eras.foretell(seen.kernel(self._lessons), seen.prior, seen.variance)
        chances = self._calibration.chances(foretold.log_odds, self._now)
        learned = self._lessons.rows.T @ self._eras.pull()
        neighbours = self._alike(subjects)
        return [
            Judgement(
                chance=float(chances[index]),
                hope=float(foretold.mean[index] + math.sqrt(foretold.variance[index])),
                doubt=float(min(1.0, foretold.variance[index] / seen.variance[index])),
                reasons=(
                    *neighbours[index],
                    *((Reason("interest", phrases[index]),) if match[index] >= 0.5 else ()),
                    *self._names(subject, learned),
                ),
            )
            for index, subject in enumerate(subjects)
        ]

    def _fade(self, since: datetime | None, until: datetime) -> None:
        if since is not None and until > since:
            self._eras.fade(math.exp(-(until - since).total_seconds() / 86_400 / MEMORY_DAYS))

    def _compare(self, start: int, answers: Sequence[Lesson]) -> None:
        """How right the odds are of a digest's answers, the lessons from `start` on, before they are learned."""
        here = slice(start, start + len(answers))
        seen = self._lessons
        foretold = self._eras.foretell(self._kernel[here, :start], seen.prior[here], seen.variance[here])
        self._calibration.take(foretold.log_odds, [one.verb in WANTED for one in answers], answers[-1].at)

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

    def _names(self, subject: Subject, learned: Array) -> tuple[Reason, ...]:
        """The source, topic and author that the answers so far speak for, strongest first."""
        spelling = {name.casefold(): name for name in (*subject.sources, *subject.authors, *subject.topics)}
        weighed = [
            (learned[self._columns.named[group, name]] * math.sqrt(NAMED_VARIANCE) * value, group, name)
            for group, name, value in subject.names()
            if (group, name) in self._columns.named
        ]
        return tuple(
            Reason(group, spelling[name]) for weight, group, name in sorted(weighed, reverse=True)
            if weight >= TELLING_WEIGHT
        )  # fmt: skip
