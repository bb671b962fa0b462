"""The rows of preferences brought in step with what was derived, and a line of history for each that changed.

A row keeps its id as long as it says the same of the same scope, and while its scope grows or shrinks. What the user
pinned stands above evidence, and what they forgot stays forgotten. Called by `memory.profile.learning` alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from memory.models import Preference, PreferenceChange, PreferenceState
from memory.profile.belief import is_near
from memory.profile.deriving import Derived
from memory.profile.scope import Scope
from memory.profile.topics import topic_of
from memory.store import preferences

MOVED = 0.05
"""A change of confidence that is worth a line of history."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `Preference` as it is compared."""

    id: int
    dimension: str
    value: str
    amount: float | None
    scope: Scope
    topic: str
    state: PreferenceState
    confidence: float
    is_pinned: bool
    by: str

    @property
    def is_held(self) -> bool:
        return self.state is PreferenceState.HELD

    def says(self, derived: Derived) -> bool:
        if self.amount is None or derived.amount is None:
            return self.value == derived.value
        return is_near(self.amount, derived.amount)


def rows(session: Session) -> list[Row]:
    """All preferences, forgotten ones too, by id."""
    return [
        Row(
            id=one.id,
            dimension=one.dimension,
            value=one.value,
            amount=one.amount,
            scope=Scope(
                kind=one.kind,
                recipient=one.recipient,
                domain=one.domain,
                source=one.source,
                is_topical=one.is_topical,
                anchor=one.anchor,
            ),
            topic=one.topic,
            state=one.state,
            confidence=one.confidence,
            is_pinned=one.is_pinned,
            by=one.by,
        )
        for one in preferences.rows(session)
    ]


def matched(known: Sequence[Row], derived: Sequence[Derived]) -> dict[int, Row]:
    """Of each derived preference, by number, the row that says the same of the same scope; held ones first."""
    named: dict[tuple[str, Scope], list[Row]] = {}
    for row in sorted(known, key=lambda one: (not one.is_pinned, not one.is_held, one.id)):
        if row.state is not PreferenceState.FORGOTTEN:
            named.setdefault((row.dimension, row.scope), []).append(row)
    found: dict[int, Row] = {}
    taken: set[int] = set()
    for number, one in enumerate(derived):
        for row in named.get((one.dimension, one.scope), ()):
            if row.says(one) and row.id not in taken:
                found[number] = row
                taken.add(row.id)
                break
    return found


def reconcile(
    session: Session, derived: Sequence[Derived], now: datetime, lesson_id: int | None
) -> list[PreferenceChange]:
    """Make the rows what was derived; the changes, noted."""
    known = rows(session)
    step = _Step(known, now, lesson_id)
    pinned = [row for row in known if row.is_pinned and row.is_held]
    wanted = [one for one in derived if not any(_outranks(row, one) for row in pinned)]
    same = matched(known, wanted)
    step.same(session, wanted, same)
    moved = _moved([row for row in known if row.id not in step.taken], wanted, same)
    step.moved(session, wanted, moved)
    step.new(session, [one for number, one in enumerate(wanted) if number not in same and number not in moved])
    step.gone([row for row in known if row.id not in step.taken], derived)
    for together in step.together():
        preferences.change(session, together)
    _link(session, [*step.pairs, *_of_pinned(pinned, derived)])
    preferences.note(session, step.changes)
    return step.changes


