"""Goals are created, edited, ended and judged; their cards keep every version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from assistant import conversations, goals
from assistant.answers.goals import GoalEdit, GoalEnd, NewGoal, Verdict
from assistant.clock import FakeClock
from assistant.errors import BadRequest, NotFound
from assistant.service import Service
from assistant.sessions import ending
from assistant.sessions.judge import Judged
from memory.store import goals as rows
from tests.assistant.talking import NOW, Talker, begin, say, talking


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    engine = Talker("A fine reply.")
    with talking(tmp_path, engine) as service:
        yield service


def test_a_goal_takes_its_checklist_from_its_playbook_unless_it_brings_one(service: Service) -> None:
    travel = goals.create(service, NewGoal(statement="5 days in Europe", playbook="travel"))
    assert "The budget is known" in [one.text for one in travel.card.criteria]
    own = goals.create(service, NewGoal(statement="Read more", playbook="travel", criteria=["A book a week"]))
    assert [one.text for one in own.card.criteria] == ["A book a week"]
    assert [line.statement for line in goals.list_goals(service, "open")] == ["Read more", "5 days in Europe"]


@pytest.mark.parametrize("statement", ["", "  \n", "x" * 2001])
def test_a_goal_is_a_sentence(service: Service, statement: str) -> None:
    with pytest.raises(BadRequest, match="sentence"):
        goals.create(service, NewGoal(statement=statement))
    assert goals.list_goals(service) == []


def test_a_deadline_that_has_passed_is_refused(service: Service) -> None:
    with pytest.raises(BadRequest, match="has passed"):
        goals.create(service, NewGoal(statement="Read more", deadline=NOW - timedelta(days=1)))


def test_an_edit_makes_another_version_and_the_old_one_stays(service: Service) -> None:
    made = goals.create(service, NewGoal(statement="Read more", criteria=["A book a week"]))
    edited = goals.edit(service, made.line.id, GoalEdit(statement="Read less", values={"pace": "slow"}))
    assert edited.version == 2
    assert edited.line.statement == "Read less" == edited.card.statement
    assert [line.why for line in edited.history] == ["begun", "edited"]
    assert any("Read less" in change for change in edited.history[1].changes)
    assert goals.edit(service, made.line.id, GoalEdit()).version == 2


def test_the_users_word_ends_a_goal_scores_it_and_opens_it_again(service: Service) -> None:
    made = goals.create(service, NewGoal(statement="Read more"))
    ended = goals.end(service, made.line.id, GoalEnd(outcome="achieved", note="Five books."))
    assert ended.line.status == "achieved"
    assert [(score.judge, score.overall) for score in ended.scores] == [("user", 10.0)]
    assert goals.end(service, made.line.id, GoalEnd(outcome="open")).line.status == "open"
    assert goals.end(service, made.line.id, GoalEnd(outcome="abandoned")).scores[0].overall == 0.0


def test_a_goal_that_is_not_there_is_not_found(service: Service) -> None:
    for verb in (lambda: goals.show(service, 9), lambda: goals.score(service, 9)):
        with pytest.raises(NotFound, match="no goal 9"):
            verb()


def test_a_goal_past_its_deadline_expires_unless_it_stands_for_ever(service: Service) -> None:
    soon = NOW + timedelta(days=2)
    goals.create(service, NewGoal(statement="Read more", deadline=soon))
    goals.create(service, NewGoal(statement="Follow the news", deadline=soon, is_standing=True))
    assert goals.expire(service) == 0
    assert isinstance(service.clock, FakeClock)
    service.clock.advance(timedelta(days=3))
    assert goals.expire(service) == 1
    assert {line.statement: line.status for line in goals.list_goals(service)} == {
        "Read more": "expired",
        "Follow the news": "open",
    }


def test_a_conversation_with_a_goal_that_ended_goes_on_without_changing_its_card(service: Service) -> None:
    begin(service, "Hello.", goal="Read more")
    goals.end(service, 1, GoalEnd(outcome="achieved"))
    before = goals.show(service, 1)
    done = say(service, "And my budget is 900 euros.")
    assert done.goal is not None
    assert done.goal.status == "achieved"
    after = goals.show(service, 1)
    assert (after.version, after.line.turns_used) == (before.version, before.line.turns_used)


def test_a_goal_is_scored_by_rules_where_no_model_can_judge(service: Service) -> None:
    begin(service, "Hello.", goal="Read more")
    score = goals.score(service, 1)
    assert score.judge == "rules"
    assert 0 <= score.overall <= 10
    goals.score(service, 1)
    assert len(goals.show(service, 1).scores) == 2


def test_a_goal_names_its_conversations(service: Service) -> None:
    begin(service, "Hello.", goal="Read more")
    begin(service, "Again.", goal_id=1)
    assert goals.show(service, 1).line.conversations == [2, 1]
    assert {line.goal_status for line in conversations.recent(service, 5)} == {"open"}


def judge(service: Service, *, is_met: bool, by: str = "fake") -> bool:
    """A judge's word on goal 1, and whether it closed it."""
    found = Judged(judge=by, overall=9, verdicts=[Verdict(criterion="A book a week", is_met=is_met)])
    with service.database.write() as session:
        goal = rows.get(session, 1)
        assert goal is not None
        return ending.end_if_met(session, goal, found, service.clock.now())


def test_a_model_that_judges_everything_met_closes_a_goal_and_the_users_word_outranks_it(service: Service) -> None:
    goals.create(service, NewGoal(statement="Read more", criteria=["A book a week"]))
    assert not judge(service, is_met=False)
    assert not judge(service, is_met=True, by="rules")
    assert judge(service, is_met=True)
    assert goals.show(service, 1).line.status == "achieved"
    assert goals.end(service, 1, GoalEnd(outcome="abandoned")).line.status == "abandoned"
    assert not judge(service, is_met=True)
    assert goals.show(service, 1).line.status == "abandoned"


def test_a_standing_goal_is_closed_by_no_judge(service: Service) -> None:
    goals.create(service, NewGoal(statement="Follow the news", criteria=["A book a week"], is_standing=True))
    assert not judge(service, is_met=True)


def test_a_goal_that_a_judge_closed_opens_again_when_the_user_changes_it(service: Service) -> None:
    begin(service, "Hello.", goal="5 days in Europe", playbook="travel")
    assert judge(service, is_met=True)
    assert "open again" not in " ".join(say(service, "What a fine day.").notices)
    done = say(service, "I'd like to go to Portugal.")
    assert done.goal is not None
    assert done.goal.status == "open"
    assert any("open again" in notice for notice in done.notices)
