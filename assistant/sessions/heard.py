"""What one message of the user says about a goal: values, wishes, answers, and how they are meant.

`reading` fills it from the message alone; `card` takes it over, `acts` answers it. Every `quote` is a verbatim part of
the message. It knows no card, no engine and no database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assistant.answers.goals import Constraint

LEFT_OPEN = "left open"
"""The value of a slot that the user was asked for and would not, or could not, fill."""
NO_PREFERENCE = "no preference"
"""The value of a slot of which the user said that anything will do."""
ACCEPTED, REJECTED, REOPENED = "accepted", "not accepted", "open again"
"""The values of a slot that is an agreement; it is open again when something else was changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A value for a slot. `adds`: it joins what is there (interests) rather than take its place.

    `confirms`: the words say that an earlier decision is given up ("instead of the train"), so nothing is asked.
    """

    slot: str
    value: str
    quote: str
    is_decision: bool = False
    adds: bool = False
    confirms: bool = False


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text and the words of the message that say it."""

    text: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The answer to a contradiction that was asked about: `keeps` says which of the two values stands."""

    slot: str
    old: str
    new: str
    keeps_new: bool
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidFact:
    """Something the user said of themselves. `slot` is empty where such facts stand side by side."""

    slot: str
    text: str
    quote: str
    valid_from: datetime
    by: str = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message, read. `by` names the reader: `rules`, or the model whose findings were merged with theirs."""

    values: tuple[Said, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    withdrawn: tuple[Quoted, ...] = ()
    """Constraints that no longer hold: `text` is that of the constraint."""
    met: tuple[Quoted, ...] = ()
    """Criteria of the card that the words meet."""
    added: tuple[Quoted, ...] = ()
    """Criteria that the user wants besides."""
    dropped: tuple[Quoted, ...] = ()
    """Criteria that the user no longer wants."""
    resolution: Resolution | None = None
    statement: Quoted | None = None
    deadline: datetime | None = None
    agrees: bool | None = None
    """Yes or no to what was asked or proposed; `None` if neither was said."""
    is_correction: bool = False
    is_done: bool = False
    is_question: bool = False
    is_repeated_question: bool = False
    is_crisis: bool = False
    """Words of someone who may harm themselves."""
    facts: tuple[SaidFact, ...] = ()
    by: str = "rules"
    notice: str = ""
    """A sentence where a model was to read it and could not."""
