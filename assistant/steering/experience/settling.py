"""Rewards that find their turn, however late they come: what became of each reply is read from the rows as they are now.

Nothing is added up as it happens. A thumb, an edited draft, a goal that is closed or opened again change their own rows,
and `settle` makes a conversation's rewards anew from all of them; done twice it changes nothing. A stretch of replies ends
with the first one whose outcome is known: what the user found fault with on the way counts there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from rapidfuzz.distance import Levenshtein
from sqlmodel import Session

from assistant.steering.experience.reward import Evidence, Reward, reward
from memory.models import Conversation, Draft, DraftKind, DraftState, Goal, GoalStatus, Transition, Turn
from memory.store import conversations, drafts, goals, transitions
from memory.store.connection import Database

OVER_AFTER = timedelta(days=7)
"""A conversation that nobody spoke in for so long is over, though its goal is open: what is met by then counts."""
_ENDED = {GoalStatus.ACHIEVED: "achieved", GoalStatus.ABANDONED: "abandoned"}


def settle(session: Session, conversation: Conversation, now: datetime) -> int:
    """Give the turns of a conversation the rewards that are known by now; how many changed."""
    made = _made(session, conversation, now)
    return sum(transitions.reward(session, row, found.value, found.sources) for row, found in made)


def unsettled(session: Session, now: datetime) -> list[Conversation]:
    """The conversations of which a turn has another reward by now. It only reads."""
    return [
        one
        for one in transitions.conversations(session)
        if any(_differs(row, found) for row, found in _made(session, one, now))
    ]


def settle_all(database: Database, now: datetime) -> int:
    """Settle every conversation where something changed; how many turns did."""
    with database.read() as session:
        changed = unsettled(session, now)
    if not changed:
        return 0
    with database.write() as session:
        return sum(settle(session, one, now) for one in changed)


def _differs(row: Transition, found: Reward) -> bool:
    return (row.reward, row.reward_from) != (found.value, list(found.sources))


def _made(session: Session, conversation: Conversation, now: datetime) -> list[tuple[Transition, Reward]]:
    """Each turn's transition with the reward that is known by now."""
    rows = transitions.of_conversation(session, conversation.id or 0)
    turns = {turn.id: turn for turn in conversations.turns(session, conversation.id or 0)}
    rows = [row for row in rows if row.turn_id in turns]
    drafted = drafts.of_turns(session, [row.turn_id for row in rows if row.turn_id is not None])
    faults, every = 0, list[tuple[Transition, Reward]]()
    for place, row in enumerate(rows):
        is_final = place + 1 == len(rows)
        faults += 0 if is_final else rows[place + 1].corrections
        found = _of_turn(session, turns[row.turn_id], drafted)
        if is_final:
            found = _of_end(session, conversation, found, now)
        made = reward(replace(found, corrections=faults))
        faults = faults if made.value is None else 0
        every.append((row, made))
    return every


def kept_share(before: str, after: str) -> float:
    """How much of a text stayed, by words: 1 minus the edit distance over the longer one's length."""
    return float(Levenshtein.normalized_similarity(before.split(), after.split()))


def _of_turn(session: Session, turn: Turn, drafted: Mapping[int, Draft]) -> Evidence:
    """What is known of a reply by itself."""
    thumbs = cast(Literal["", "more", "less"], turn.verdict)
    draft = drafted.get(turn.id or 0)
    return Evidence(thumbs=thumbs, kept=None if draft is None else _kept(session, draft))


def _kept(session: Session, draft: Draft) -> float | None:
    """Known once the user decided on it, or changed it."""
    if draft.state is DraftState.REJECTED:  # of a reply itself, that says only that a thumb was taken back
        return None if draft.kind is DraftKind.CHAT else 0.0
    drafted = drafts.current(session, [draft.id or 0], by=drafts.TELOS).get(draft.id or 0)
    last = drafts.current(session, [draft.id or 0]).get(draft.id or 0)
    if drafted is None or last is None or (draft.state is DraftState.OPEN and last.by == drafts.TELOS):
        return None
    return kept_share(drafted.text, last.text)


def _of_end(session: Session, conversation: Conversation, found: Evidence, now: datetime) -> Evidence:
    """What is known of the reply that a conversation ends with: the goal's outcome, too."""
    goal = goals.get(session, conversation.goal_id) if conversation.goal_id is not None else None
    if goal is None:
        return found
    if goal.status is GoalStatus.OPEN and now - conversation.last_at < OVER_AFTER:
        return found
    known: dict[str, Any] = {"criteria": _share_met(goal), "judged": _judged(session, goal)}
    if goal.closed_by == "user" and goal.status in _ENDED:
        known["word"] = _ENDED[goal.status]
    return replace(found, **known)


def _share_met(goal: Goal) -> float | None:
    criteria = goal.card.get("criteria", [])
    return sum(bool(one.get("is_met")) for one in criteria) / len(criteria) if criteria else None


def _judged(session: Session, goal: Goal) -> float | None:
    """By the last model that judged it. Rules count the criteria, which are counted already."""
    scores = (one for one in goals.scores(session, goal.id or 0) if one.judge not in ("user", "rules"))
    last = next(scores, None)
    return None if last is None else last.overall
