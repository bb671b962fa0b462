"""A goal's card as it begins, and as the user changes it by hand. `card` changes it by what is said."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.answers.goals import Card, Criterion, Evidence, GoalEdit, NewGoal, Value
from assistant.sessions.phrases import normal
from assistant.sessions.playbook import Playbook
from assistant.sessions.rules.wishes import of_text


def blank(new: NewGoal, playbook: Playbook) -> Card:
    """The card before its statement is read: the template of the playbook, unless the goal brings its own."""
    criteria = [Criterion(text=text, slot=_slot(text, playbook)) for text in _distinct(new.criteria)] or [
        Criterion(text=one.text, slot=one.slot) for one in playbook.criteria
    ]
    return Card(
        statement=new.statement,
        criteria=criteria,
        constraints=[of_text(text) for text in _distinct(new.constraints or playbook.constraints)],
        deadline=new.deadline,
        turn_budget=new.turn_budget,
        token_budget=new.token_budget,
        playbook=playbook.name,
    )


def edit(card: Card, change: GoalEdit) -> Card:
    """The card as the user wants it by hand, which asks no leave of earlier decisions."""
    card = card.model_copy(deep=True)
    for name in ("statement", "turn_budget", "token_budget", "deadline"):
        if (value := getattr(change, name)) is not None:
            setattr(card, name, value)
    if change.clear_deadline:
        card.deadline = None
    if change.criteria is not None:
        known = {normal(one.text): one for one in card.criteria}
        card.criteria = [known.get(normal(text), Criterion(text=text)) for text in _distinct(change.criteria)]
    if change.constraints is not None:
        held = {normal(one.text): one for one in card.constraints}
        card.constraints = [held.get(normal(text), of_text(text)) for text in _distinct(change.constraints)]
    for slot, text in (change.values or {}).items():
        _set(card, slot.strip(), text.strip())
    return card


def _set(card: Card, slot: str, text: str) -> None:
    known = card.value_of(slot)
    held = card.decisions if known is not None and known.is_decision else card.facts
    place = held.index(known) if known is not None else len(held)
    card.questions = [one for one in card.questions if one.slot != slot]
    if not text:
        del held[place : place + 1]
    elif known is None or known.value != text:
        value = Value(slot=slot, value=text, evidence=Evidence(quote=text, turn=0))
        if known is not None:
            value.is_decision, value.earlier = known.is_decision, [*known.earlier, known.value]
            value.earlier_evidence = [*known.earlier_evidence, known.evidence]
        held[place : place + 1] = [value]
    for criterion in card.criteria:
        if criterion.slot and criterion.slot == slot:
            criterion.is_met = bool(text)
            if text and all(one.quote != text for one in criterion.evidence):
                criterion.evidence.append(Evidence(quote=text, turn=0))


def _slot(text: str, playbook: Playbook) -> str:
    """The slot that a criterion of the user's asks for: that of the template with the same text, or the one it names."""
    for one in playbook.criteria:
        if one.slot and (normal(one.text) == normal(text) or normal(text).startswith(f"{normal(one.slot)} is known")):
            return one.slot
    return ""


def _distinct(texts: Iterable[str]) -> list[str]:
    return list({normal(text): text for text in reversed(list(texts)) if text.strip()}.values())[::-1]
