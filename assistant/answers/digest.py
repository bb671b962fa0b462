"""Digests, their delivery, and what was said of them. The digest itself is `digest.view.DigestView`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from assistant.answers.profile import LessonView

State = Literal["queued", "sending", "sent", "failed", "unknown"]
VerbName = Literal["more", "less", "keep", "drop"]
MuteKindName = Literal["word", "author", "source", "story"]
"""The values of the enumerations of `memory.models`, which the client does not import for their weight."""


class DigestLine(BaseModel):
    """A digest in a list: its key, what it holds, and where its delivery stands."""

    id: int
    day: date
    run: int
    recipient: str
    built_at: datetime
    writer: str
    entries: int
    state: State
    attempts: int
    next_attempt_at: datetime | None
    done_at: datetime | None
    error: str | None
    """Why it is not sent, or not yet."""


class Spoken(BaseModel):
    """A word on an entry, with the title that says whether the right one was meant."""

    verb: VerbName
    number: int
    day: date
    title: str
    was_said_before: bool


class Muted(BaseModel):
    """`name` is what the user knows it by: the word, author or source as it is kept, or the story's title."""

    id: int
    kind: MuteKindName
    name: str
    since: datetime


class Undone(BaseModel):
    """What was taken back: a verb on an entry, or a mute."""

    what: Literal["more", "less", "keep", "drop", "mute"]
    name: str
    """The entry's title, or what is heard again."""


class Timing(BaseModel):
    """When the next scheduled digest comes; `paused_until` is the day a pause ends. `zone` is the user's."""

    next_at: datetime | None
    zone: str
    paused_until: date | None
    missed: list[date]
    """Wanted days since the last digest that passed without one."""


class DigestStatus(BaseModel):
    """The digest's part of `telos status`. `troubled` are those that failed or whose end is not known, not yet told."""

    timing: Timing
    last_sent: DigestLine | None
    waiting: list[DigestLine]
    troubled: list[DigestLine]


class Target(BaseModel):
    """An entry: of the digest of a day, or of the last one sent."""

    number: int
    day: date | None = None


class Word(Target):
    verb: VerbName


class DigestText(BaseModel):
    """A digest as the user's editor shows it, and gives it back."""

    day: date
    text: str
    is_sure: bool = False
    """That an entry of which nothing is left is meant so, and is to be learned from."""


class Corrected(BaseModel):
    """What an edited digest taught: lessons from entries and sections, and the entries of whose kind there will be less.

    `question` is asked before anything is learned of the entry it names: the same again with `is_sure` answers yes.
    """

    day: date
    lessons: list[LessonView] = []
    less: list[Spoken] = []
    question: str = ""


class MuteRequest(BaseModel):
    """Mute `value`, or what the entry `target` has of this kind."""

    kind: MuteKindName
    value: str | None = None
    target: Target | None = None


class SendRequest(BaseModel):
    again: bool = False


class ResendRequest(BaseModel):
    day: date | None = None
    """The last digest built, unless a day is given."""


class PauseRequest(BaseModel):
    until: date
