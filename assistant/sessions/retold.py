"""Prompts of past turns, built as they were built then: what self-cloning reads. They are sent to a process, never kept.

What memory had brought to them is left out. Conversations that are sensitive give none. `assistant.trainings` asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import cast

from sqlmodel import Session

from assistant.answers.goals import Card
from assistant.engine.contract import Engine, Message, TooLong
from assistant.sessions import acts, context
from assistant.sessions.acts import Act
from assistant.sessions.context import Bounds, Told
from assistant.sessions.course import Talk
from assistant.sessions.playbook import ActKind, Playbook
from assistant.sessions.tail import Now
from memory.models import Conversation, Turn, TurnState
from memory.store import conversations, goals

MOST_CONVERSATIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What prompts are built with."""

    engine: Engine
    bounds: Bounds
    zone: tzinfo
    playbook_of: Callable[[Conversation], Playbook]


def prompts(session: Session, means: Means) -> Iterator[tuple[Message, ...]]:
    """Of every turn that a reply came to, the latest conversation first; without those that are too long by now."""
    for conversation in conversations.recent(session, MOST_CONVERSATIONS):
        if conversation.is_sensitive:
            continue
        for turn in reversed(conversations.turns(session, conversation.id or 0)):
            if turn.state is not TurnState.DONE or not turn.act:
                continue
            try:
                yield prompt(session, conversation, turn, means)
            except TooLong:
                continue


def prompt(session: Session, conversation: Conversation, turn: Turn, means: Means) -> tuple[Message, ...]:
    """Of one turn, whatever came of it.

    Raises: TooLong.
    """
    talk = Talk.of(session, conversation, turn, means.playbook_of(conversation))
    now = Now(
        said=talk.message,
        at=turn.asked_at.astimezone(means.zone),
        card=_card(session, conversation, turn),
        act=acts.instruction(Act(kind=cast(ActKind, turn.act or "do"), question=turn.context.get("question", ""))),
    )
    return context.build(_told(talk, means), now, means.engine, means.bounds).messages


def _told(talk: Talk, means: Means) -> Told:
    """The conversation up to the turn: with the summary it has now, if that ends before it; as much as fits."""
    told = talk.told
    if told.summarised_to >= talk.turn.number:
        told = replace(told, summary="", summarised_to=0, exchanges=talk.exchanges)
    while told.exchanges and context.is_passed(told, talk.message, means.engine, means.bounds):
        told = replace(told, exchanges=_later(told.exchanges))
    return told


def _later(exchanges: Sequence[context.Exchange]) -> Sequence[context.Exchange]:
    return exchanges[max(1, len(exchanges) // 4) :]


def _card(session: Session, conversation: Conversation, turn: Turn) -> Card | None:
    """The goal's card as the turn left it."""
    if conversation.goal_id is None:
        return None
    known = [
        one for one in goals.versions(session, conversation.goal_id) if one.at <= (turn.answered_at or turn.asked_at)
    ]
    return Card.model_validate(known[-1].card) if known else None
