"""Rewards: the table, and how late ones find the turn that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from assistant.steering.experience import material, settling
from assistant.steering.experience.reward import Evidence, reward
from memory.embed import pack_one
from memory.models import (
    Conversation,
    Draft,
    DraftKind,
    DraftState,
    DraftVersion,
    Goal,
    GoalStatus,
    Score,
    Transition,
    TurnState,
)
from memory.store import conversations, drafts, goals, transitions
from memory.store.connection import Database
from tests.assistant.steering.vectors import vector

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TABLE: list[tuple[Evidence, float | None]] = [
    (Evidence(), None),
    (Evidence(corrections=3), None),
    (Evidence(word="achieved", thumbs="less", criteria=0.0, corrections=2), 1.0),
    (Evidence(word="abandoned", criteria=1.0, judged=10.0), 0.0),
    (Evidence(thumbs="more", kept=0.0, corrections=4), 0.8),
    (Evidence(thumbs="less", criteria=1.0), 0.2),
    (Evidence(criteria=0.5), 0.5),
    (Evidence(criteria=0.5, kept=1.0, judged=6.0), 0.7),
    (Evidence(criteria=0.5, corrections=2), 0.3),
    (Evidence(kept=0.1, corrections=3), 0.0),
    (Evidence(criteria=0.0), 0.0),
]


@pytest.mark.parametrize(
    ("evidence", "expected"), TABLE, ids=[str(value) + str(at) for at, (_, value) in enumerate(TABLE)]
)
def test_the_table_of_rewards(evidence: Evidence, expected: float | None) -> None:
    value = reward(evidence).value
    assert value == (None if expected is None else pytest.approx(expected))


def test_a_reward_says_what_it_came_from() -> None:
    made = reward(Evidence(criteria=0.75, judged=5.0, corrections=1))
    assert [one["what"] for one in made.sources] == ["criteria met", "judge", "corrections"]
    assert made.value == pytest.approx(0.525)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


def talk(
    session: Session, turns: int, *, goal: Goal | None = None, faults: dict[int, int] | None = None
) -> Conversation:
    """A conversation of so many turns, each with its transition; `faults` by the number of the turn that answers them."""
    begun = Conversation(
        title="T", playbook="open", started_at=NOW, last_at=NOW, goal_id=goal.id if goal is not None else None
    )
    conversations.start(session, begun)
    for number in range(1, turns + 1):
        turn = conversations.add_turn(session, begun, "Hello", NOW)
        conversations.finish_turn(session, turn.id or 0, TurnState.DONE, NOW, reply="Yes.")
        row = Transition(
            turn_id=turn.id,
            conversation_id=begun.id,
            episode=f"conversation-{begun.id}",
            step=number,
            at=NOW,
            fingerprint="f",
            model="m",
            state=pack_one(vector(4, seed=number)),
            corrections=(faults or {}).get(number, 0),
        )
        transitions.keep(session, row)
    return begun


def a_goal(session: Session, met: int = 0, of: int = 4) -> Goal:
    card: dict[str, Any] = {
        "statement": "A walk",
        "criteria": [{"text": f"c{number}", "is_met": number < met} for number in range(of)],
    }
    return goals.create(session, Goal(statement="A walk", created_at=NOW, changed_at=NOW, card=card))


def rewards(session: Session, begun: Conversation, now: datetime = NOW) -> list[float | None]:
    settling.settle(session, begun, now)
    return [row.reward for row in transitions.of_conversation(session, begun.id or 0)]


def say_of(session: Session, begun: Conversation, number: int, verdict: str) -> None:
    turn = conversations.turn(session, begun.id or 0, number)
    assert turn is not None
    turn.verdict = verdict
    session.add(turn)
    session.flush()


def test_a_goal_closed_next_week_rewards_the_last_turn_of_its_conversation(session: Session) -> None:
    goal = a_goal(session, met=1)
    begun, other = talk(session, 3, goal=goal), talk(session, 2)
    assert rewards(session, begun) == [None, None, None]
    goals.close(session, goal, GoalStatus.ACHIEVED, NOW + 7 * DAY, by="user")
    assert rewards(session, begun) == [None, None, 1.0]
    assert rewards(session, other) == [None, None]


def test_a_goal_that_is_opened_again_takes_its_reward_back(session: Session) -> None:
    goal = a_goal(session)
    begun = talk(session, 2, goal=goal)
    goals.close(session, goal, GoalStatus.ABANDONED, NOW, by="user")
    assert rewards(session, begun) == [None, 0.0]
    goals.close(session, goal, GoalStatus.OPEN, NOW, by="")
    assert rewards(session, begun) == [None, None]


def test_a_goal_that_a_judge_closed_counts_its_criteria_and_the_judge_alone(session: Session) -> None:
    goal = a_goal(session, met=3)
    begun = talk(session, 1, goal=goal)
    goals.add_score(session, Score(goal_id=goal.id or 0, at=NOW, judge="a model", overall=5.0))
    goals.add_score(session, Score(goal_id=goal.id or 0, at=NOW + DAY, judge="rules", overall=0.0))
    goals.close(session, goal, GoalStatus.ACHIEVED, NOW, by="judge")
    assert rewards(session, begun) == [pytest.approx((0.75 + 0.5) / 2)]


def test_a_conversation_that_nobody_speaks_in_any_more_is_rewarded_by_what_is_met(session: Session) -> None:
    begun = talk(session, 2, goal=a_goal(session, met=2))
    assert rewards(session, begun, NOW + DAY) == [None, None]
    assert rewards(session, begun, NOW + 8 * DAY) == [None, 0.5]
    more = conversations.add_turn(session, begun, "And now?", NOW + 9 * DAY)
    assert more.number == 3
    assert rewards(session, begun, NOW + 9 * DAY) == [None, None]


def test_a_thumb_lands_on_its_own_turn_and_can_be_taken_back(session: Session) -> None:
    begun = talk(session, 3)
    say_of(session, begun, 2, "less")
    assert rewards(session, begun) == [None, 0.2, None]
    say_of(session, begun, 2, "")
    assert rewards(session, begun) == [None, None, None]


def drafted(session: Session, begun: Conversation, number: int, kind: DraftKind = DraftKind.MAIL) -> Draft:
    turn = conversations.turn(session, begun.id or 0, number)
    assert turn is not None
    row = Draft(kind=kind, created_at=NOW, changed_at=NOW, turn_id=turn.id)
    first = DraftVersion(draft_id=0, number=1, at=NOW, by="telos", text="one two three four")
    return drafts.add(session, row, first)


def test_a_draft_edited_next_day_rewards_the_turn_that_it_came_from(session: Session) -> None:
    begun = talk(session, 3)
    draft = drafted(session, begun, 2)
    assert rewards(session, begun) == [None, None, None]
    edited = DraftVersion(draft_id=draft.id or 0, number=0, at=NOW + DAY, by="user", text="one two THREE four")
    drafts.add_version(session, edited, upon=1)
    assert rewards(session, begun) == [None, 0.75, None]


def test_a_draft_approved_as_it_was_is_kept_whole_and_a_rejected_one_not_at_all(session: Session) -> None:
    begun = talk(session, 2)
    kept, refused = drafted(session, begun, 1), drafted(session, begun, 2)
    drafts.set_state(session, kept.id or 0, DraftState.APPROVED, NOW)
    drafts.set_state(session, refused.id or 0, DraftState.REJECTED, NOW)
    assert rewards(session, begun) == [1.0, 0.0]


def test_a_reply_whose_thumb_was_taken_back_is_not_taken_for_a_rejected_draft(session: Session) -> None:
    begun = talk(session, 1)
    held = drafted(session, begun, 1, DraftKind.CHAT)
    drafts.set_state(session, held.id or 0, DraftState.REJECTED, NOW)
    assert rewards(session, begun) == [None]


def test_corrections_count_in_the_stretch_that_they_were_made_in(session: Session) -> None:
    begun = talk(session, 5, faults={2: 1, 3: 2, 5: 1})
    for number in (3, 5):
        drafts.set_state(session, drafted(session, begun, number).id or 0, DraftState.APPROVED, NOW)
    assert rewards(session, begun) == [None, None, pytest.approx(0.7), None, pytest.approx(0.9)]


def test_settling_twice_changes_nothing(database: Database) -> None:
    with database.write() as session:
        begun = talk(session, 2)
        say_of(session, begun, 1, "more")
        talk(session, 2)
    with database.read() as session:
        assert [one.id for one in settling.unsettled(session, NOW)] == [begun.id]
    assert settling.settle_all(database, NOW) == 1
    assert settling.settle_all(database, NOW) == 0


def test_what_no_verdict_follows_is_left_out_and_each_verdict_ends_a_stretch(session: Session) -> None:
    begun = talk(session, 5)
    say_of(session, begun, 2, "less")
    say_of(session, begun, 4, "more")
    settling.settle(session, begun, NOW)
    turns = material.turns(session, "f", lambda _: "", lambda _: 100)
    assert [(turn.step, turn.reward, turn.is_last) for turn in turns] == [
        (1, None, False),
        (2, 0.2, True),
        (3, None, False),
        (4, 0.8, True),
    ]
    assert [turn.episode for turn in turns] == [f"conversation-{begun.id}#{part}" for part in (0, 0, 1, 1)]
    assert transitions.leading_to_a_reward(session, "f") == 4


def test_of_too_many_turns_the_newest_episodes_are_learned_from_last(session: Session) -> None:
    for _ in range(3):
        begun = talk(session, 2)
        say_of(session, begun, 2, "more")
        settling.settle(session, begun, NOW)
    turns = material.turns(session, "f", lambda _: "", lambda _: 5)
    assert [turn.episode for turn in turns] == ["conversation-2#0"] * 2 + ["conversation-3#0"] * 2
    assert material.turns(session, "another", lambda _: "", lambda _: 5) == []
