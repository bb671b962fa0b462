"""What changed between two versions of a goal's card, a line each, for people."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.answers.goals import Card, Constraint, Criterion, Question, Value


def difference(old: Card, new: Card) -> list[str]:
    """A line for each change, in the order of the card; none for cards that say the same."""
    return [
        *_goal(old, new),
        *_values(old, new),
        *_criteria(old.criteria, new.criteria),
        *_constraints(old.constraints, new.constraints),
        *_questions(old.questions, new.questions),
    ]


def _goal(old: Card, new: Card) -> Iterator[str]:
    if old.statement != new.statement:
        yield f"goal: {old.statement} -> {new.statement}"
    if old.deadline != new.deadline:
        yield f"deadline: {new.deadline:%Y-%m-%d %H:%M}" if new.deadline else "deadline: none any more"
    for name in ("turn_budget", "token_budget"):
        if getattr(old, name) != getattr(new, name):
            yield f"{name.replace('_', ' ')}: {getattr(new, name) or 'none any more'}"


def _values(old: Card, new: Card) -> Iterator[str]:
    before, after = _by_slot(old), _by_slot(new)
    for slot, value in after.items():
        known = before.get(slot)
        decided = " (decided)" if value.is_decision else ""
        if known is None:
            yield f"{slot}: {value.value}{decided}"
        elif known.value != value.value:
            yield f"{slot}: {known.value} -> {value.value}{decided}"
        elif value.is_decision and not known.is_decision:
            yield f"{slot}: {value.value} is decided"
        elif known.is_decision and not value.is_decision:
            yield f"{slot}: {value.value} is no longer decided"
    yield from (f"{slot}: {value.value} taken away" for slot, value in before.items() if slot not in after)


def _by_slot(card: Card) -> dict[str, Value]:
    return {value.slot: value for value in (*card.facts, *card.decisions)}


def _criteria(old: list[Criterion], new: list[Criterion]) -> Iterator[str]:
    before = {one.text: one for one in old}
    after = {one.text for one in new}
    for one in new:
        known = before.get(one.text)
        if known is None:
            yield f"new criterion: {one.text}"
        if one.is_met and not (known and known.is_met):
            yield f"met: {one.text}"
        elif known and known.is_met and not one.is_met:
            yield f"no longer met: {one.text}"
    yield from (f"criterion dropped: {one.text}" for one in old if one.text not in after)


def _constraints(old: list[Constraint], new: list[Constraint]) -> Iterator[str]:
    before, after = [one.text for one in old], [one.text for one in new]
    yield from (f"holds from now on: {text}" for text in after if text not in before)
    yield from (f"no longer holds: {text}" for text in before if text not in after)


def _questions(old: list[Question], new: list[Question]) -> Iterator[str]:
    before, after = {one.text for one in old}, {one.text for one in new}
    yield from (f"to be asked: {one.text}" for one in new if one.text not in before)
    yield from (f"settled: {one.text}" for one in old if one.text not in after and one.is_contradiction)
