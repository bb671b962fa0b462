"""The judge sees transcript and criteria; a verdict without words of the transcript is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.answers.goals import Criterion, Evidence
from assistant.engine.contract import ModelFailed, Request
from assistant.sessions.judge import DIMENSIONS, Judged, Spoken, quote_in, score
from tests.assistant.goal_talk import NOW, TRAVEL
from tests.fakes import FakeEngine

TALK = [
    Spoken(1, "user", "We want to go to Rome for 5 days."),
    Spoken(1, "assistant", "Lovely. What is your budget for it?"),
    Spoken(2, "user", "Under 2,000 EUR"),
    Spoken(2, "assistant", "I have booked the hotel Roma for you. Does this plan suit you?"),
    Spoken(3, "user", "Yes."),
]
CRITERIA = [Criterion(text="The destination is known", slot="destination"), Criterion(text="A hotel is booked")]
SCORES = json.dumps(
    {"believability": 8, "relationship": 1, "knowledge": 3, "secret": 0, "social_rules": 0, "financial": 0, "goal": 9}
)


def judge_by(findings: list[dict[str, Any]], criteria: list[Criterion] = CRITERIA, scores: str = SCORES) -> Judged:
    def answer(request: Request) -> str:
        return scores if "believability" in request.messages[0].text else json.dumps({"findings": findings})

    return score(TALK, criteria, FakeEngine(answer, name="tiny"), statement="a journey", playbook=TRAVEL, now=NOW)


def finding(number: int, quote: str, *, is_met: bool = True) -> dict[str, Any]:
    return {"criterion": number, "is_met": is_met, "quote": quote, "why": "it says so"}


def test_a_verdict_with_words_of_the_transcript_stands_with_their_turn() -> None:
    judged = judge_by([finding(1, "go to rome for 5 days")])
    verdict = judged.verdicts[0]
    assert (verdict.is_met, verdict.quotes, verdict.turns) == (True, ["go to Rome for 5 days"], [1])
    assert judged.judge == "tiny"
    assert set(judged.dimensions) == set(DIMENSIONS)


@pytest.mark.parametrize(
    "quote",
    ["go to Paris for 5 days", "", "o", "We want to go to Rome Under 2,000 EUR"],
    ids=["invented", "empty", "a letter", "stitched"],
)
def test_a_verdict_whose_words_are_not_there_is_unmet(quote: str) -> None:
    verdict = judge_by([finding(1, quote)]).verdicts[0]
    assert not verdict.is_met
    assert verdict.quotes == []
    assert verdict.why


def test_what_the_assistant_claims_to_have_done_is_no_proof() -> None:
    assert not judge_by([finding(2, "I have booked the hotel Roma")]).verdicts[1].is_met
    assert judge_by([finding(1, "Does this plan suit you")]).verdicts[0].is_met, (
        "other words of the same reply are words"
    )


def test_a_short_quote_counts_only_as_a_whole_utterance() -> None:
    assert quote_in("Yes.", TALK) == ("Yes.", 3)
    assert quote_in("Rome", TALK) is None


def test_the_score_is_held_to_the_criteria_that_code_found_met() -> None:
    assert judge_by([]).overall == 3.0
    assert judge_by([finding(1, "go to Rome for 5 days")]).overall == 8.0
    assert judge_by([], criteria=[]).overall == 9.0


def test_a_criterion_that_no_finding_names_is_unmet_and_odd_numbers_are_harmless() -> None:
    judged = judge_by([finding(40, "go to Rome for 5 days"), finding(1, "", is_met=False)])
    assert [one.is_met for one in judged.verdicts] == [False, False]


def test_the_judge_is_shown_nothing_of_the_card() -> None:
    engine = FakeEngine(lambda request: SCORES if "believability" in request.messages[0].text else '{"findings": []}')
    claimed = [
        Criterion(
            text="The destination is known",
            slot="destination",
            is_met=True,
            evidence=[Evidence(quote="SECRET CLAIM", turn=9)],
        )
    ]
    judged = score(TALK, claimed, engine, statement="a journey", playbook=TRAVEL, now=NOW)
    assert not judged.verdicts[0].is_met
    assert all("SECRET CLAIM" not in message.text for request in engine.requests for message in request.messages)
    by_rules = score([], claimed, None, statement="a journey", playbook=TRAVEL, now=NOW)
    assert not by_rules.verdicts[0].is_met


def test_a_long_transcript_is_judged_in_parts_that_fit() -> None:
    def answer(request: Request) -> str:
        if "believability" in request.messages[0].text:
            return SCORES
        text = request.messages[1].text
        found = [finding(1, "the needle is in here")] if "needle" in text else []
        return json.dumps({"findings": found})

    engine = FakeEngine(answer)
    engine.context_tokens = 4096
    talk = [Spoken(turn, "user", f"words {'and more ' * 200}") for turn in range(1, 20)]
    talk.insert(9, Spoken(99, "assistant", "and the needle is in here " + "hay " * 5000))
    judged = score(talk, CRITERIA[:1], engine, statement="g", playbook=TRAVEL, now=NOW)
    assert judged.verdicts[0].turns == [99]
    assert len(engine.requests) > 3
    assert all(engine.count(request.messages) < 4096 for request in engine.requests)


def test_without_a_model_rules_read_the_transcript_again_and_say_so() -> None:
    criteria = [
        *CRITERIA,
        Criterion(text="The budget is known", slot="budget"),
        Criterion(text="Agreed", slot="plan"),
        Criterion(text="Dates", slot="dates"),
    ]
    judged = score(TALK, criteria, None, statement="a journey", playbook=TRAVEL, now=NOW)
    assert judged.judge == "rules"
    assert [one.is_met for one in judged.verdicts] == [True, False, True, True, False]
    assert judged.verdicts[2].quotes == ["Under 2,000 EUR"]
    assert judged.verdicts[2].turns == [2]
    assert judged.overall == 6.0
    assert judged.dimensions["believability"] is None


def test_a_criterion_of_ones_own_is_met_by_rules_only_where_the_user_states_it() -> None:
    own = [Criterion(text="The cake is baked and cooled")]
    told = [Spoken(1, "user", "The cake is baked and has cooled by now.")]
    asked = [
        Spoken(1, "user", "Is the cake baked and cooled?"),
        Spoken(1, "assistant", "The cake is baked and cooled."),
    ]
    assert score(told, own, None, statement="g", playbook=TRAVEL, now=NOW).verdicts[0].is_met
    assert not score(asked, own, None, statement="g", playbook=TRAVEL, now=NOW).verdicts[0].is_met


def test_a_model_that_fails_is_replaced_by_rules_with_a_sentence() -> None:
    judged = score(TALK, CRITERIA, FakeEngine([ModelFailed("It died.")]), statement="g", playbook=TRAVEL, now=NOW)
    assert judged.judge == "rules"
    assert "It died." in judged.notice


def test_no_criteria_and_no_words_are_no_error() -> None:
    judged = score([], [], None, statement="g", playbook=TRAVEL, now=NOW)
    assert judged.overall == 5.0
    assert judged.notice


def test_what_the_goal_itself_says_stands_in_the_transcript_as_the_users_words() -> None:
    said = [Spoken(1, "user", "Hello."), Spoken(1, "assistant", "Good day.")]
    criteria = [Criterion(text="The length of the journey is known", slot="length")]
    judged = score(said, criteria, None, statement="5 days in Rome", playbook=TRAVEL, now=NOW)
    (verdict,) = judged.verdicts
    assert (verdict.is_met, verdict.quotes, verdict.turns) == (True, ["5 days"], [0])
