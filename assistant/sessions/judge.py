"""An independent judge of a goal: it sees the transcript and the criteria, never what the card claims.

Every verdict needs words of the transcript, and code checks that they stand there; one without them is unmet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from assistant.answers.goals import Criterion, Verdict
from assistant.engine.contract import Engine
from assistant.sessions.playbook import Playbook

DIMENSIONS = ("goal", "believability", "knowledge", "secret", "relationship", "social_rules", "financial")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One side of a turn."""

    turn: int
    speaker: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`overall` is 0 to 10; `judge` is the model's name, or `rules`. `notice` says why no model judged, where one should."""

    judge: str
    overall: float
    verdicts: list[Verdict] = field(default_factory=list)
    dimensions: dict[str, float | None] = field(default_factory=dict)
    notice: str = ""


def score(
    transcript: Sequence[Spoken],
    criteria: Sequence[Criterion],
    engine: Engine | None,
    *,
    statement: str,
    playbook: Playbook,
    now: datetime,
) -> Judged:
    """The goal's score by its transcript. Of the criteria only text and slot are looked at."""
    verdicts = [Verdict(criterion=one.text, is_met=False) for one in criteria]
    return Judged(judge="rules", overall=0.0, verdicts=verdicts, dimensions=dict.fromkeys(DIMENSIONS))
