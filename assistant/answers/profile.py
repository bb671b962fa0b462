"""What the user prefers, where, why; lessons; what editing costs over time."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

StateName = Literal["held", "retired", "forgotten"]


class ScopeView(BaseModel):
    """Where a preference holds; empty means any."""

    kind: str = ""
    recipient: str = ""
    domain: str = ""
    source: str = ""
    topic: str = ""
    says: str = ""
    """In words: `in mail to ann@example.org`."""


class PreferenceLine(BaseModel):
    id: int
    dimension: str
    value: str
    says: str
    """As a phrase: `greet with "Hi {first},"`."""
    scope: ScopeView
    confidence: float
    is_used: bool
    """Whether its evidence passes the threshold, so that drafts follow it."""
    is_pinned: bool
    state: StateName
    by: str
    evidence: int
    against: int
    learned_at: datetime
    changed_at: datetime
    used: int


class EvidenceLine(BaseModel):
    """An edit behind a preference, in its own words."""

    lesson: int
    draft: int | None
    at: datetime
    context: str
    """In words: `mail to ann@example.org: the ferry`."""
    value: str
    before: str
    quote_before: str
    quote_after: str
    is_for: bool
    is_active: bool
    is_undone: bool = False


class ChangeLine(BaseModel):
    preference: int
    says: str
    at: datetime
    what: str
    before: str
    after: str
    lesson: int | None


class PreferenceView(BaseModel):
    line: PreferenceLine
    evidence: list[EvidenceLine]
    changes: list[ChangeLine]


class PreferenceEdit(BaseModel):
    """The user's own word: another value, or another scope. `None` leaves it."""

    value: str | None = None
    kind: str | None = None
    recipient: str | None = None
    domain: str | None = None
    source: str | None = None
    is_pinned: bool | None = None


class NewPreference(BaseModel):
    """Stated by hand, pinned at once."""

    dimension: str
    value: str
    kind: str = ""
    recipient: str = ""
    domain: str = ""
    source: str = ""


class LessonView(BaseModel):
    """What one edit taught. `line` is the announcement, `undo` the command that takes it back."""

    id: int
    at: datetime
    origin: Literal["edit", "accepted", "own_text"]
    draft: int | None
    cost: int
    words: int
    line: str
    undo: str
    preferences: list[int] = Field(default_factory=list)
    undone_at: datetime | None = None


class LearnText(BaseModel):
    """A text of the user's own. `name` is where it came from, for messages."""

    name: str
    text: str
    kind: Literal["mail", "document", "note"] | None = None
    to: str = ""
    at: datetime | None = None


class LearnTexts(BaseModel):
    texts: list[LearnText]


class WarmedUp(BaseModel):
    """What was learned from past texts. `skipped` says of each that taught nothing why."""

    read: int
    skipped: list[str]
    lessons: int
    preferences: list[PreferenceLine]


class CostPoint(BaseModel):
    """A decided draft: when, and which share of its words the user changed."""

    at: datetime
    kind: str
    recipient: str
    cost: int
    words: int
    share: float


class Exported(BaseModel):
    """The whole profile as a file: readable, and imported elsewhere."""

    format: Literal["telos-profile-1"] = "telos-profile-1"
    exported_at: datetime
    preferences: list[ExportedPreference] = Field(default_factory=list)


class ExportedPreference(BaseModel):
    dimension: str
    value: str
    amount: float | None = None
    kind: str = ""
    recipient: str = ""
    domain: str = ""
    source: str = ""
    topic: str = ""
    confidence: float = 1.0
    is_pinned: bool = False
    examples: list[str] = Field(default_factory=list)
    """What its evidence was about, from which a topical one is found again."""


class Imported(BaseModel):
    added: int
    kept: int
    """Those that were there already, or that the user's own word speaks against."""


Exported.model_rebuild()
