"""A conversation at one of its turns, as rows tell it, and what the steps of the turn make of it.

`conversations` opens a `Talk` and hands it to `turn` with the `Parts`; `keeping` writes what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sqlmodel import Session

from assistant.answers.chat import Check, Say
from assistant.answers.explanation import Explanation
from assistant.answers.goals import Card
from assistant.clock import Clock
from assistant.config.schema import Settings
from assistant.engine.contract import Engine, Floats, Steered, Usage
from assistant.errors import TelosError
from assistant.sessions.acts import Act, asked_anew
from assistant.sessions.ahead import Ahead
from assistant.sessions.context import Exchange, File, Told
from assistant.sessions.heard import Heard, SaidFact
from assistant.sessions.playbook import Playbook
from assistant.sessions.recalling import Gathered, Memory
from assistant.sessions.views import card_of
from assistant.sessions.watched import Watch
from assistant.steering.helm import UNMANNED, Helm
from memory.models import Conversation, Goal, GoalStatus, Turn, TurnState
from memory.store import conversations, goals
from memory.store.connection import Database

STOPPED = " …"
"""Ends a reply that the user stopped, where it is told again."""
READ_BEFORE = 20
"""So many of the user's earlier messages are looked at, to see whether a question is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a turn works with. `engine_for` takes the purpose of a call and the turn's id, `helm` whether the conversation
    is sensitive."""

    database: Database
    clock: Clock
    settings: Settings
    memory: Memory
    engine_for: Callable[[str, int | None], Engine]
    ahead: Ahead
    helm: Callable[[bool], Helm] = lambda _: UNMANNED

    def local_now(self) -> datetime:
        return self.clock.now().astimezone(self.settings.user.zone)


@dataclass
class Talk:
    """`turn` is the one to be answered, `turns` those before it that were not taken back.

    `card` is the goal's before this turn; `is_read`, whether the message may change it.
    """

    conversation: Conversation
    turn: Turn
    turns: Sequence[Turn]
    playbook: Playbook
    goal: Goal | None = None
    card: Card | None = None
    is_read: bool = False
    is_again: bool = False
    """The turn was answered before, and counts no second time."""
    profile: Sequence[str] | None = None
    """What of the frozen profile whoever asks may be told; all of it, if nobody said."""

    @classmethod
    def of(cls, session: Session, conversation: Conversation, turn: Turn, playbook: Playbook) -> Talk:
        earlier = [one for one in conversations.turns(session, conversation.id or 0) if one.number < turn.number]
        talk = cls(conversation, turn, earlier, playbook)
        goal = goals.get(session, conversation.goal_id) if conversation.goal_id is not None else None
        if goal is not None:
            talk.goal, talk.card = goal, card_of(goal)
            talk.is_read = goal.status is GoalStatus.OPEN or goal.closed_by == "judge"
            talk._before_this_turn(session)
            if not earlier:
                talk.card = asked_anew(talk.card)
        return talk

    def _before_this_turn(self, session: Session) -> None:
        """A turn that is answered anew starts from the card before it, unless the card was changed since."""
        assert self.goal is not None
        versions = goals.versions(session, self.goal.id or 0)
        own = [version for version in versions if version.turn_id == self.turn.id]
        if not own:
            return
        before = goals.version_before(session, self.goal.id or 0, self.turn.id or 0)
        if self.goal.card == own[-1].card and before is not None:
            self.card = Card.model_validate(before.card)
        else:
            self.is_read = False

    @property
    def is_open(self) -> bool:
        return self.goal is not None and self.goal.status is GoalStatus.OPEN

    @cached_property
    def exchanges(self) -> list[Exchange]:
        """The turns that were answered; words that were not are told with the message that followed."""
        told: list[Exchange] = []
        waiting: list[str] = []
        for turn in self.turns:
            if not turn.reply:
                waiting.append(turn.said)
                continue
            reply = turn.reply.rstrip() + (STOPPED if turn.state is TurnState.CANCELLED else "")
            told.append(Exchange(turn.number, "\n\n".join([*waiting, turn.said]), reply))
            waiting = []
        return told

    @cached_property
    def unanswered(self) -> list[Turn]:
        """The turns just before this one that have no reply; this one answers them, too."""
        last = max((turn.number for turn in self.turns if turn.reply), default=0)
        return [turn for turn in self.turns if turn.number > last]

    @property
    def message(self) -> str:
        return "\n\n".join([*(turn.said for turn in self.unanswered), self.turn.said])

    @property
    def unread(self) -> str:
        """What is not yet on the card: this message, and earlier ones that were only saved."""
        saved = [turn.said for turn in self.unanswered if turn.state is TurnState.WAITING]
        return "\n\n".join([*saved, self.turn.said])

    @property
    def told(self) -> Told:
        row = self.conversation
        return Told(
            head=row.head,
            profile=row.profile if self.profile is None else self.profile,
            files=[File(file["path"], file["text"]) for file in row.attachments],
            summary=row.summary,
            summarised_to=row.summarised_to,
            exchanges=[one for one in self.exchanges if one.number > row.summarised_to],
        )

    @property
    def asked(self) -> str:
        """The question that the last reply asked."""
        last = next((turn for turn in reversed(self.turns) if turn.reply), None)
        return str(last.context.get("question", "")) if last is not None else ""

    @property
    def acts(self) -> list[str]:
        """The acts of the turns before this one by their number; empty for one without a reply, or taken back."""
        known = {turn.number: turn.act for turn in self.turns}
        return [known.get(number, "") for number in range(1, self.turn.number)]

    @property
    def said_before(self) -> list[str]:
        return [turn.said for turn in self.turns][-READ_BEFORE:]

    @property
    def notes(self) -> list[str]:
        if self.goal is None or self.is_open:
            return []
        return [f"The goal of this conversation is {self.goal.status.value}; nothing more is asked for it."]


@dataclass(slots=True)
class Course:
    """A turn under way: what each step made of it."""

    talk: Talk
    say: Say
    card: Card
    heard: Heard = field(default_factory=Heard)
    has_read: bool = False
    changes: list[str] = field(default_factory=list)
    facts: list[SaidFact] = field(default_factory=list)
    act: Act = field(default_factory=lambda: Act(kind="do"))
    gathered: Gathered = field(default_factory=Gathered)
    explanation: Explanation = field(default_factory=Explanation)
    text: str = ""
    checks: list[Check] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    """Of the reply, and of its second try."""
    helm: Helm = UNMANNED
    anchored: str = ""
    """Why the instructions are said again in this turn, if they are."""
    is_watched: bool = False
    """The engine tells how much attention the reply pays to the instructions."""
    state: Floats | None = None
    """What the prompt left the model in: (width,)."""
    steered: Steered | None = None
    model: str = ""
    """Its name, where there is a state."""
    watch: Watch = field(default_factory=Watch)
    is_whole: bool = False
    """The reply is there as it will be kept; what is still done would not change it."""
    notices: list[str] = field(default_factory=list)
    failure: TelosError | None = None
    """Why the model could not even be loaded; what needs none is done first."""
