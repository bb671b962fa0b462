"""A message of the user read into what it says about the goal: by plain rules always, by a model as well where one can.

Only the user's own words are read: never recalled text, items or what they pasted. What a model finds counts only where
its quote stands in the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assistant.answers.goals import Card
from assistant.engine.contract import Engine
from assistant.sessions.heard import Heard
from assistant.sessions.playbook import Playbook


def read(
    message: str,
    *,
    card: Card,
    turn: int,
    asked: str,
    engine: Engine | None,
    now: datetime,
    playbook: Playbook,
    before: Sequence[str] = (),
) -> Heard:
    """What the message says. `asked` is the question of the reply before it, empty if there was none; `before` are the
    user's earlier messages; `now` is aware and in the user's zone, for "next weekend"."""
    return Heard()
