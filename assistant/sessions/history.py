"""What was said before a goal was begun, read onto its card by rules. `conversations` asks, when a goal is given late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo

from assistant.answers.goals import Card
from assistant.sessions.card import apply
from assistant.sessions.playbook import Playbook
from assistant.sessions.rules import listen
from memory.models import Turn


def read(card: Card, turns: Iterable[Turn], playbook: Playbook, zone: tzinfo) -> Card:
    """The card after these turns; what they say of the goal itself was said of another one and is left out."""
    before: list[str] = []
    asked = ""
    for turn in turns:
        at = turn.asked_at.astimezone(zone)
        heard = listen(turn.said, card=card, asked=asked, now=at, playbook=playbook, before=before)
        card, _ = apply(card, replace(heard, statement=None, deadline=None), turn.number)
        before, asked = [*before, turn.said], str(turn.context.get("question", ""))
    return card
