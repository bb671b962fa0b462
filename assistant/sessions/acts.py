"""Which dialogue act the next reply is: ask, propose, do, confirm or close. Code chooses, the model words it.

A pure function of the card and of what was heard. At most one clarifying question a turn, and none whose answer is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.goals import Card
from assistant.sessions.heard import Heard
from assistant.sessions.playbook import ActKind, Playbook


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
    """The next act. `turns` are the acts of the turns before this one, oldest first."""
    return Act(kind="do", why="The message is answered.")


def mark(card: Card, act: Act, turn: int) -> Card:
    """The card with the act's question noted as asked in `turn`; to be kept with the reply that asked it."""
    return card


def instruction(act: Act) -> str:
    """What the model is told of the act, for the end of the prompt."""
    return act.why
