"""Memory: what is asked of it and what it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class Filters(BaseModel):
    """Which items may answer."""

    source: str | None = None
    kind: str | None = None
    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Query(BaseModel):
    query: str = Field(min_length=1, max_length=10_000)
    filters: Filters = Filters()
    limit: int = Field(default=10, ge=1, le=1000)


class HitLine(BaseModel):
    """An item that answers. `ref` is its id at its source."""

    item_id: int
    ref: str
    title: str
    snippet: str
    score: float
    reasons: list[str]
    source: str
    kind: str
    url: str
    authors: list[str]
    language: str
    published: datetime


class Answers(BaseModel):
    """Hits, best first, and sentences on what limited the search."""

    hits: list[HitLine]
    notices: list[str] = []


class Note(BaseModel):
    """A text that the user adds."""

    text: str = Field(min_length=1)
    title: str = ""
    kind: str = "note"


class Mark(BaseModel):
    """What a mark as private stands on. `title` is a title or the first words; what was erased has neither it nor `what`."""

    kind: Literal["item", "fact"]
    id: int
    what: str = ""
    """An item's own kind, such as `note`; "fact", or "fact, until" a day."""
    title: str = ""
    notice: str = ""
    """What the user should know of it: words too short or too common are not looked for in what leaves, one word always is."""


class Private(BaseModel):
    """The numbers of the items and facts that are marked as private, and for the user what each is."""

    items: list[int] = []
    facts: list[int] = []
    marks: list[Mark] = []
    """Empty for another program."""


class SetPrivate(BaseModel):
    """Those to be marked, or whose marks are to go."""

    items: list[int] = []
    facts: list[int] = []
    is_private: bool = True


class Added(BaseModel):
    item_id: int


class Lines(BaseModel):
    """Part of a JSONL file; `first` is the number of its first line."""

    lines: list[str]
    first: int = 1


class Imported(BaseModel):
    """What became of lines. `problems` name those that were passed over."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[str] = []


class IndexedTexts(BaseModel):
    """Texts that can be found by meaning now; `waiting` ones are found by their words alone, because of `why`."""

    versions: int
    waiting: int = 0
    why: str = ""


class ItemView(BaseModel):
    """An item with its whole text."""

    item_id: int
    ref: str
    title: str
    text: str
    source: str
    kind: str
    url: str
    authors: list[str]
    topics: list[str]
    language: str
    published: datetime
    first_seen: datetime
    versions: int
    story_id: int | None
    is_hidden: bool
    to_me: bool = False
    by_me: bool = False
    details: dict[str, Any] = {}
    """Facts of its kind: a score, the number of comments, the recipients of a mail."""


class ExportLine(BaseModel):
    """An item as `import` takes it back."""

    ref: str
    text: str
    title: str
    time: datetime
    author: str
    kind: str
    source: str
    url: str


class ExportPage(BaseModel):
    """Some items in the order of their ids; `next` is where the following page starts, if there is one."""

    lines: list[ExportLine]
    next: int | None = None


class EraseRequest(BaseModel):
    what: Literal["source", "person", "before", "item"]
    name: str
    """A source's or a person's name, an ISO date, or an item's id."""


class EraseEstimate(BaseModel):
    items: int


class ErasedAnswer(BaseModel):
    """What went, and the proof: `found` names files that still hold some of the words."""

    items: int
    entries: int
    turns: int
    """Of conversations, that went or whose answers lost their words."""
    drafts: int
    lessons: int
    """What editing taught, that went with its words."""
    copies: int
    files: int
    probes: int
    found: list[str]
    notices: list[str]


class ReindexedAnswer(BaseModel):
    embedded: int
    slug: str


class RetentionLine(BaseModel):
    """What becomes of the items of a kind; 0 days means never. `items` are those the rules apply to."""

    kind: str
    items: int
    shortened: int
    shorten_days: int
    keep_days: int
    shortens_next: datetime | None = None
    """When the oldest long text becomes a summary; in the past where the next upkeep does it."""
    deletes_next: datetime | None = None
    """The same for deleting, at the earliest: what is cited stays."""


class Retention(BaseModel):
    lines: list[RetentionLine]
    keeps_conversations_days: int
    """0: conversations are kept."""
    keeps_calls_days: int
    """Prompts and replies of models."""
    keeps_transitions_days: int
    """What steering learns from; 0 keeps it."""
