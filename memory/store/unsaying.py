"""Taking what is erased out of conversations, goals, facts about the user and the log of calls.

`memory.store.erasing` does the same for items and digests, and calls this. An answer that rests on something erased
keeps its place, without its words: the user's own stay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from memory import lexical
from memory.models import (
    Call,
    Conversation,
    Fact,
    FactEvidence,
    Goal,
    GoalStatus,
    GoalVersion,
    Score,
    Transition,
    Turn,
)
from memory.store import facts, transitions

UNSAID = "[This answer rested on something that was erased.]"

IsMeant = Callable[[str], bool]


def forget_items(session: Session, item_ids: Collection[int]) -> int:
    """Take items out of what was said with their help; how many answers lost their words."""
    turn_ids = turns_on(session, item_ids)
    _delete(session, Call, [call_id for call_id, _ in _calls_on(session, frozenset(item_ids))])
    _unsay(session, turn_ids)
    return len(turn_ids)


def turns_on(session: Session, item_ids: Collection[int]) -> set[int]:
    """The turns whose answers cite or read one of these items."""
    erased = frozenset(item_ids)
    told = {turn_id for _, turn_id in _calls_on(session, erased) if turn_id is not None}
    turns = session.exec(select(Turn).execution_options(yield_per=500))
    return told | {turn.id for turn in turns if turn.id is not None and not erased.isdisjoint(_items_of(turn))}


def turns_before(session: Session, instant: datetime) -> set[int]:
    found = session.exec(select(Turn.id).where(col(Turn.asked_at) < instant))
    return {turn_id for turn_id in found if turn_id is not None}


def facts_before(session: Session, instant: datetime) -> set[int]:
    """Those that were learned before an instant and not said again since."""
    again = select(FactEvidence.fact_id).where(col(FactEvidence.at) >= instant)
    found = session.exec(select(Fact.id).where(col(Fact.learned_at) < instant, col(Fact.id).not_in(again)))
    return {fact_id for fact_id in found if fact_id is not None}


def forget_person(session: Session, is_meant: IsMeant) -> int:
    """Delete the turns, facts, calls and goals that speak of someone; how many turns."""
    turns = [
        turn
        for turn in session.exec(select(Turn))
        if is_meant(_text([turn.said, turn.reply, turn.context, turn.citations]))
    ]
    gone = {turn.id for turn in turns}
    _resummarise(session, [turn.conversation_id for turn in turns])
    words = [one for one in session.exec(select(FactEvidence)) if is_meant(_text([one.text, one.quote]))]
    facts.drop(session, words, [one for one in session.exec(select(Fact)) if is_meant(_text([one.text, one.quote]))])
    transitions.forget_from(session, {turn_id for turn_id in gone if turn_id is not None})
    transitions.forget_conversations(session, _prompted_with(session, is_meant))
    calls = session.exec(select(Call)).all()
    _delete(session, Call, [call.id for call in calls if is_meant(_text([call.messages, call.reply, call.error]))])
    _delete(session, Turn, [turn_id for turn_id in gone if turn_id is not None])
    for conversation in session.exec(select(Conversation)):
        _scrub(conversation, is_meant)
        session.add(conversation)
    goals = session.exec(select(Goal)).all()
    speaking = [goal.id for goal in goals if goal.id is not None and is_meant(_text([goal.statement, goal.card]))]
    transitions.forget_goals(session, speaking)
    _delete(session, Goal, [goal.id for goal in goals if is_meant(goal.statement)])
    for goal in goals:
        if not is_meant(goal.statement):
            goal.card = _without(goal.card, is_meant)
            session.add(goal)
    session.flush()
    for version in session.exec(select(GoalVersion)):
        version.card, version.why = _without(version.card, is_meant), "" if is_meant(version.why) else version.why
        session.add(version)
    scores = session.exec(select(Score)).all()
    _delete(session, Score, [score.id for score in scores if is_meant(_text(score.verdicts))])
    return len(gone)


def forget_before(session: Session, instant: datetime) -> int:
    """Delete what was said, learned and asked of models before an instant, and goals that were closed; how many turns.

    Later prompts told it again, so they go with it, as logs do: those of the calls, and those that turns are explained by.
    """
    turns = session.exec(select(Turn).where(col(Turn.asked_at) < instant)).all()
    learned = session.exec(select(Fact).where(col(Fact.learned_at) < instant)).all()
    texts, fact_ids = {fact.text for fact in learned}, {fact.id or 0 for fact in learned}
    _resummarise(session, [turn.conversation_id for turn in turns])
    for conversation in session.exec(select(Conversation).where(col(Conversation.started_at) < instant)):
        _forget_beginning(session, conversation, texts)
    words = session.exec(select(FactEvidence).where(col(FactEvidence.at) < instant)).all()
    facts.drop(session, words, learned)
    _unsay(session, _resting_on(session, {turn.id or 0 for turn in turns}, fact_ids))
    _delete(session, Turn, [turn.id for turn in turns])
    if turns or learned:
        session.exec(delete(Transition))  # states of later prompts, which told it again
        session.exec(update(Turn).values(context={}))
        session.exec(delete(Call).where(col(Call.turn_id).is_not(None)))
    session.exec(delete(Call).where(col(Call.at) < instant))
    session.exec(delete(Score).where(col(Score.at) < instant))
    session.exec(delete(Conversation).where(col(Conversation.last_at) < instant))
    ended = (col(Goal.changed_at) < instant, col(Goal.status) != GoalStatus.OPEN)
    session.exec(delete(Goal).where(*ended))
    session.exec(delete(GoalVersion).where(col(GoalVersion.at) < instant, ~_is_latest()))
    session.flush()
    return len(turns)


def said_before(session: Session, instant: datetime) -> Iterator[str]:
    """What was said and answered before an instant, and the words that facts rest on."""
    for turn in session.exec(select(Turn).where(col(Turn.asked_at) < instant)):
        yield turn.said
        yield turn.reply
    for one in session.exec(select(FactEvidence).where(col(FactEvidence.at) < instant)):
        yield one.quote
        yield one.text


def is_still_said(session: Session, words: str) -> bool:
    """Whether something that the user said, or keeps of what was said, has these words, letter for letter."""
    for turn in session.exec(select(Turn).execution_options(yield_per=500)):
        if words in turn.said or words in turn.reply or words in _text(turn.context):
            return True
    goals = session.exec(select(Goal)).all()
    said = [*session.exec(select(Fact)), *session.exec(select(FactEvidence))]
    return any(words in _text([one.text, one.quote]) for one in said) or any(
        words in _text(goal.card) for goal in goals
    )


def _calls_on(session: Session, erased: frozenset[int]) -> list[tuple[int | None, int | None]]:
    """(call id, turn id) of the model's calls that read one of these items."""
    calls = session.exec(select(Call.id, Call.turn_id, Call.item_ids)).all()
    return [(call_id, turn_id) for call_id, turn_id, read in calls if not erased.isdisjoint(read)]


