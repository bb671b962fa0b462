"""What a turn leaves behind, in one transaction: the reply, the card, facts, citations, and what the prompt held.

However a turn ended, it is kept here: whole, stopped by the user, or failed with the sentence that says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlmodel import Session

from assistant.answers.chat import TurnUsage, TurnView
from assistant.answers.goals import GoalLine
from assistant.sessions import acts, borrowed, known, recalling
from assistant.sessions.course import Course, Parts
from assistant.sessions.views import goal_line, turn_view
from assistant.steering.experience import recording
from memory.models import Fact, GoalStatus, TurnState
from memory.store import audit, conversations, facts, goals, items, transitions


@dataclass(slots=True)
class Kept:
    """The turn and its goal as they are now, what was learned, and what else is to be said."""

    turn: TurnView
    goal: GoalLine | None = None
    learned: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def keep(parts: Parts, course: Course, state: TurnState, error: str) -> Kept:
    """Write down what came of a turn."""
    now, talk = parts.clock.now(), course.talk
    question = {"question": course.act.question} if course.text and course.act.question else {}
    with parts.database.write() as session:
        turn = conversations.finish_turn(
            session,
            talk.turn.id or 0,
            state,
            now,
            reply=course.text,
            error=error,
            act=course.act.kind if course.text else "",
            citations=[one.model_dump(mode="json") for one in recalling.cited(course.text, course.gathered.recalled)],
            checks=[one.model_dump() for one in course.checks],
            usage=_usage(course).model_dump(),
            context=course.explanation.model_dump(mode="json") | question,
        )
        kept = Kept(turn_view(turn))
        _keep_transition(session, parts, course, state)
        if state is TurnState.DONE:
            _answered_too(session, parts, course)
        if course.has_read:
            _hear_answer(session, parts, course)
            kept.learned = _learn(session, parts, course)
            kept.notices += _ask(session, course)
        _keep_goal(session, parts, course, state, kept)
        cited = [one.id for one in recalling.cited(course.text, course.gathered.recalled) if one.kind == "fact"]
        facts.count_use(session, known.used(session, talk.conversation, course.explanation, cited))
    return kept


def _keep_transition(session: Session, parts: Parts, course: Course, state: TurnState) -> None:
    """What the turn was to the planner. A reply that the user stopped, or that failed, is no reply to learn from."""
    talk = course.talk
    if course.state is None or state is not TurnState.DONE or not course.helm.is_kept:
        transitions.remove_turn(session, talk.turn.id or 0)
        return
    heard = course.heard
    row = recording.transition(
        talk.turn,
        course.helm,
        course.state,
        course.steered,
        model=course.model,
        corrections=int(heard.is_correction) + int(heard.is_repeated_question),
        at=parts.clock.now(),
    )
    transitions.keep(session, row)


def _answered_too(session: Session, parts: Parts, course: Course) -> None:
    """Earlier messages without a reply have one now, in this turn."""
    for turn in course.talk.unanswered:
        if turn.state is TurnState.WAITING:
            error = f"No reply came to it; it was answered together with turn {course.talk.turn.number}."
            conversations.finish_turn(session, turn.id or 0, TurnState.FAILED, parts.clock.now(), error=error)


def _learn(session: Session, parts: Parts, course: Course) -> list[str]:
    """The facts that the user told of themselves, once for each turn; a sentence each. Words that stand as they are in
    what memory showed are not the user's, and teach nothing."""
    talk, now = course.talk, parts.clock.now()
    if talk.conversation.is_sensitive or facts.of_turn(session, talk.turn.id or 0):
        return []
    shown = _shown(session, course) if course.facts else []
    learned: list[str] = []
    for said in course.facts:
        if borrowed.is_borrowed(said.quote, shown):
            continue
        fact = Fact(
            slot=said.slot,
            text=said.text,
            quote=said.quote,
            turn_id=talk.turn.id,
            learned_at=now,
            valid_from=said.valid_from,
            by=said.by,
        )
        if facts.add(session, fact) is fact:
            audit.record(session, "learned", f"fact {fact.id}", at=now, by=said.by)
            learned.append(fact.text)
    return learned


def _shown(session: Session, course: Course) -> list[str]:
    """What this conversation was shown: the recalled items whole, attached files, the replies before."""
    talk = course.talk
    held = items.current_versions(session, course.gathered.item_ids())
    texts = [f"{version.title}\n{version.text}" for version in held.values()]
    files = [str(file.get("text", "")) for file in talk.conversation.attachments]
    return [*texts, *files, *(turn.reply for turn in talk.turns)]


def _hear_answer(session: Session, parts: Parts, course: Course) -> None:
    """What the message says to a doubt that the reply before it asked about."""
    asked_in = [turn.id or 0 for turn in course.talk.turns[-1:]]
    for doubt in facts.doubts(session, asked_in=asked_in):
        one, other = facts.get(session, doubt.fact_id), facts.get(session, doubt.other_id)
        keeps = known.chosen(course.talk.message, one, other) if one is not None and other is not None else []
        if keeps:
            facts.settle(session, doubt, keeps, parts.clock.now())


def _ask(session: Session, course: Course) -> list[str]:
    """The question for each doubt that this turn raised."""
    turn_id = course.talk.turn.id or 0
    taught = {fact.id for fact in facts.of_turn(session, turn_id)}
    questions: list[str] = []
    for doubt in facts.doubts(session):
        one, other = facts.get(session, doubt.fact_id), facts.get(session, doubt.other_id)
        if (
            doubt.asked_in is None
            and taught & {doubt.fact_id, doubt.other_id}
            and one is not None
            and other is not None
        ):
            facts.asked(session, doubt, turn_id)
            questions.append(known.question(one, other))
    return questions


def _keep_goal(session: Session, parts: Parts, course: Course, state: TurnState, kept: Kept) -> None:
    """The card's new version, what the goal has spent, and its line."""
    talk, now = course.talk, parts.clock.now()
    goal = goals.get(session, talk.goal.id or 0) if talk.goal is not None else None
    if goal is None:
        return
    card = acts.mark(course.card, course.act, talk.turn.number) if state is TurnState.DONE else course.card
    if course.has_read and talk.is_read:
        goals.update_card(
            session, goal, card.model_dump(mode="json"), now, why=f"turn {talk.turn.number}", turn_id=talk.turn.id
        )
        if (goal.statement, goal.deadline) != (card.statement, card.deadline):
            goals.change(session, goal, now, statement=card.statement, deadline=card.deadline)
        if course.changes and goal.status is not GoalStatus.OPEN:
            goals.close(session, goal, GoalStatus.OPEN, now, by="")
            kept.notices.append("The goal is open again, because this changed its card.")
    if goal.status is GoalStatus.OPEN:
        goals.spend(session, goal, turns=bool(course.text) and not talk.is_again, tokens=course.watch.tokens)
    kept.goal = goal_line(session, goal)


def _usage(course: Course) -> TurnUsage:
    """What the reply cost; written twice, both."""
    if not course.usages:
        return TurnUsage()
    first = course.usages[0]
    return TurnUsage(
        prompt_tokens=first.prompt_tokens,
        prompt_reused=first.prompt_reused,
        new_tokens=sum(usage.new_tokens for usage in course.usages),
        first_token_s=first.first_token_s,
        total_s=sum(usage.total_s for usage in course.usages),
    )
