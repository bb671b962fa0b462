"""The end of a goal within its turn: a judge that sees the transcript and the criteria alone.

The turn is kept by then: who does not wait for the judge loses nothing. Without a model the user decides. `turn` asks.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.answers.chat import Step
from assistant.engine.contract import Capability
from assistant.errors import Unavailable
from assistant.sessions import ending
from assistant.sessions.course import Course, Parts
from assistant.sessions.keeping import Kept
from assistant.sessions.views import goal_line
from assistant.sessions.watched import Waited, Watched
from memory.store import goals

_BY_WORD = "The user's word ends a goal: /done closes it as achieved."


def judge(parts: Parts, course: Course, kept: Kept) -> Iterator[Step]:
    """Judge the goal, close it where it is reached in full, and say so among the notices of `kept`."""
    talk = course.talk
    engine = Watched(parts.engine_for("judge", talk.turn.id), course.watch)
    try:
        can_judge = talk.goal is not None and Capability.GENERATE in engine.capabilities
    except Unavailable:
        can_judge = False
    if talk.goal is None or not can_judge:
        kept.notices.append(_BY_WORD)
        return
    step = Step(what="checking", detail="the goal, by its transcript")
    yield step
    with parts.database.read() as session:
        goal = goals.get(session, talk.goal.id or 0) or talk.goal
        if ending.is_judged(session, goal):
            return
        spoken = ending.transcript(session, goal)
    before, now = course.watch.tokens, parts.clock.now()
    work = Waited(lambda: ending.judged(spoken, goal, engine, talk.playbook, parts.local_now()), course.watch)
    try:
        found = yield from work.events(step)
    finally:
        with parts.database.write() as session:
            spending = goals.get(session, goal.id or 0)
            if spending is not None:
                goals.spend(session, spending, turns=0, tokens=course.watch.tokens - before)
    with parts.database.write() as session:
        held = goals.get(session, goal.id or 0)
        if held is None:
            return
        ending.keep_score(session, held, found, now)
        is_ended = ending.end_if_met(session, held, found, now)
        kept.goal = goal_line(session, held)
    said = "reached in full" if ending.is_met(found) else "not reached in full"
    more = "It is closed as achieved; /done or /fail is your own word on it." if is_ended else "/done closes it."
    kept.notices.append(f"Judged by {found.judge}: the goal is {said}, {found.overall:.0f} of 10. {more}")
    kept.notices += [found.notice] if found.notice else []
