"""Conversations, turns and goals as the API answers with them, from their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from assistant.answers.chat import Check, Cited, ConversationLine, TurnUsage, TurnView
from assistant.answers.goals import Card, GoalLine
from memory.models import Conversation, Goal, Turn, TurnState
from memory.store import conversations, goals

MOST_CONVERSATIONS = 50


def is_continued(turn: Turn) -> bool:
    """Whether a turn is answered when the user comes back: it has no reply, and nobody took it back."""
    return turn.undone_at is None and (
        turn.state in (TurnState.WAITING, TurnState.FAILED) or (turn.state is TurnState.CANCELLED and not turn.reply)
    )


def turn_view(turn: Turn) -> TurnView:
    return TurnView(
        id=turn.id or 0,
        number=turn.number,
        asked_at=turn.asked_at,
        said=turn.said,
        state=turn.state.value,
        act=turn.act,
        reply=turn.reply,
        answered_at=turn.answered_at,
        error=turn.error,
        citations=[Cited.model_validate(one) for one in turn.citations],
        checks=[Check.model_validate(one) for one in turn.checks],
        usage=TurnUsage.model_validate(turn.usage),
        verdict=turn.verdict,
    )


def conversation_lines(session: Session, rows: Sequence[Conversation]) -> list[ConversationLine]:
    counts = conversations.count_turns(session, [row.id or 0 for row in rows])
    lines: list[ConversationLine] = []
    for row in rows:
        goal = goals.get(session, row.goal_id) if row.goal_id is not None else None
        last = conversations.last_turn(session, row.id or 0)
        lines.append(
            ConversationLine(
                id=row.id or 0,
                title=row.title or title_of(last.said if last is not None else ""),  # erased with what it began with
                playbook=row.playbook,
                goal_id=row.goal_id,
                goal_status=goal.status.value if goal is not None else "",
                started_at=row.started_at,
                last_at=row.last_at,
                turns=counts.get(row.id or 0, 0),
                is_waiting=last is not None and is_continued(last),
            )
        )
    return lines


def card_of(goal: Goal) -> Card:
    return Card.model_validate(goal.card)


def goal_line(session: Session, goal: Goal) -> GoalLine:
    card = card_of(goal)
    held = conversations.recent(session, MOST_CONVERSATIONS, goal_id=goal.id)
    return GoalLine(
        id=goal.id or 0,
        statement=goal.statement,
        status=goal.status.value,
        is_standing=goal.is_standing,
        progress=round(card.progress, 4),
        criteria_met=sum(one.is_met for one in card.criteria),
        criteria=len(card.criteria),
        deadline=goal.deadline,
        changed_at=goal.changed_at,
        turns_used=goal.turns_used,
        tokens_used=goal.tokens_used,
        conversations=[row.id or 0 for row in held],
    )


def title_of(text: str, most: int = 60) -> str:
    """A line that names a conversation: the start of what was said."""
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())
    if len(line) <= most:
        return line or "Conversation"
    cut = line[:most]
    return (cut[: cut.rfind(" ")] if " " in cut[most // 2 :] else cut).rstrip(" ,;:-") + "…"


def spoken(turns: Iterable[Turn]) -> list[Turn]:
    """Those that have a reply, even if it was stopped."""
    return [turn for turn in turns if turn.reply]
