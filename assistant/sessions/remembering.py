"""What the user says about themselves, as dated facts with the words they rest on.

Never from questions, from what is only supposed, or from pasted and quoted text. `facts` keeps what comes from here.
"""

from __future__ import annotations

from datetime import datetime

from assistant.engine.contract import Engine
from assistant.sessions.heard import SaidFact

__all__ = ["SaidFact", "facts_in"]


def facts_in(message: str, *, turn: int, engine: Engine | None, now: datetime) -> list[SaidFact]:
    """The facts in a message, in its order. `now` is aware and in the user's zone."""
    return []