@dataclass
class _Step:
    """What changes: `taken` are the rows that stay, `pairs` each row that holds with what it was derived from."""

    known: Sequence[Row]
    now: datetime
    lesson_id: int | None
    taken: set[int] = field(default_factory=set)
    pairs: list[tuple[int, Derived]] = field(default_factory=list)
    changes: list[PreferenceChange] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    """Of each row that changes (`of`), what it is to have: written together, for nearly all of them move with each lesson."""
    topics: dict[tuple[int, ...], str] = field(default_factory=dict)
    """The words of each topic; many preferences are of one."""

    def same(self, session: Session, wanted: Sequence[Derived], same: dict[int, Row]) -> None:
        """Rows that say the same of the same scope: their confidence and amount move, or they return."""
        for number, row in same.items():
            one = wanted[number]
            self.taken.add(row.id)
            self.pairs.append((row.id, one))
            fields = self._fields(session, row, one)
            if fields:
                what = _moved_how(row, one)
                self._change(row, fields, what)

    def moved(self, session: Session, wanted: Sequence[Derived], moved: dict[int, Row]) -> None:
        """Rows that say the same of another scope now."""
        for number, row in moved.items():
            one = wanted[number]
            self.taken.add(row.id)
            self.pairs.append((row.id, one))
            what = "narrowed" if one.scope.narrowness > row.scope.narrowness else "widened"
            is_same_topic = row.scope.is_topical and one.scope.is_topical
            scope = {**_columns(one.scope), "topic": self._topic(session, one)}
            self._change(row, {**self._fields(session, row, one), **scope}, "" if is_same_topic else what)

    def new(self, session: Session, wanted: Sequence[Derived]) -> None:
        """What no row said."""
        made = [
            Preference(
                dimension=one.dimension,
                value=one.value,
                amount=one.amount,
                **_columns(one.scope),
                topic=self._topic(session, one),
                confidence=one.confidence,
                learned_at=self.now,
                changed_at=self.now,
            )
            for one in wanted
        ]
        preferences.add_all(session, made)
        for row, one in zip(made, wanted, strict=True):
            assert row.id is not None
            self.pairs.append((row.id, one))
            self._note(row.id, "learned", {}, {"value": row.value, "confidence": row.confidence})

    def gone(self, left: Sequence[Row], derived: Sequence[Derived]) -> None:
        """Held rows that nothing speaks for: retired, unless the user set them down and nothing speaks against."""
        for row in left:
            if row.is_pinned or not row.is_held:
                continue
            against = any(one.dimension == row.dimension and row.scope.covers(one.scope) for one in derived)
            if row.by == "evidence" or against:
                self._change(row, {"state": PreferenceState.RETIRED}, "retired")

    def together(self) -> list[list[dict[str, Any]]]:
        """What is to be written, by which columns it is of."""
        found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for one in self.columns:
            found.setdefault(tuple(sorted(one)), []).append(one)
        return list(found.values())

    def _topic(self, session: Session, one: Derived) -> str:
        if not one.scope.is_topical:
            return ""
        if one.lessons not in self.topics:
            self.topics[one.lessons] = topic_of(session, one.lessons)
        return self.topics[one.lessons]

    def _fields(self, session: Session, row: Row, one: Derived) -> dict[str, Any]:
        """The columns in which a row differs from what was derived."""
        fields: dict[str, Any] = {}
        if not row.is_held:
            fields["state"] = PreferenceState.HELD
        if row.confidence != one.confidence:
            fields["confidence"] = one.confidence
        if (row.value, row.amount) != (one.value, one.amount):
            fields |= {"value": one.value, "amount": one.amount}
        if one.scope.is_topical and self.lesson_id in one.lessons:
            topic = self._topic(session, one)
            fields |= {"topic": topic} if topic != row.topic else {}
        return fields

    def _change(self, row: Row, fields: dict[str, Any], what: str) -> None:
        """Without `what` it is not worth a line of history."""
        if what:
            was = {**_columns(row.scope), **{name: getattr(row, name) for name in fields if hasattr(row, name)}}
            self._note(row.id, what, {name: was[name] for name in fields}, fields)
            fields = {**fields, "changed_at": self.now}
        self.columns.append({"of": row.id, **fields})

    def _note(self, preference_id: int, what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.changes.append(
            PreferenceChange(
                preference_id=preference_id,
                at=self.now,
                what=what,
                before={name: value for name, value in before.items() if name != "anchor"},
                after={name: value for name, value in after.items() if name != "anchor"},
                lesson_id=self.lesson_id,
            )
        )


def _moved_how(row: Row, one: Derived) -> str:
    """The word for history; empty where it is not worth one."""
    if not row.is_held:
        return "returned"
    if abs(one.confidence - row.confidence) >= MOVED:
        return "strengthened" if one.confidence > row.confidence else "weakened"
    return ""


def _moved(left: Iterable[Row], wanted: Sequence[Derived], same: dict[int, Row]) -> dict[int, Row]:
    """Of each derived preference that no row is, a held one that says the same of a wider, narrower or moved scope."""
    open_rows = [row for row in left if row.is_held and not row.is_pinned and row.by == "evidence"]
    found: dict[int, Row] = {}
    for number, one in enumerate(wanted):
        if number in same:
            continue
        for row in open_rows:
            if row.dimension == one.dimension and row.says(one) and _is_kin(row.scope, one):
                found[number] = row
                open_rows.remove(row)
                break
    return found


def _is_kin(scope: Scope, one: Derived) -> bool:
    if scope.is_topical and one.scope.is_topical:
        return scope.anchor in one.lessons
    return one.scope.covers(scope) or scope.covers(one.scope)


def _outranks(row: Row, one: Derived) -> bool:
    """Whether a pinned row says the last word on all that a derived preference is about."""
    if row.dimension != one.dimension:
        return False
    if row.scope.is_topical and one.scope.is_topical:
        return row.scope.anchor in one.lessons
    return row.scope.covers(one.scope)


def _of_pinned(pinned: Sequence[Row], derived: Sequence[Derived]) -> list[tuple[int, Derived]]:
    """Pinned rows that evidence speaks for as well."""
    return [(row.id, derived[number]) for number, row in matched(pinned, derived).items()]


def _columns(scope: Scope) -> dict[str, Any]:
    return {
        "kind": scope.kind,
        "recipient": scope.recipient,
        "domain": scope.domain,
        "source": scope.source,
        "is_topical": scope.is_topical,
        "anchor": scope.anchor,
    }


def _link(session: Session, pairs: Iterable[tuple[int, Derived]]) -> None:
    """Of each row that holds, write down what it rests on."""
    wanted: defaultdict[tuple[int, bool], set[int]] = defaultdict(set)
    for of, one in pairs:
        wanted[of, True].update(one.evidence_for)
        wanted[of, False].update(one.evidence_against)
    there = preferences.links(session)
    added: list[tuple[int, int, bool]] = []
    gone: list[tuple[int, int]] = []
    for (of, is_for), rests_on in wanted.items():
        held = there.get((of, is_for), set())
        added += [(of, evidence, is_for) for evidence in rests_on - held]
        gone += [(of, evidence) for evidence in held - rests_on]
    preferences.link(session, sorted(added), sorted(gone))