def _unsay(session: Session, turn_ids: Collection[int]) -> None:
    """The answers of these turns lose their words."""
    unsaid = [turn for turn in session.exec(select(Turn)) if turn.id in turn_ids]
    for turn in unsaid:
        turn.reply, turn.citations, turn.context, turn.checks = UNSAID if turn.reply else "", [], {}, []
        session.add(turn)
        session.flush()
        lexical.put_turn(session, turn)
    transitions.forget_from(session, turn_ids)
    _resummarise(session, [turn.conversation_id for turn in unsaid])


def _resting_on(session: Session, turn_ids: Collection[int], fact_ids: Collection[int]) -> set[int]:
    """The turns whose answers cite one of these turns or facts: they tell its words again."""
    gone = {"turn": turn_ids, "fact": fact_ids}
    told = session.exec(select(Turn.id, Turn.citations)).all()
    return {
        turn_id
        for turn_id, citations in told
        if turn_id is not None and any(one["id"] in gone.get(one.get("kind", ""), ()) for one in citations)
    }


def _items_of(turn: Turn) -> set[int]:
    cited = {one["id"] for one in turn.citations if one.get("kind") == "item"}
    return cited | set(turn.context.get("item_ids", []))


def _resummarise(session: Session, conversation_ids: Sequence[int]) -> None:
    """A summary that stood for such a turn is made anew from what is left when it is next needed."""
    held = col(Conversation.id).in_(set(conversation_ids))
    session.exec(update(Conversation).where(held).values(summary="", summarised_to=0))


def _forget_beginning(session: Session, conversation: Conversation, facts: Collection[str]) -> None:
    """Take out of a conversation that goes on what it began with: its first words, its files, what was known then."""
    if conversation.goal_id is None:
        conversation.title = ""
    conversation.profile = [line for line in conversation.profile if line not in facts]
    conversation.attachments = []
    session.add(conversation)
    session.flush()


def _scrub(conversation: Conversation, is_meant: IsMeant) -> None:
    if is_meant(conversation.title):
        conversation.title = ""
    if is_meant(conversation.summary):
        conversation.summary, conversation.summarised_to = "", 0
    if is_meant(conversation.head):
        conversation.head = ""
    conversation.profile = [line for line in conversation.profile if not is_meant(line)]
    conversation.attachments = [one for one in conversation.attachments if not is_meant(_text(one))]


def _prompted_with(session: Session, is_meant: IsMeant) -> set[int]:
    """The conversations whose prompts began with words about someone, or held them on their goal's card."""
    cards = {goal.id for goal in session.exec(select(Goal)) if is_meant(_text([goal.statement, goal.card]))}
    return {
        one.id
        for one in session.exec(select(Conversation))
        if one.id is not None
        and (one.goal_id in cards or is_meant(_text([one.summary, one.head, one.profile, one.attachments])))
    }


def _without(value: Any, is_meant: IsMeant) -> Any:
    """A JSON value without the entries of lists, and the strings, that speak of someone."""
    if isinstance(value, str):
        return "" if is_meant(value) else value
    if isinstance(value, dict):
        return {key: _without(part, is_meant) for key, part in value.items()}
    if isinstance(value, list):
        return [_without(part, is_meant) for part in value if not is_meant(_text(part))]
    return value


def _text(value: Any) -> str:
    """All strings within a JSON value."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\n".join(map(_text, value.values()))
    return "\n".join(map(_text, value)) if isinstance(value, list | tuple) else ""


def _is_latest() -> Any:
    return col(GoalVersion.number) == (
        select(Goal.version).where(col(Goal.id) == col(GoalVersion.goal_id)).scalar_subquery()
    )


def _delete(session: Session, table: Any, ids: Sequence[int | None]) -> None:
    for start in range(0, len(ids), 500):
        session.exec(delete(table).where(col(table.id).in_(ids[start : start + 500])))
    session.flush()
