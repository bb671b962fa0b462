"""A goal's conversation in tests: a playbook, a card, and messages heard by rules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from assistant.answers.goals import Card, NewGoal
from assistant.sessions.card import apply, begin
from assistant.sessions.heard import Heard
from assistant.sessions.playbook import Playbook, load
from assistant.sessions.rules import listen

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""A Tuesday."""
TRAVEL = load("travel", Path("/nonexistent"))
OPEN = load("open", Path("/nonexistent"))


def card_of(statement: str = "a journey", playbook: Playbook = TRAVEL) -> Card:
    return begin(NewGoal(statement=statement), playbook, NOW)


def hear(message: str, card: Card | None = None, asked: str = "", playbook: Playbook = TRAVEL) -> Heard:
    return listen(message, card=card or card_of(), asked=asked, now=NOW, playbook=playbook)


def values(heard: Heard) -> dict[str, str]:
    return {said.slot: said.value for said in heard.values}


class Talk:
    """A card that hears messages, a turn each; `changes` are those of the last one."""

    def __init__(self, statement: str = "a journey", playbook: Playbook = TRAVEL) -> None:
        self.playbook = playbook
        self.card = card_of(statement, playbook)
        self.turn = 0
        self.said = [statement]
        self.changes: list[str] = []

    def says(self, message: str, asked: str = "") -> Card:
        self.turn += 1
        self.said.append(message)
        heard = listen(message, card=self.card, asked=asked, now=NOW, playbook=self.playbook, before=self.said[1:-1])
        self.card, self.changes = apply(self.card, heard, self.turn)
        return self.card

    def value(self, slot: str) -> str:
        known = self.card.value_of(slot)
        return known.value if known is not None else ""
