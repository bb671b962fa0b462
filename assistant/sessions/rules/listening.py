"""A message read by plain rules into what it says about the goal. `reading` and `card` call it; it asks no model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from assistant.answers.goals import Card, Constraint
from assistant.sessions.heard import LEFT_OPEN, NO_PREFERENCE, Heard, Quoted, Resolution, Said
from assistant.sessions.phrases import content, is_like
from assistant.sessions.playbook import Playbook
from assistant.sessions.rules import manner
from assistant.sessions.rules.crisis import is_crisis
from assistant.sessions.rules.goal import added_criteria, deadline, dropped_criteria, restated
from assistant.sessions.rules.message import Clause, clauses, own_words
from assistant.sessions.rules.questions import Asked, asked_about, resolution
from assistant.sessions.rules.slots import Hearing, agreement, named, unnamed_decision, values_of
from assistant.sessions.rules.wishes import constraints, is_order, taken_back

_ROLE = re.compile(r"^\W*(?:you(?:'re|’re| are| play| act| work)|act as|play)\b", re.IGNORECASE)
_TELLING_WORDS = 4
"""A first message with fewer words of its own ("Hello, I need a mail") tells nothing yet."""
_TELLING = frozenset({"place", "money", "people", "dates", "length", "topics", "choice"})
_LONGEST = 20_000
"""More than that is a document that was pasted, and nobody's answer; its beginning is read."""


def listen(
    message: str, *, card: Card, asked: str, now: datetime, playbook: Playbook, before: Sequence[str] = ()
) -> Heard:
    """What the message says, by wording alone. `now` is in the user's zone."""
    own = own_words(message[:_LONGEST])
    parts = clauses(own)
    about = asked_about(asked, card, playbook)
    hearing = Hearing(own, parts, card, playbook, about, now, manner.confirms_change(own))
    values = _values(hearing)
    if not before and not asked:
        values += _opening(hearing, values)
    wanted = _constraints(hearing, values)
    settled = resolution(own, about, values) if about.contradiction else None
    if about.contradiction and settled is None:
        values = [_third(one, about, hearing) for one in values]
    return Heard(
        values=tuple(one for one in _answered(hearing, values, settled, bool(wanted)) if one.quote in message),
        constraints=tuple(wanted),
        withdrawn=tuple(
            Quoted(known.text, quote) for part in parts for known, quote in taken_back(part, card.constraints)
        ),
        added=tuple(one for part in parts for one in added_criteria(part)),
        dropped=tuple(one for part in parts for one in dropped_criteria(part, card)),
        resolution=settled,
        statement=next((one for part in parts if (one := restated(part))), None),
        deadline=next((at for part in parts if (at := deadline(part, now))), None),
        agrees=manner.agrees(own),
        is_correction=bool(card.facts or card.decisions or before)
        and any(manner.corrects(part.text) for part in parts),
        is_done=any(manner.is_done(part.text + part.mark) for part in parts if not manner.asks(part)),
        is_question=any(manner.asks(part) and not manner.requests(part) for part in parts),
        is_repeated_question=_is_repeated(own, parts, before),
        is_crisis=is_crisis(own, playbook.listens),
    )


def _values(hearing: Hearing) -> list[Said]:
    """What fills a slot of the playbook, and decisions about something else."""
    found: list[Said] = []
    for template in hearing.playbook.criteria:
        if template.slot and template.kind != "agreement":
            found += values_of(template, hearing)
    for part in hearing.parts:
        if manner.decides(part) and not any(one.is_decision and one.quote in part.text for one in found):
            found += unnamed_decision(part, hearing, found)
    return found


def _opening(hearing: Hearing, values: list[Said]) -> Iterator[Said]:
    """What the user says first, where a playbook takes it for a value: who begins with what is wrong is not asked for it."""
    if any(_ROLE.search(part.text) for part in hearing.parts):
        return
    for template in hearing.playbook.criteria:
        is_known = hearing.card.value_of(template.slot) or any(one.slot == template.slot for one in values)
        if template.opens == "message" and not is_known:
            told = next((part for part in hearing.parts if _tells(part)), None)
            if told is not None:
                text = told.text[:300].strip()
                yield Said(slot=template.slot, value=text, quote=text)


