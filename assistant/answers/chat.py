"""Conversations over the API: what is asked, the events of a turn as they come, and what is kept of it.

A turn's events, in order: `saved` first (the user's words are a row now), then `step`s and `text`s as they come, last
`done`, or a problem.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from assistant.answers.goals import Card, GoalLine

TurnStateName = Literal["waiting", "done", "cancelled", "failed"]


class Attachment(BaseModel):
    """A file given along, read by the client: its name or path relative to the folder given, and its text."""

    path: str
    text: str


class Earlier(BaseModel):
    """A turn that took place elsewhere, as the program tells it that resends it; nobody here answered it."""

    said: str
    reply: str


class Start(BaseModel):
    """How a conversation begins. `goal` is a statement for a new goal; `goal_id` names one that is there.

    `instructions` are the user's own, from the program they use: they follow the playbook's, in the frozen head.
    `history` is taken over as turns that are done, and is not read for facts or goals.
    """

    playbook: str = ""
    """The configured one when empty."""
    goal: str = ""
    goal_id: int | None = None
    attachments: list[Attachment] = []
    instructions: str = ""
    history: list[Earlier] = []
    is_sensitive: bool = False
    origin: Literal["cli", "api", "v1", "mail"] = "api"


class Say(BaseModel):
    """A message to a conversation: to `conversation`, to the one last used (`last`), or to a new one (`start`).

    An empty `text` is allowed only to continue a turn that was saved and has no reply.
    """

    text: str
    conversation: int | None = None
    last: bool = False
    start: Start | None = None
    retry: bool = False
    """Answer the last turn anew; `text` is empty."""
    max_tokens: int | None = None
    temperature: float | None = None
    stop: list[str] = []
    seed: int | None = None


class Cited(BaseModel):
    """What `[1]` in a reply points to."""

    number: int
    kind: Literal["item", "turn", "fact"]
    id: int
    title: str
    url: str = ""
    at: datetime | None = None


class Check(BaseModel):
    """A criterion or constraint that a reply was checked against."""

    what: str
    passed: bool
    why: str = ""


class TurnUsage(BaseModel):
    prompt_tokens: int = 0
    prompt_reused: int = 0
    new_tokens: int = 0
    first_token_s: float = 0.0
    total_s: float = 0.0


class TurnView(BaseModel):
    id: int
    number: int
    asked_at: datetime
    said: str
    state: TurnStateName
    act: str = ""
    reply: str = ""
    answered_at: datetime | None = None
    error: str = ""
    citations: list[Cited] = []
    checks: list[Check] = []
    usage: TurnUsage = TurnUsage()
    verdict: str = ""


class ConversationLine(BaseModel):
    id: int
    title: str
    playbook: str
    goal_id: int | None
    goal_status: str = ""
    started_at: datetime
    last_at: datetime
    turns: int
    is_waiting: bool
    """Its last turn was saved and has no reply yet."""


class ConversationView(BaseModel):
    line: ConversationLine
    turns: list[TurnView]
    card: Card | None = None
    goal: GoalLine | None = None


class Saved(BaseModel):
    """The user's words are kept; what fails from here on loses none of them."""

    event: Literal["saved"] = "saved"
    conversation: int
    title: str
    turn: int
    number: int


class Step(BaseModel):
    """What is being done: `reading`, `compacting`, `recalling`, `loading`, `writing`, `checking`, `remembering`."""

    event: Literal["step"] = "step"
    what: str
    detail: str = ""


class Text(BaseModel):
    """A part of the reply. `is_again` starts it over: what came before is void."""

    event: Literal["text"] = "text"
    text: str
    is_again: bool = False


class Done(BaseModel):
    """The turn as it was kept, what was learned from it, and the goal's line where there is one."""

    event: Literal["done"] = "done"
    conversation: int
    turn: TurnView
    goal: GoalLine | None = None
    changes: list[str] = []
    """What the turn changed on the goal's card, a line each."""
    learned: list[str] = []
    """Facts about the user that were kept, a sentence each."""
    notices: list[str] = []
    """What was done otherwise than asked: a compaction, an engine that failed."""


Event = Annotated[Saved | Step | Text | Done, Field(discriminator="event")]


class Found(BaseModel):
    """A turn that a search over conversations found; `snippet` is where."""

    conversation: int
    title: str
    number: int
    at: datetime
    speaker: Literal["user", "assistant"]
    snippet: str
    score: float


class Opinion(BaseModel):
    """What the user says of a reply."""

    verdict: Literal["more", "less", ""]


class Undone(BaseModel):
    """The turn that was taken back, and what else went with it."""

    number: int
    said: str
    changes: list[str] = []
