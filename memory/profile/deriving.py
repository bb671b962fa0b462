"""From all evidence to preferences: in each circle what is believed, said of the widest scope that nothing contradicts.

The same evidence gives the same preferences, whatever was before: so undoing and erasing are exact. It writes no row:
`memory.profile.reconciling` brings the rows in step, `memory.profile.profile` chooses by what is derived here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from memory.embed import Ids
from memory.profile.belief import HELD, agrees, is_near
from memory.profile.circles import Circles
from memory.profile.evidence import Evidences
from memory.profile.held import Held, beliefs_of
from memory.profile.scope import Scope

OWN = 0.8
"""The share of a circle's lessons that one reader, domain or source has to have to be its scope, and of theirs the circle."""
AGREED = 0.6
"""The share of voices that a value needs to hold beyond the circles that speak for it."""
VOICES, MANY = 2, 3
"""How many it needs where all agree, and where some do not, or an amount is agreed on."""
MOST_VOICES = 3
"""Of one circle: its houses, each of which is a voice of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A preference as the evidence has it. `lessons` are those of its topic, the first of which anchors it."""

    dimension: str
    value: str
    amount: float | None
    scope: Scope
    confidence: float
    evidence_for: tuple[int, ...]
    evidence_against: tuple[int, ...]
    lessons: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The circles of a family of kinds, numbered on from `first`, and the codes of its readers and houses."""

    kind: str
    first: int
    circles: Circles
    lessons: Ids
    readers: dict[str, int]
    houses: dict[str, int]


@dataclass(frozen=True, slots=True)
class Follows:
    """What a circle wants: a preference by its number, or none (-1) where the user only let things be as they came, in the
    circle's `scope`."""

    number: int
    confidence: float
    value: str
    amount: float | None
    scope: Scope


@dataclass(frozen=True, slots=True)
class Derivation:
    """`preferences`; which of them, by number, a circle (`of_circle`), one of its readers (`of_reader`), or any other text
    of a kind (`of_kind`) follows in each dimension, with the confidence it has there."""

    evidence: Evidences
    groups: dict[str, Group]
    preferences: tuple[Derived, ...]
    of_circle: dict[int, dict[str, Follows]]
    of_reader: dict[tuple[int, str], dict[str, Follows]]
    of_kind: dict[str, dict[str, Follows]]


def derive(evidence: Evidences) -> Derivation:
    """All preferences that follow from the evidence."""
    groups = _grouped(evidence)
    circle = np.full(len(evidence.lessons), -1, dtype=np.int64)
    for group in groups.values():
        circle[group.lessons] = group.first + group.circles.of
    held = beliefs_of(evidence, circle)
    writer = _Writer(evidence, groups, circle, held)
    return writer.write()


def _grouped(evidence: Evidences) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    first = 0
    for kind, lessons in evidence.families().items():
        seen, readers, houses = evidence.seen(lessons)
        circles = Circles.find(seen)
        groups[kind] = Group(kind, first, circles, lessons, readers, houses)
        first += len(circles)
    return groups