def _tells(part: Clause) -> bool:
    """A statement that says something."""
    return (
        not (manner.asks(part) or manner.supposes(part) or is_order(part)) and len(content(part.text)) >= _TELLING_WORDS
    )


def _constraints(hearing: Hearing, values: list[Said]) -> list[Constraint]:
    found = [one for part in hearing.parts if not _is_no_wish(part) for one in constraints(part)]
    return [*found, *hearing.limits(values)]


def _is_no_wish(part: Clause) -> bool:
    return (manner.asks(part) and not manner.requests(part)) or manner.supposes(part)


def _third(said: Said, about: Asked, hearing: Hearing) -> Said:
    """Asked which of two it shall be, the user named another: that is their word, and nothing is asked again."""
    if about.contradiction is None or said.slot != about.contradiction.slot:
        return said
    return Said(slot=said.slot, value=said.value, quote=said.quote, is_decision=True, confirms=True)


def _answered(
    hearing: Hearing, values: list[Said], settled: Resolution | None, has_constraints: bool
) -> Iterator[Said]:
    """The values, and what a plain yes, no, "anything" or free words say to the question that was asked."""
    if settled is not None:
        yield from (one for one in values if one.slot != settled.slot)
        return
    yield from values
    template = hearing.about.template
    own = hearing.own.strip()
    if not own or (template is not None and any(one.slot == template.slot for one in values)):
        return
    if agreed := agreement(hearing, is_changed=bool(values) or has_constraints):
        yield agreed
    if template is None or template.kind == "agreement":
        return
    if quote := _of_it(manner.has_no_preference, hearing):
        yield Said(slot=template.slot, value=NO_PREFERENCE, quote=quote)
    elif quote := _of_it(manner.leaves_open, hearing):
        yield Said(slot=template.slot, value=LEFT_OPEN, quote=quote)
    elif template.kind == "text" and (answer := _free_answer(hearing, values)):
        yield Said(slot=template.slot, value=answer, quote=answer)
    elif template.kind in ("choice", "topics", "text") and manner.agrees(own) is False and len(own.split()) <= 4:
        yield Said(slot=template.slot, value=NO_PREFERENCE, quote=own)


def _of_it(says: Callable[[str], str], hearing: Hearing) -> str:
    """The words that leave open what was asked; empty where the sentence with them speaks of something else."""
    asked = hearing.about.template
    for part in hearing.parts:
        quote = says(part.text)
        others = (one for one in hearing.playbook.criteria if one is not asked and one.kind in _TELLING)
        if quote and not any(named(one, part, hearing) for one in others):
            return quote
    return ""


def _free_answer(hearing: Hearing, values: list[Said]) -> str:
    """The first statement that answers a question for free words; a question back answers nothing, nor does an order
    on how something is to be done, or what fills another slot."""
    for part in hearing.parts:
        is_short_word = manner.agrees(part.text) is not None and len(part.text.split()) <= 3
        if manner.asks(part) or is_short_word or manner.is_done(part.text) or manner.says_again(part.text):
            continue
        if is_order(part) or any(one.quote in part.text for one in values) or len(part.text) < 2:
            continue
        return part.text[:300].strip()
    return ""


def _is_repeated(own: str, parts: list[Clause], before: Sequence[str]) -> bool:
    """The user asks what they asked before, or says that they did."""
    if manner.says_again(own):
        return True
    earlier = [
        part.text for message in before[-12:] for part in clauses(own_words(message[:2000])) if manner.asks(part)
    ]
    questions = [part.text for part in parts if manner.asks(part) and len(part.text.split()) >= 3]
    return any(is_like(question, known) for question in questions[:8] for known in earlier[:40])
