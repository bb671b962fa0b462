"""A goal's card: what a message changes on it. Nothing vanishes without a trace, nothing decided is overwritten unasked.

Pure functions; `turn` and `conversations` keep what they return. `beginning` makes the first version, `differences` says
what changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from assistant.answers.goals import Card, Constraint, Criterion, Evidence, NewGoal, Question, Value
from assistant.sessions.beginning import blank, edit
from assistant.sessions.conflicts import length_by_dates
from assistant.sessions.differences import difference
from assistant.sessions.heard import (
    ACCEPTED,
    LEFT_OPEN,
    NO_PREFERENCE,
    REJECTED,
    REOPENED,
    Heard,
    Quoted,
    Resolution,
    Said,
)
from assistant.sessions.phrases import mentions, normal
from assistant.sessions.playbook import Playbook
from assistant.sessions.rules import listen

__all__ = ["apply", "begin", "difference", "edit"]

_EMPTY = frozenset({LEFT_OPEN, NO_PREFERENCE, REJECTED, REOPENED})
"""Values that any other may take the place of."""
_UNMET = _EMPTY - {NO_PREFERENCE}
"""Values that meet no criterion."""


def begin(new: NewGoal, playbook: Playbook, now: datetime) -> Card:
    """The first version: the template of the playbook, unless the goal brings its own, and what the statement says."""
    return opened(blank(new, playbook), playbook, now, new.deadline)


def opened(card: Card, playbook: Playbook, now: datetime, deadline: datetime | None = None) -> Card:
    """A card on which what its goal's statement says is noted, as words of the user's own."""
    heard = listen(card.statement, card=card, asked="", now=now, playbook=playbook)
    opens = {one.slot: one.opens for one in playbook.criteria if one.opens}
    values = [said for said in heard.values if opens.get(said.slot) != "message"]  # a statement is no message
    there = {said.slot for said in values}
    values += [
        Said(slot=slot, value=card.statement, quote=card.statement)
        for slot, what in opens.items()
        if what == "goal" and slot not in there
    ]
    heard = replace(heard, values=tuple(values), statement=None, deadline=deadline or heard.deadline)
    return apply(card, heard, 0)[0]


def apply(card: Card, heard: Heard, turn: int) -> tuple[Card, list[str]]:
    """The card after a message, and a line for each thing that changed. To hear the same again changes nothing."""
    pen = _Pen(card.model_copy(deep=True), turn)
    if heard.resolution is not None:
        pen.resolve(heard.resolution)
    pen.restate(heard)
    for constraint in _last_limits(heard.constraints):
        pen.constrain(constraint)
    settled = heard.resolution.slot if heard.resolution is not None else None
    slots = dict.fromkeys(one.slot for one in heard.values if one.slot != settled)
    heard_values = [[one for one in heard.values if one.slot == slot] for slot in slots]
    for values in heard_values:
        pen.admit(_folded(values))
    for values in heard_values:
        pen.hear(_folded(values), values)
    pen.compare({one.slot for one in heard.values})
    for quoted in heard.met:
        pen.meet(quoted.text, "", pen.words(quoted.quote))
    pen.reopen(but={said.slot for said in heard.values})
    return pen.card, difference(card, pen.card)


def _folded(values: list[Said]) -> Said:
    """What one message says of a slot: its last value, with those that were listed to stand side by side."""
    filled = [one for one in values if one.value not in _EMPTY] or values[-1:]
    whole = filled[0]
    for said in filled[1:]:
        if said.adds:
            parts = {normal(part): part for part in (*_parts(said.value), *_parts(whole.value))}
            ordered = dict.fromkeys(normal(part) for part in (*_parts(whole.value), *_parts(said.value)))
            said = replace(said, value=", ".join(parts[key] for key in ordered), adds=whole.adds)
        whole = said
    return whole


def _last_limits(constraints: Iterable[Constraint]) -> list[Constraint]:
    """Of several limits of one kind in a message the last, with the words of all."""
    kept: dict[object, Constraint] = {}
    for one in constraints:
        key = (one.slot, one.op) if one.slot and _is_limit(one) else (one.slot, one.op, normal(one.text))
        before = kept.pop(key, None)
        evidence = _joined(before.evidence if before else [], one.evidence)
        kept[key] = one.model_copy(update={"evidence": evidence}, deep=True)
    return list(kept.values())


class _Pen:
    """Writes on a card. `changed` are the slots that were given another value."""

    def __init__(self, card: Card, turn: int) -> None:
        self.card = card
        self.turn = turn
        self.changed: set[str] = set()
        self.limited: list[Constraint] = []
        """Constraints of this message."""

    def words(self, quote: str) -> Evidence:
        return Evidence(quote=quote, turn=self.turn)

    def restate(self, heard: Heard) -> None:
        """The goal itself: statement, deadline, criteria, and constraints that no longer hold."""
        card = self.card
        if heard.statement is not None:
            card.statement = heard.statement.text
        if heard.deadline is not None:
            card.deadline = heard.deadline
        texts = {normal(one.text) for one in card.criteria}
        dropped = {normal(one.text) for one in heard.dropped}
        added = [one for one in heard.added if normal(one.text) not in texts | dropped]
        card.criteria = [one for one in card.criteria if normal(one.text) not in dropped]
        card.criteria += [Criterion(text=one.text) for one in _distinct(added)]
        for quoted in heard.withdrawn:
            self._withdraw(quoted.text)

    def constrain(self, constraint: Constraint) -> None:
        """A new limit of the same kind takes the old one's place and keeps its words; a decision it rules out is asked."""
        constraint = constraint.model_copy(deep=True)
        for one in constraint.evidence:
            one.turn = self.turn
        self.limited.append(constraint)
        for number, known in enumerate(self.card.constraints):
            if _is_same(known, constraint):
                return
            if constraint.slot and (known.slot, known.op) == (constraint.slot, constraint.op) and _is_limit(known):
                constraint.evidence = _joined(known.evidence, constraint.evidence)
                self.card.constraints[number] = constraint
                return
        self.card.constraints.append(constraint)
        self.changed.add("")
        if constraint.op == "excludes":
            self._rule_out(constraint)

    def _rule_out(self, constraint: Constraint) -> None:
        for value in (*self.card.decisions, *self.card.facts):
            if not mentions(constraint.value, value.value) or value.value == constraint.text:
                continue
            if value.is_decision:
                self._doubt(value.slot, value.value, constraint.text)
                continue
            left = [part for part in _parts(value.value) if not mentions(constraint.value, part)]
            quote = constraint.evidence[0].quote if constraint.evidence else constraint.text
            self._put(Said(slot=value.slot, value=", ".join(left) or constraint.text, quote=quote), value)

    def admit(self, said: Said) -> None:
        """Words that confirm a value take back the constraints it breaks, unless the same message made them."""
        ruled_out = self._ruled_out(said)
        if said.confirms and not any(_is_same(one, fresh) for one in ruled_out for fresh in self.limited):
            for constraint in ruled_out:
                self._withdraw(constraint.text)

    def hear(self, said: Said, values: list[Said]) -> None:
        """What a message says of a slot; what breaks a constraint of the user's is asked about and not taken."""
        if ruled_out := self._ruled_out(said):
            self._doubt(said.slot, ruled_out[0].text, said.value)
            return
        self._take(said, self.card.value_of(said.slot))
        self._trace(said, values)

    def _take(self, said: Said, known: Value | None) -> None:
        """A value: new, the same, one more, another, or one that contradicts what was decided."""
        if known is None:
            self._put(said, None)
        elif said.value in _EMPTY - {REJECTED} and known.value not in _EMPTY:
            return
        elif said.adds and known.value not in _EMPTY:
            self._add(said, known)
        elif normal(known.value) == normal(said.value):
            if said.is_decision and not known.is_decision:
                self._put(said, known)
        elif not known.is_decision or known.value in _EMPTY or said.confirms:
            self._put(said, known)
        elif _refines(said.value, known.value):
            self._put(replace(said, is_decision=True), known)
        elif not _refines(known.value, said.value):
            self._doubt(said.slot, known.value, said.value)

    def _add(self, said: Said, known: Value) -> None:
        parts = _parts(known.value)
        there = {normal(part) for part in parts}
        new = [part for part in _parts(said.value) if normal(part) not in there]
        is_whole = there <= {normal(part) for part in _parts(said.value)}
        if new or (said.is_decision and not known.is_decision and is_whole):
            is_decision = said.is_decision or known.is_decision
            whole = Said(slot=said.slot, value=", ".join([*parts, *new]), quote=said.quote, is_decision=is_decision)
            self._put(whole, known, keep=False)

    def _put(self, said: Said, known: Value | None, *, keep: bool = True) -> None:
        """The value goes on the card; the one before it stays as `earlier` with its words."""
        value = Value(slot=said.slot, value=said.value, evidence=self.words(said.quote), is_decision=said.is_decision)
        if known is not None:
            is_other = normal(known.value) != normal(said.value)
            value.earlier = [*known.earlier, *([known.value] if keep and is_other else [])]
            value.earlier_evidence = _joined(known.earlier_evidence, [known.evidence], but=value.evidence)
            if is_other:
                self._loosen(known)
                self._forget_doubts(known)
        self._replace(value)
        if known is None or normal(known.value) != normal(said.value):
            self.changed.add(said.slot)
        self.card.questions = [one for one in self.card.questions if one.slot != said.slot or one.is_contradiction]
        self.meet("", said.slot, value.evidence, is_met=said.value not in _UNMET)

    def _replace(self, value: Value) -> None:
        lists = (self.card.facts, self.card.decisions)
        own = lists[value.is_decision]
        place = next((number for number, one in enumerate(own) if one.slot == value.slot), None)
        if place is None:
            own.append(value)
        else:
            own[place] = value
        other = lists[not value.is_decision]
        other[:] = [one for one in other if one.slot != value.slot]

    def _loosen(self, known: Value) -> None:
        """A limit that was said by the words of the value before goes with it: "under 2,000" and then "about 3,000"."""
        self.card.constraints = [
            one
            for one in self.card.constraints
            if one.slot != known.slot
            or not _is_limit(one)
            or known.evidence not in one.evidence
            or any(_is_same(one, fresh) for fresh in self.limited)
        ]

    def _forget_doubts(self, gone: Value) -> None:
        """Nothing is asked about a value that is not there any more."""
        self.card.questions = [
            one
            for one in self.card.questions
            if not (one.is_contradiction and one.slot == gone.slot and normal(one.old) == normal(gone.value))
        ]

    def _trace(self, said: Said, values: list[Said]) -> None:
        """Values that the same message gave before its last one, and the words of those that were listed."""
        now = self.card.value_of(said.slot)
        if now is None or not {normal(part) for part in _parts(said.value)} <= {
            normal(part) for part in _parts(now.value)
        }:
            return
        there = {normal(part) for whole in (now.value, *now.earlier) for part in (whole, *_parts(whole))}
        for one in values:
            new = {normal(part) for part in _parts(one.value)} - there
            if new and one.value not in _EMPTY:
                now.earlier.append(one.value)
                there |= new
            if one.value not in _EMPTY:
                now.earlier_evidence = _joined(now.earlier_evidence, [self.words(one.quote)], but=now.evidence)

    def meet(self, text: str, slot: str, words: Evidence, *, is_met: bool = True) -> None:
        for criterion in self.card.criteria:
            if (text and normal(criterion.text) == normal(text)) or (slot and criterion.slot == slot):
                criterion.is_met = is_met
                if is_met:
                    criterion.evidence = _joined(criterion.evidence, [words])

    def compare(self, heard: set[str]) -> None:
        """New dates that make the journey longer or shorter than was said: which of the two it is, the user says."""
        known = {one.slot: one for one in (*self.card.facts, *self.card.decisions)}
        dates, length = known.get("dates"), known.get("length")
        if dates is None or length is None or "dates" not in self.changed or "length" in heard:
            return
        if by_dates := length_by_dates(dates, length):
            self._doubt("length", length.value, by_dates, f"by its dates it is “{by_dates}”")

    def reopen(self, but: set[str]) -> None:
        """What was agreed to is to be agreed to again when something else was changed."""
        from_before = [one for one in self.card.facts if one.value == ACCEPTED and one.slot not in but]
        if not self.changed:
            return
        for value in from_before:
            value.value, value.earlier = REOPENED, [*value.earlier, ACCEPTED]
            self.meet("", value.slot, value.evidence, is_met=False)

    def _ruled_out(self, said: Said) -> list[Constraint]:
        """The constraints of the user's that a value breaks."""
        return [
            one
            for one in self.card.constraints
            if one.op == "excludes" and one.evidence and mentions(one.value, said.value) and said.value != one.text
        ]

    def _withdraw(self, text: str) -> None:
        self.card.constraints = [one for one in self.card.constraints if normal(one.text) != normal(text)]

    def _doubt(self, slot: str, old: str, new: str, now: str = "") -> None:
        """A contradiction waits for the user's word."""
        pending = (one for one in self.card.questions if one.is_contradiction and one.slot == slot)
        if any((normal(one.old), normal(one.new)) == (normal(old), normal(new)) for one in pending):
            return
        now = now or f"now it is “{new}”"
        text = f"Earlier it was “{old}” ({slot or 'decided'}), {now}. Which of the two shall it be?"
        self.card.questions.append(Question(text=text, slot=slot, is_contradiction=True, old=old, new=new))

    def resolve(self, answer: Resolution) -> None:
        """The user's word on a contradiction. Other doubts about a value that is gone go with it."""
        asked = next((one for one in self.card.questions if _answers(answer, one)), None)
        if asked is None:
            return
        self.card.questions.remove(asked)
        self._withdraw(asked.old if answer.keeps_new else asked.new)
        if not answer.keeps_new:
            return
        kept = Said(slot=asked.slot, value=asked.new, quote=answer.quote, is_decision=True)
        self._put(kept, self.card.value_of(asked.slot))


def _answers(answer: Resolution, question: Question) -> bool:
    ours = (answer.slot, normal(answer.old), normal(answer.new))
    return question.is_contradiction and ours == (question.slot, normal(question.old), normal(question.new))


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _refines(new: str, old: str) -> bool:
    """Whether `new` only says more precisely what `old` said: "night train" for "train". Never with numbers."""
    more, less = set(normal(new).split()), set(normal(old).split())
    return less < more and not any(word.isdigit() for word in more)


def _is_limit(constraint: Constraint) -> bool:
    return constraint.op in ("at_most", "at_least", "equals")


def _is_same(one: Constraint, other: Constraint) -> bool:
    if one.op and other.op:
        return (one.slot, one.op, normal(one.value)) == (other.slot, other.op, normal(other.value))
    return normal(one.text) == normal(other.text)


def _joined(old: list[Evidence], new: list[Evidence], but: Evidence | None = None) -> list[Evidence]:
    """Both, without repeating words that are there already."""
    joined = list(old)
    for one in new:
        if one not in joined and one != but:
            joined.append(one)
    return joined


def _distinct(texts: Iterable[Quoted]) -> list[Quoted]:
    return list({normal(one.text): one for one in texts}.values())