class _Writer:
    """Says what is held as preferences: first what holds widely, then what the circles hold against it."""

    def __init__(self, evidence: Evidences, groups: dict[str, Group], circle: Ids, held: list[Held]) -> None:
        self._evidence = evidence
        self._groups = groups
        self._circle = circle
        self._of_evidence = circle[evidence.lesson]
        self._held = held
        self._kind = {
            group.first + number: group.kind for group in groups.values() for number in range(len(group.circles))
        }
        self._members = _members(circle, len(self._kind))
        self._scopes = {number: self._scope(number) for number in self._kind}
        self._rows = self._by_dimension()
        self._found: list[Derived] = []
        self._of_circle: dict[int, dict[str, Follows]] = defaultdict(dict)
        self._of_reader: dict[tuple[int, str], dict[str, Follows]] = defaultdict(dict)
        self._of_kind: dict[str, dict[str, Follows]] = defaultdict(dict)

    def write(self) -> Derivation:
        by_dimension: dict[int, list[Held]] = defaultdict(list)
        for one in self._held:
            by_dimension[one.dimension].append(one)
        for dimension, held in sorted(by_dimension.items()):
            self._wide(dimension, held)
            self._narrow(dimension, held)
        return Derivation(
            self._evidence,
            self._groups,
            tuple(self._found),
            dict(self._of_circle),
            dict(self._of_reader),
            dict(self._of_kind),
        )

    def _wide(self, dimension: int, held: Sequence[Held]) -> None:
        """What several circles of a kind agree on holds for the kind; where all kinds agree, for everything."""
        name = self._evidence.dimensions[dimension]
        wide: dict[str, list[Held]] = {}
        voices: dict[str, float] = {}
        against: set[str] = set()
        for kind in sorted({self._kind[one.circle] for one in held}):
            mine = [one for one in held if self._kind[one.circle] == kind and not one.reader]
            agreeing, share, count = self._agreed(mine, dimension)
            is_amount = any(one.amount is not None for one in mine)
            if agreeing and len(agreeing) == len(mine) and not (is_amount and count < MANY):
                voices[kind] = count
                wide[kind] = agreeing
            elif agreeing and share >= AGREED and count >= MANY:
                against.add(kind)
                wide[kind] = agreeing
            else:
                against.add(kind)
        for kinds in self._same(wide, voices, against):
            agreeing = [one for kind in kinds for one in wide[kind]]
            if len(kinds) == 1 and voices.get(kinds[0], VOICES) < VOICES:
                continue
            scope = Scope(kind=kinds[0]) if len(kinds) == 1 else Scope()
            where = None if len(kinds) > 1 else kinds[0]
            number = self._add(dimension, agreeing, scope, self._in_kind(dimension, where))
            made = self._found[number]
            for kind in self._groups if len(kinds) > 1 else kinds:
                self._of_kind[kind][name] = Follows(number, made.confidence, made.value, made.amount, scope)
            for one in agreeing:
                one.is_wide = True
                self._of_circle[one.circle][name] = Follows(number, one.confidence, made.value, made.amount, scope)

    def _agreed(self, held: Sequence[Held], dimension: int) -> tuple[list[Held], float, float]:
        """Those of a kind that hold the value with the most voices, its share of all, and how many voices it has."""
        best: tuple[float, float, list[Held]] = (0.0, 0.0, [])
        counts = {id(one): self._voices(one.circle, dimension) for one in held}
        whole = sum(one.confidence * counts[id(one)] for one in held)
        for one in held:
            if not one.is_taught or one.confidence < HELD:
                continue
            same = [other for other in held if _is_same(one, other)]
            weight = sum(other.confidence * counts[id(other)] for other in same)
            if weight > best[0] + 1e-9:
                best = (weight, float(sum(counts[id(other)] for other in same)), same)
        return best[2], best[0] / (whole + 1e-9), best[1]

    def _same(self, wide: dict[str, list[Held]], voices: dict[str, float], against: set[str]) -> list[list[str]]:
        """All kinds together where each is of one mind and the same; else each kind by itself, as with every amount: how
        long a mail is to be says nothing of documents."""
        kinds = sorted(wide)
        if len(kinds) > 1 and not against and set(voices) == set(kinds):
            first = wide[kinds[0]][0]
            if first.amount is None and all(_is_same(first, one) for kind in kinds for one in wide[kind]):
                return [kinds]
        return [[kind] for kind in kinds]

    def _narrow(self, dimension: int, held: Sequence[Held]) -> None:
        name = self._evidence.dimensions[dimension]
        taught = {one.value for one in held if one.is_taught}
        places: dict[tuple[Scope, int], int] = {}
        for one in held:
            if one.is_wide:
                continue
            is_said = one.confidence >= HELD and (one.is_taught or self._is_telling(one, name, taught))
            rows, scope = self._in_circle(dimension, one.circle), self._scopes[one.circle]
            if one.reader:
                rows, scope = self._of_one(one.reader, rows, scope)
            if is_said and (scope, one.value) not in places:
                places[scope, one.value] = self._add(dimension, [one], scope, rows)
            number = places[scope, one.value] if is_said else -1
            follows = Follows(number, one.confidence, self._evidence.values[one.value][1], one.amount, scope)
            if one.reader:
                self._of_reader[one.circle, one.reader][name] = follows
            else:
                self._of_circle[one.circle][name] = follows

    def _is_telling(self, one: Held, name: str, taught: set[int]) -> bool:
        """Whether a value that the user only let be was taught elsewhere, or stands against what holds for the kind."""
        is_told = one.value in taught or name in self._of_kind[self._kind[one.circle]]
        return one.amount is None and is_told

    def _of_one(self, reader: str, rows: Ids, scope: Scope) -> tuple[Ids, Scope]:
        """The rows of one reader in a circle, and the scope that is them."""
        taught = [self._evidence.lessons[one] for one in self._evidence.lesson[rows]]
        mine = np.array([one.reader == reader for one in taught])
        first = taught[int(np.argmax(mine))]
        source = "" if first.recipient else first.source
        return rows[mine], Scope(kind=scope.kind, recipient=first.recipient, source=source)

    def _add(self, dimension: int, held: Sequence[Held], scope: Scope, rows: Ids) -> int:
        """A preference on `rows`, places of evidence. Of several beliefs the surest gives the amount."""
        surest = max(held, key=lambda one: (one.is_taught, one.confidence))
        evidence = self._evidence
        if surest.amount is None:
            is_for = evidence.value[rows] == surest.value
        else:
            is_for = agrees(evidence.amount[rows], surest.amount, evidence.is_active[rows])
        lessons = self._members[held[0].circle] if scope.is_topical else np.zeros(0, dtype=np.int64)
        self._found.append(
            Derived(
                dimension=evidence.dimensions[dimension],
                value=evidence.values[surest.value][1],
                amount=surest.amount,
                scope=scope,
                confidence=float(np.mean([one.confidence for one in held])),
                evidence_for=tuple(evidence.ids[rows[is_for]].tolist()),
                evidence_against=tuple(evidence.ids[rows[~is_for]].tolist()),
                lessons=tuple(evidence.lessons[one].id for one in lessons),
            )
        )
        return len(self._found) - 1

    def _scope(self, number: int) -> Scope:
        """The narrowest words for a circle: its reader, domain or source where they have no other; else its topic."""
        group = self._groups[self._kind[number]]
        mine = [self._evidence.lessons[one] for one in self._members[number]]
        scope = Scope(kind=group.kind)
        all_lessons = [self._evidence.lessons[one] for one in group.lessons]
        for part in ("recipient", "domain", "source"):
            names = [getattr(one, part) for one in mine]
            common = max(sorted(set(names)), key=names.count)
            others = sum(getattr(one, part) == common for one in all_lessons)
            is_telling = part != "source" or others < len(all_lessons)
            if common and is_telling and names.count(common) >= OWN * max(len(names), others):
                return replace(scope, **{part: common})
        if np.any(self._evidence.vectors[self._members[number]]) or len(group.circles) > 1:
            return replace(scope, is_topical=True, anchor=mine[0].id)
        return scope

    def _voices(self, circle: int, dimension: int) -> int:
        """How many houses speak in a circle of this dimension."""
        rows = self._in_circle(dimension, circle)
        houses = {self._evidence.lessons[self._evidence.lesson[row]].house for row in rows}
        return min(max(len(houses), 1), MOST_VOICES)

    def _in_circle(self, dimension: int, circle: int) -> Ids:
        rows = self._rows[dimension]
        mine: Ids = rows[self._of_evidence[rows] == circle]
        return mine

    def _in_kind(self, dimension: int, kind: str | None) -> Ids:
        rows = self._rows[dimension]
        if kind is None:
            return rows
        return rows[np.isin(self._of_evidence[rows], [one for one, of in self._kind.items() if of == kind])]

    def _by_dimension(self) -> list[Ids]:
        """The places of the evidence of each dimension that says something of it."""
        order = np.argsort(self._evidence.dimension, kind="stable")
        order = order[self._evidence.strength[order] > 0]
        bounds = np.searchsorted(self._evidence.dimension[order], np.arange(1, len(self._evidence.dimensions)))
        return [np.sort(part).astype(np.int64) for part in np.split(order, bounds)]


def _is_same(one: Held, other: Held) -> bool:
    if one.amount is None or other.amount is None:
        return one.value == other.value
    return one.is_taught == other.is_taught and is_near(one.amount, other.amount)


def _members(circle: Ids, count: int) -> list[Ids]:
    order = np.argsort(circle, kind="stable")
    bounds = np.searchsorted(circle[order], np.arange(1, count))
    return [part.astype(np.int64) for part in np.split(order, bounds)] if count else []
