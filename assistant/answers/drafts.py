"""Drafts, their versions, what the user changed, and what was learned from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from assistant.answers.profile import LessonView

KindName = Literal["mail", "reply", "document", "note", "digest", "chat"]
DraftStateName = Literal["open", "approved", "rejected"]
ShapeName = Literal["txt", "md", "html", "eml"]
SendStateName = Literal["", "queued", "sending", "sent", "failed", "unknown"]


class NewDraft(BaseModel):
    """What is to be written. At least one of `about`, `points`, `items`, `facts`, `query`, `incoming`, `entry`, `turn`."""

    kind: KindName = "mail"
    to: list[str] = Field(default_factory=list)
    """Addresses as one writes them: `Ann Lee <ann@example.org>`; a bare name where there is none."""
    about: str = ""
    subject: str = ""
    points: list[str] = Field(default_factory=list)
    items: list[int] = Field(default_factory=list)
    facts: list[int] = Field(default_factory=list)
    query: str = ""
    """What memory is searched for; its best finds are used as items."""
    incoming: str | None = None
    """The mail that is answered, as it came (RFC 5322), bytes kept by surrogateescape."""
    entry: int | None = None
    """The number of an entry of a digest, of `day` or of the last one sent."""
    day: date | None = None
    turn: int | None = None
    """The number of a turn of `conversation`, whose reply becomes the draft."""
    conversation: int | None = None
    language: str = ""


class Used(BaseModel):
    """A preference as it was used in a draft, said in a phrase."""

    preference: int | None
    dimension: str
    value: str
    says: str
    why: str = ""


class VersionView(BaseModel):
    number: int
    at: datetime
    by: Literal["telos", "user"]
    subject: str
    text: str
    writer: str = ""
    gaps: list[str] = Field(default_factory=list)
    used: list[Used] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class DraftLine(BaseModel):
    id: int
    kind: KindName
    state: DraftStateName
    to: list[str]
    subject: str
    versions: int
    gaps: int
    changed_at: datetime
    sending: SendStateName = ""
    send_error: str = ""
    answer: str = ""
    """How it was taken: the server's words, or the file that it was written to."""


class DraftView(BaseModel):
    line: DraftLine
    about: str
    points: list[str]
    current: VersionView
    versions: list[VersionView]
    lessons: list[LessonView] = Field(default_factory=list)


class DraftEdit(BaseModel):
    """The user's text in place of version `version`; another version meanwhile is a conflict, and nothing is lost.

    `is_sure` says that a text with nothing left of the draft is meant, and is to be learned from.
    """

    version: int
    text: str
    subject: str | None = None
    is_sure: bool = False
    teaches: bool = True
    """Whether it is the user's own writing. A text pasted from elsewhere is kept and teaches nothing."""


class DraftSend(BaseModel):
    """`again` is for what was sent already, or may have been."""

    again: bool = False


class Decided(BaseModel):
    """A draft after the user's word, and the one lesson that came of it, if any."""

    draft: DraftView
    lesson: LessonView | None = None
    question: str = ""
    """Asked before anything is learned: the same again with `is_sure` answers yes."""


class WordSpan(BaseModel):
    """A run of words: the same in both, taken away, or added."""

    change: Literal["same", "gone", "new"]
    text: str


class DiffView(BaseModel):
    draft: int
    before: int
    after: int
    spans: list[WordSpan]
    cost: int
    lessons: list[LessonView] = Field(default_factory=list)
