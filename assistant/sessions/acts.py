"""Which dialogue act the next reply is: ask, propose, do, confirm or close. Code chooses, the model words it.

A pure function of the card and of what was heard. At most one clarifying question a turn, and none whose answer is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.goals import Card, Criterion, Question
from assistant.sessions.heard import ACCEPTED, LEFT_OPEN, REJECTED, REOPENED, Heard
from assistant.sessions.playbook import ActKind, Playbook, Template
from assistant.sessions.rules.crisis import HELP

_PATIENCE = 3
"""So many turns pass before a question that was not answered is asked once more; a contradiction waits one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`question` is the one clarifying question the reply may ask, about `slot`; `why` is for the prompt and for people.

    `first` are words that Telos itself puts before the reply: help for someone in need. They are never left to a model.
    """

    kind: ActKind
    question: str = ""
    slot: str = ""
    why: str = ""
    is_contradiction: bool = False
    first: str = ""


def choose(card: Card, heard: Heard, playbook: Playbook, turns: Sequence[str]) -> Act:
    """The next act. `turns` are the acts of the turns before this one, oldest first.

    In order: help in need, a contradiction, the end, an answer to what was asked, what is missing, a proposal, and the
    user's word on the whole.
    """
    act = _wanted(card, heard, playbook, turns)
    if act.kind in playbook.acts:
        return act
    return Act(kind="do", question=act.question, slot=act.slot, why=act.why, is_contradiction=act.is_contradiction)


def _wanted(card: Card, heard: Heard, playbook: Playbook, turns: Sequence[str]) -> Act:
    turn = len(turns) + 1
    if heard.is_crisis:
        return Act(kind="do", why="The user may be in danger: they are listened to, and pointed to help.", first=HELP)
    if doubt := _doubt(card, turn):
        return Act(
            kind="ask",
            question=doubt.text,
            slot=doubt.slot,
            why="Two things said do not go together.",
            is_contradiction=True,
        )
    if heard.is_done:
        return Act(kind="close", why="The user is done.")
    all_met = bool(card.criteria) and all(one.is_met for one in card.criteria)
    agrees = heard.agrees or any(one.value == ACCEPTED for one in heard.values)
    if all_met and (agrees or "confirm" in turns[-2:]) and not heard.is_question and not heard.is_correction:
        return Act(kind="close", why="Every criterion is met, and the user agreed.")
    if heard.is_question or not card.criteria:
        return Act(
            kind="do",
            why="The user asked something: that is answered first."
            if heard.is_question
            else "The message is answered.",
        )
    if card.turn_budget is not None and turn >= card.turn_budget:
        return Act(kind="confirm", why="The turns of this goal are used up: what stands is summed up.")
    if all_met:
        return Act(kind="confirm", question="Is everything settled as it stands?", why="Every criterion is met.")
    if missing := _to_ask(card, playbook, turn, required=True):
        return Act(kind="ask", question=missing.question, slot=missing.slot, why=f"Not known yet: {missing.slot}.")
    return _proposal(card, playbook, turn)


def _proposal(card: Card, playbook: Playbook, turn: int) -> Act:
    """A proposal, with one question more: something still open, else whether it suits."""
    if not any(one.required or one.kind == "agreement" for one in playbook.criteria):
        if further := _to_ask(card, playbook, turn, required=False):
            return Act(kind="ask", question=further.question, slot=further.slot, why=f"Not known yet: {further.slot}.")
        return Act(kind="do", why="What the goal still needs is worked on.")
    further = _to_ask(card, playbook, turn, required=False)
    agreed = next((one for one in playbook.criteria if one.kind == "agreement"), None)
    asked = further or (agreed if agreed is not None and _is_open(card, agreed.slot) else None)
    if asked is None:
        return Act(kind="propose", why="Enough is known to propose something.")
    return Act(kind="propose", question=asked.question, slot=asked.slot, why="Enough is known to propose something.")


def mark(card: Card, act: Act, turn: int) -> Card:
    """The card with the act's question noted as asked in `turn`; to be kept with the reply that asked it."""
    if not act.question:
        return card
    card = card.model_copy(deep=True)
    for question in card.questions:
        if question.text == act.question and question.is_contradiction == act.is_contradiction:
            question.asked_in = turn
            return card
    card.questions = [one for one in card.questions if one.slot != act.slot or one.is_contradiction]
    card.questions.append(Question(text=act.question, slot=act.slot, asked_in=turn))
    return card


def asked_anew(card: Card) -> Card:
    """The card as another conversation finds it: turns count anew there, and what was asked in this one may be asked."""
    doubts = [one.model_copy(update={"asked_in": None}) for one in card.questions if one.is_contradiction]
    return card.model_copy(update={"questions": doubts})


_ASKED_AGAIN = "The user asks this once more, so the answer before was not enough: answer it first, and more plainly."


def instruction(act: Act, *, is_asked_again: bool = False) -> str:
    """What the model is told of the act, at the end of the prompt. The question is given word for word: left to word it
    themselves, small models ask two, or one that was answered. `is_asked_again`: the user repeats a question."""
    if act.first:
        return (
            "The user may be in danger. Words that point to help stand before your reply already. Be warm and brief, take "
            "what was said seriously, give no advice on methods, and ask whether they are safe right now."
        )
    only = f'Ask this one question and no other: "{act.question}"' if act.question else "Ask no question."
    tasks = {
        "ask": f"Take up in a few words what the user said. {only}",
        "propose": f"Propose something definite that keeps to everything on the card. {only}",
        "do": f"Do or answer what the user asks, keeping to the card. {only if act.question else ''}",
        "confirm": f"Sum up what was decided, as it stands on the card, adding nothing. {only}",
        "close": "End the conversation: in two or three sentences say what came of it and what is left open. Ask no question.",
    }
    task = tasks[act.kind].strip()
    return f"{_ASKED_AGAIN} {task}" if is_asked_again else task


def _doubt(card: Card, turn: int) -> Question | None:
    """The contradiction to be asked about: one not asked yet, else one that the user passed over a turn ago."""
    doubts = [one for one in card.questions if one.is_contradiction]
    fresh = next((one for one in doubts if one.asked_in is None), None)
    return fresh or next((one for one in doubts if turn - (one.asked_in or 0) >= 2), None)


def _to_ask(card: Card, playbook: Playbook, turn: int, *, required: bool) -> Template | None:
    """The first thing on the card that is neither known nor declined, nor asked a moment ago."""
    for criterion in card.criteria:
        template = playbook.template(criterion.slot)
        if template is None or not template.question or template.kind == "agreement" or template.required != required:
            continue
        if (
            not criterion.is_met
            and card.value_of(criterion.slot) is None
            and _may_be_asked(card, criterion, turn, required)
        ):
            return template
    return None


def _may_be_asked(card: Card, criterion: Criterion, turn: int, required: bool) -> bool:
    asked = next(
        (one.asked_in for one in card.questions if one.slot == criterion.slot and not one.is_contradiction), None
    )
    return asked is None or (required and turn - asked > _PATIENCE)


def _is_open(card: Card, slot: str) -> bool:
    known = card.value_of(slot)
    return known is None or known.value in (LEFT_OPEN, REJECTED, REOPENED)
