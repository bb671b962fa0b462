"""The preferences as they are now, in memory: which of them hold in a context, and which lessons lie near it.

`assistant.drafting` chooses forms by it, `assistant.learning` and the digest ask it too. It reads rows and writes none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Self

import numpy as np
from sqlmodel import Session

from memory.profile import aims, bounds
from memory.profile.belief import enough
from memory.profile.context import Chosen, Context
from memory.profile.deriving import Derivation, Follows, Group, derive
from memory.profile.evidence import Evidences, reader_of
from memory.profile.lengths import HYPOTHESES, LENGTHS, Numbers, Texts
from memory.profile.reconciling import Row, matched, rows
from memory.profile.scope import Scope, family
from memory.store import preferences
from memory.store.connection import Database

VOTE, VOTE_BY_REACH = 0.25, 0.4
"""How likely a value has to be here, and how much more where it changes everything. A wrong one costs the user about as much
as none, unless none is what they want; so it may well be less than a half."""
APART = 1.5
"""Amounts within that ratio of another speak for it."""
NEAR_PIN = 0.5
"""How surely a text belongs to a topic for a pinned preference of it."""
LEAST = 0.01
TRIFLE = 0.5
"""Words that a length has to spare the user, to be kept to where it was not asked for."""


class Profile:
    """Preferences (rows), and the circles that tell in which of them a text lies. Nothing in it changes."""

    def __init__(self, derivation: Derivation, known: Sequence[Row], embedder: str) -> None:
        self._derivation = derivation
        self._embedder = embedder
        held = [row for row in known if row.is_held]
        self._row = matched([row for row in held if not row.is_pinned], derivation.preferences)
        derived = {row.id for row in self._row.values()}
        self._plain: dict[Scope, dict[str, Follows]] = defaultdict(dict)
        for number, row in self._row.items():
            if not row.scope.is_topical:
                self._plain[row.scope][row.dimension] = Follows(
                    number, row.confidence, row.value, row.amount, row.scope
                )
        self._pinned = _indexed(row for row in held if row.is_pinned)
        self._told = _indexed(row for row in held if not row.is_pinned and row.id not in derived)
        self._circle_of = {
            derivation.evidence.lessons[number].id: group.first + int(circle)
            for group in derivation.groups.values()
            for number, circle in zip(group.lessons, group.circles.of, strict=True)
        }

    @classmethod
    def load(cls, session: Session, embedder: str) -> Self:
        """As the rows are in this session, for contexts whose vectors are by `embedder`."""
        evidence = Evidences.load(session, embedder)
        return cls(derive(evidence), rows(session), embedder)

    def choose(self, context: Context, reach: Callable[[str], float]) -> list[Chosen]:
        """The value of each dimension that holds here, surely enough for how much writing it changes.

        What the user pinned, the narrowest first; then what evidence says, each circle by how likely the text belongs to
        it; then what the user once set down.
        """
        group = self._derivation.groups.get(family(context.kind))
        shares = self._shares(group, context)
        found: dict[str, Chosen] = {}
        for row in self._admitting(self._pinned, context, shares):
            found.setdefault(row.dimension, _chosen(row, 1.0))
        for dimension, row, share in self._voted(group, context, shares):
            changed = reach(dimension)
            is_likely = share >= VOTE + VOTE_BY_REACH * changed
            if dimension not in found and row.confidence >= enough(changed) and is_likely:
                found[dimension] = _chosen(row, share)
        for row in self._admitting(self._told, context, shares):
            if row.confidence >= enough(reach(row.dimension)):
                found.setdefault(row.dimension, _chosen(row, row.confidence))
        return [found[dimension] for dimension in sorted(found)]

    def length(
        self, context: Context, size: Callable[[Chosen | None], tuple[float, float]], *, is_given: bool
    ) -> Chosen | None:
        """To what length a text is written: the one that leaves the fewest words to be changed, or none. `size` is how many
        sentences and words it would have, with a length or without one. `is_given`: all that it says was given by the user,
        and without a length is said; else Telos decides how much is. A length that leaves nothing out is none then.
        """
        group = self._derivation.groups.get(family(context.kind))
        shares = self._shares(group, context)
        pinned = [row for row in self._admitting(self._pinned, context, shares) if row.dimension in LENGTHS]
        if not pinned and (likeliest := self._likeliest(group, context, shares, size, is_given=is_given)) is not None:
            return likeliest
        told = [row for row in self._admitting(self._told, context, shares) if row.dimension in LENGTHS]
        if not pinned and not told:
            return None
        stated = _chosen(pinned[0], 1.0) if pinned else _chosen(told[0], told[0].confidence)
        return None if is_given and size(stated) == size(None) else stated

    def _likeliest(
        self,
        group: Group | None,
        context: Context,
        shares: Mapping[int, float],
        size: Callable[[Chosen | None], tuple[float, float]],
        *,
        is_given: bool,
    ) -> Chosen | None:
        """What evidence says."""
        wide, found = self._wide_length(context), self._lengths(context, shares)
        if not found:
            return None
        choices = [None, *(_chosen(self._row[number], 1.0) for number in found)]
        sizes = [size(one) for one in choices]
        strange = 1 - sum(shares.values())
        if is_given:
            belief = self._believed(group, shares, bounds.believed)
            belief[-1] += strange
            changed = [float(belief @ bounds.costs(one, sizes[0])) for one in sizes]
        else:
            belief = self._believed(group, shares, aims.believed)
            usual = sizes[found.index(wide) + 1 if wide in found else 0][1]
            changed = [float(belief @ aims.costs(one)) + strange * abs(one[1] - usual) for one in sizes]
        best = min(range(len(choices)), key=lambda number: changed[number] + (TRIFLE if number else 0.0))
        choice = choices[best]
        return choice and replace(choice, confidence=max(0.0, 1 - changed[best] / max(sizes[best][1], 1.0)))

    def _lengths(self, context: Context, shares: Mapping[int, float]) -> list[int]:
        """The lengths, by number, that a text follows in any circle that it may belong to."""
        found = [follows.get(name) for follows, _ in self._places(context, shares) for name in LENGTHS]
        return list(dict.fromkeys(one.number for one in found if one is not None and one.number >= 0))

    def _wide_length(self, context: Context) -> int:
        """The length, by number, of texts that belong to no circle; -1 where there is none."""
        wider = self._wider(context)
        found = [wider[name] for name in LENGTHS if name in wider]
        return max(found, key=lambda one: one.confidence).number if found else -1

    def _believed(
        self, group: Group | None, shares: Mapping[int, float], believed: Callable[[Texts, float], Numbers]
    ) -> Numbers:
        """(hypotheses,): how likely each length is wanted, over the circles that a text may belong to."""
        evidence, belief = self._derivation.evidence, np.zeros(HYPOTHESES)
        if group is None:
            return belief
        a_sentence = Texts.of(evidence, group.lessons).words_a_sentence()
        for circle, share in shares.items():
            mine = group.lessons[group.circles.of == circle - group.first]
            belief += share * believed(Texts.of(evidence, mine), a_sentence)
        return belief

    def nearest(self, context: Context, limit: int) -> list[int]:
        """Lessons (ids) whose texts are the nearest, the nearest first: of its circle, to its reader, about its subject."""
        group = self._derivation.groups.get(family(context.kind))
        if group is None or limit <= 0:
            return []
        shares = self._shares(group, context)
        lessons = self._derivation.evidence.lessons
        nearness = np.array([shares.get(group.first + int(circle), 0.0) for circle in group.circles.of])
        nearness += [bool(context.recipient) and lessons[one].recipient == context.recipient for one in group.lessons]
        vector = self._vector(context)
        if vector is not None:
            nearness += self._derivation.evidence.vectors[group.lessons] @ vector
        order = np.argsort(-nearness, kind="stable")[:limit]
        return [lessons[int(group.lessons[one])].id for one in order]

    def _shares(self, group: Group | None, context: Context) -> dict[int, float]:
        """How likely a text of this context belongs to each circle; the rest to none."""
        if group is None:
            return {}
        reader = reader_of(context)
        shares = group.circles.belonging(
            self._vector(context),
            group.readers.get(reader, -1),
            group.houses.get(context.domain or reader, -1),
            has_reader=bool(group.readers),
        )
        return {group.first + number: float(share) for number, share in enumerate(shares[:-1]) if share > LEAST}

    def _vector(self, context: Context) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None:
        width = self._derivation.evidence.vectors.shape[1]
        if context.vector is None or context.embedder not in ("", self._embedder) or len(context.vector) != width:
            return None
        return context.vector

    def _voted(self, group: Group | None, context: Context, shares: dict[int, float]) -> list[tuple[str, Row, float]]:
        """The likeliest value of each dimension, the row that says it, and how likely it is here."""
        heard: dict[str, list[tuple[Follows, float]]] = defaultdict(list)
        for follows, share in self._places(context, shares):
            for dimension, one in follows.items():
                heard[dimension].append((one, share * one.confidence))
        found: list[tuple[str, Row, float]] = []
        for dimension, voices in heard.items():
            is_measured = any(one.amount is not None for one, _ in voices)
            winner, share = _middle(voices) if is_measured else _most(voices)
            if winner.number >= 0:
                found.append((dimension, self._row[winner.number], share))
        return found

    def _places(self, context: Context, shares: Mapping[int, float]) -> list[tuple[dict[str, Follows], float]]:
        """What a text follows in each circle that it may belong to, and in none, and how likely that is."""
        made, reader, wider = self._derivation, reader_of(context), self._wider(context)
        places = [
            ({**made.of_circle.get(circle, {}), **made.of_reader.get((circle, reader), {})}, share)
            for circle, share in shares.items()
        ]
        places.append(({}, 1 - sum(shares.values())))
        return [
            ({**wider, **{name: one for name, one in follows.items() if self._is_here(one, context)}}, share)
            for follows, share in places
        ]

    def _is_here(self, one: Follows, context: Context) -> bool:
        """Whether a context lies in its scope; a preference has its row there, too."""
        if one.number < 0:
            return one.scope.admits(context)
        row = self._row.get(one.number)
        return row is not None and row.scope.admits(context)

    def _wider(self, context: Context) -> dict[str, Follows]:
        """What a text follows that belongs to no circle: its reader's preferences, else its domain's, its source's, those
        of its kind, of everything."""
        found: dict[str, Follows] = {}
        for scope in sorted(_scopes_of(context), key=lambda scope: scope.narrowness):
            found |= self._plain.get(scope, {})
        return found

    def _admitting(self, index: dict[Scope, list[Row]], context: Context, shares: dict[int, float]) -> list[Row]:
        """Rows whose scope a context lies in, the narrowest and surest first."""
        found = [row for scope in _scopes_of(context) for row in index.get(scope, ())]
        for row in index.get(_TOPICAL, ()):
            circle = self._circle_of.get(row.scope.anchor or 0, -1)
            if row.scope.admits(context) and shares.get(circle, 0.0) >= NEAR_PIN:
                found.append(row)
        return sorted(found, key=lambda row: (-row.scope.narrowness, -row.confidence, row.id))


def _most(voices: Sequence[tuple[Follows, float]]) -> tuple[Follows, float]:
    """The value with the most weight, by the circle that gives it most."""
    weights: dict[str, float] = defaultdict(float)
    for one, weight in voices:
        weights[one.value] += weight
    value = max(weights, key=lambda name: weights[name])
    return max((voice for voice in voices if voice[0].value == value), key=lambda voice: voice[1])[0], weights[value]


def _middle(voices: Sequence[tuple[Follows, float]]) -> tuple[Follows, float]:
    """The amount in the middle by weight: whichever is right, it is the fewest words away. With it the weight near it."""
    by_size = sorted(voices, key=lambda voice: voice[0].amount or 0.0)
    through = np.cumsum([weight for _, weight in by_size])
    one = by_size[int(np.searchsorted(through, through[-1] / 2))][0]
    about = (one.amount or 0.0) / APART, (one.amount or 0.0) * APART
    return one, sum(weight for other, weight in voices if about[0] <= (other.amount or 0.0) <= about[1])


_TOPICAL = Scope(is_topical=True)


def _indexed(held: Iterable[Row]) -> dict[Scope, list[Row]]:
    index: dict[Scope, list[Row]] = defaultdict(list)
    for row in held:
        index[_TOPICAL if row.scope.is_topical else row.scope].append(row)
    return dict(index)


def _scopes_of(context: Context) -> list[Scope]:
    """All scopes without a topic that a context lies in."""
    kinds = dict.fromkeys(("", context.kind, family(context.kind)))
    return [
        Scope(kind=kind, recipient=recipient, domain=domain, source=source)
        for kind in kinds
        for recipient in dict.fromkeys(("", context.recipient))
        for domain in dict.fromkeys(("", context.domain))
        for source in dict.fromkeys(("", context.source))
    ]


def _chosen(row: Row, confidence: float) -> Chosen:
    return Chosen(
        dimension=row.dimension,
        value=row.value,
        amount=row.amount,
        confidence=min(confidence, 1.0),
        preference_id=row.id,
    )


class Profiles:
    """The profile that is in use, loaded again only after a change. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = Lock()
        self._held: tuple[tuple[object, ...], Profile] | None = None

    def current(self, embedder: str) -> Profile:
        with self._turn, self._database.read() as session:
            stamp = (embedder, *preferences.stamp(session))
            if self._held is None or self._held[0] != stamp:
                self._held = (stamp, Profile.load(session, embedder))
            return self._held[1]
