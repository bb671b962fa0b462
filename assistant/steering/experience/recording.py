"""What a turn writes down for the planner to learn from: the state it was in, the action, and who took it.

It makes the row; `sessions.keeping` writes it in the transaction that keeps the turn. Rewards come later (`reward`).
"""

from __future__ import annotations

from datetime import datetime

from assistant.engine.contract import Floats, Steered
from assistant.steering.helm import Helm
from memory.embed import pack_one
from memory.models import Transition, Turn


def transition(
    turn: Turn, helm: Helm, state: Floats, steered: Steered | None, *, model: str, corrections: int, at: datetime
) -> Transition:
    """The row of a turn whose prompt left the model in `state`, (width,). Not steered, it has no action."""
    row = Transition(
        turn_id=turn.id,
        conversation_id=turn.conversation_id,
        episode=f"conversation-{turn.conversation_id}",
        step=turn.number,
        at=at,
        fingerprint=helm.fingerprint,
        model=model,
        state=pack_one(state),
        corrections=corrections,
    )
    note(row, helm, steered)
    return row


def note(row: Transition, helm: Helm, steered: Steered | None) -> None:
    """Write on the row how its reply was steered, if it was."""
    if steered is not None:
        row.action, row.planner, row.place, row.noise = pack_one(steered.action), helm.number, helm.place, helm.noise
        row.value, row.value_cloned, row.angle = steered.value, steered.value_cloned, steered.angle
