"""What the reply before a message asked, and what a message answers to a contradiction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.goals import Card, Question
from assistant.sessions.heard import Resolution, Said
from assistant.sessions.phrases import is_like, mentions, normal, overlap
from assistant.sessions.playbook import Playbook, Template
from assistant.sessions.rules import manner
from assistant.sessions.rules.message import clauses

_OLD = re.compile(
    r"\b(?:keep|stay with|stick (?:with|to)|as before|as it was|the (?:first|former|old|original|earlier)|former|leave it|don'?t change|same as before|behalten|bleib|garde|mantener)\b",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"\b(?:change|switch|replace|the (?:second|latter|new|other|last)|latter|new one|update|take the new|ändern|änder|change[zr]?|cambia)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"\W*(?:yes|yeah|yep|yup|sure|correct|right|exactly|no|nope|nah|ja|genau|nein|oui|non|sí|claro)(?![\w'’-])",
    re.IGNORECASE,
)
_GIVEN_UP = (
    r"\b(?:not|no longer|instead of|rather than|without|forget|drop|no more)\s+(?:the\s+|a\s+|an\s+|by\s+|about\s+)*"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: a slot's template, or a contradiction on the card; neither where it was something else."""

    text: str = ""
    template: Template | None = None
    contradiction: Question | None = None


def asked_about(asked: str, card: Card, playbook: Playbook) -> Asked:
    """Which question of the card or the playbook the words `asked` are."""
    if not asked.strip():
        return Asked()
    doubts = [one for one in card.questions if one.is_contradiction]
    for doubt in doubts:
        if (
            doubt.text in asked
            or is_like(doubt.text, asked)
            or (mentions(doubt.old, asked) and mentions(doubt.new, asked))
        ):
            return Asked(asked, None, doubt)
    template = _template(asked, playbook)
    if template is None:
        pending = [one for one in card.questions if one.asked_in is not None]
        latest = max(pending, key=lambda one: one.asked_in or 0, default=None)
        if latest is not None and latest.is_contradiction:
            return Asked(asked, None, latest)
        template = playbook.template(latest.slot) if latest is not None else None
    return Asked(asked, template)


def _template(asked: str, playbook: Playbook) -> Template | None:
    askable = [one for one in playbook.criteria if one.question]
    exact = next((one for one in askable if one.question in asked or is_like(one.question, asked)), None)
    if exact is not None:
        return exact
    scored = [(overlap(f"{one.question} {one.slot}", asked), one) for one in askable]
    best = max(scored, key=lambda one: one[0], default=(0.0, None))
    return best[1] if best[0] >= 0.6 else None


def resolution(own: str, about: Asked, values: Sequence[Said]) -> Resolution | None:
    """Which of the two the user wants; `None` where the words do not say, or name a third."""
    doubt = about.contradiction
    if doubt is None or not own.strip():
        return None
    parts = [part.text for part in clauses(own)]
    quote = next(
        (part for part in parts if _names(doubt.new, part) or _names(doubt.old, part)), parts[0] if parts else ""
    )
    keeps_new = _choice(own, doubt, values)
    if keeps_new is None or not quote:
        return None
    return Resolution(slot=doubt.slot, old=doubt.old, new=doubt.new, keeps_new=keeps_new, quote=quote[:300])


def _choice(own: str, doubt: Question, values: Sequence[Said]) -> bool | None:
    said = next((normal(one.value) for one in values if one.slot == doubt.slot), "")
    if said in (normal(doubt.new), normal(doubt.old)):
        return said == normal(doubt.new)
    has_new, has_old = _names(doubt.new, own), _names(doubt.old, own)
    if has_new != has_old:
        return has_new
    if has_new and has_old:
        gives_up_new = re.search(_GIVEN_UP + re.escape(doubt.new), own, re.IGNORECASE) is not None
        gives_up_old = re.search(_GIVEN_UP + re.escape(doubt.old), own, re.IGNORECASE) is not None
        return gives_up_old if gives_up_new != gives_up_old else None
    if said:
        return None
    if _OLD.search(own):
        return False
    if _NEW.search(own):
        return True
    # A bare yes is taken for the later of the two; praise ("that looks great") is none of either.
    return manner.agrees(own) if _YES_OR_NO.match(own) else None


def _names(value: str, own: str) -> bool:
    """Whether the words name a value, and do not give it up."""
    return mentions(value, own) and re.search(_GIVEN_UP + re.escape(value), own, re.IGNORECASE) is None
