"""A reply held against the card: what must hold, what was asked, decided and known, and what Telos cannot do.

Pure rules over the reply's text; a model is never asked about itself. `turn` has a broken reply written once more.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answers.chat import Check
from assistant.answers.goals import Card
from assistant.sessions.acts import Act
from assistant.sessions.playbook import Playbook


def check(reply: str, *, card: Card, act: Act, playbook: Playbook) -> list[Check]:
    """Every check that applies, passed or not."""
    return []


def broken(checks: Sequence[Check]) -> list[Check]:
    """Those for which the reply must be written again."""
    return [one for one in checks if not one.passed]


def again(checks: Sequence[Check]) -> str:
    """What the model is told for its second try; empty where none is needed."""
    return " ".join(one.why for one in broken(checks))
