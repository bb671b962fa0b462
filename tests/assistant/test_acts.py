"""Which dialogue act comes next: code chooses, and asks at most one thing that nobody told yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers.goals import Card, Criterion
from assistant.sessions.acts import Act, choose, instruction, mark
from assistant.sessions.card import apply
from assistant.sessions.heard import Heard, Said
from assistant.sessions.playbook import ACTS, ActKind, load
from assistant.sessions.rules.crisis import HELP
from tests.assistant.goal_talk import OPEN, TRAVEL, Talk, card_of, hear

LISTENER = load("supportive-listener", Path("/nonexistent"))


def chosen(card: Card, heard: Heard | None = None, turns: tuple[str, ...] = ()) -> Act:
    return choose(card, heard or Heard(), TRAVEL, turns)


def test_what_is_required_is_asked_first_and_one_thing_at_a_time() -> None:
    act = chosen(card_of())
    assert (act.kind, act.slot, act.question) == ("ask", "destination", "Where would you like to go?")


def test_nothing_is_asked_that_is_known() -> None:
    assert chosen(card_of("5 days in Europe")).slot == "budget"
    assert chosen(card_of("a trip to Rome")).slot == "length"


def test_enough_known_is_a_proposal_with_one_question_more() -> None:
    act = chosen(card_of("5 days in Europe, moderate budget"))
    assert (act.kind, act.slot) == ("propose", "dates")


def test_what_was_declined_is_not_asked_again() -> None:
    talk = Talk("5 days in Europe")
    talk.says("I'd rather not say.", asked="What is your budget for it?")
    act = chosen(talk.card, turns=("ask",))
    assert act.kind == "propose"
    assert act.slot != "budget"


def test_a_question_that_was_passed_over_waits_and_optional_ones_are_asked_once() -> None:
    card = mark(card_of("5 days in Europe"), Act(kind="ask", question="What is your budget for it?", slot="budget"), 1)
    assert chosen(card, turns=("ask",)).slot != "budget"
    assert chosen(card, turns=("ask",) * 4).slot == "budget"
    card = card_of("5 days in Europe, moderate budget")
    card = mark(card, chosen(card), 1)
    assert chosen(card, turns=("propose",) * 9).slot == "travellers"


def test_a_contradiction_is_asked_before_anything_else() -> None:
    talk = Talk("5 days in Europe, moderate budget")
    talk.says("Let's take the train.")
    talk.says("Let's fly.")
    for heard in (Heard(), Heard(is_question=True), Heard(is_done=True), Heard(agrees=True)):
        act = chosen(talk.card, heard, ("propose", "propose"))
        assert (act.kind, act.slot, act.is_contradiction) == ("ask", "transport", True)
    card = mark(talk.card, act, 3)
    assert card.questions[0].asked_in == 3
    assert not chosen(card, turns=("propose", "propose", "ask")).is_contradiction, "not twice in a row"
    assert chosen(card, turns=("propose", "propose", "ask", "do")).is_contradiction


def test_a_question_of_the_users_is_answered_first() -> None:
    act = chosen(card_of(), Heard(is_question=True))
    assert (act.kind, act.question) == ("do", "")


def test_the_user_who_is_done_is_not_kept() -> None:
    assert chosen(card_of(), Heard(is_done=True)).kind == "close"


def test_all_criteria_met_is_confirmed_then_closed() -> None:
    card = Card(statement="g", criteria=[Criterion(text="a", is_met=True)])
    assert chosen(card).kind == "confirm"
    assert chosen(card, Heard(agrees=True)).kind == "close"
    assert chosen(card, turns=("confirm",)).kind == "close"
    assert chosen(card, Heard(agrees=True, is_correction=True)).kind == "confirm"


def test_no_template_means_no_questions() -> None:
    assert choose(card_of("anything", OPEN), Heard(), OPEN, ()) == Act(kind="do", why="The message is answered.")


def test_the_last_turn_of_a_budget_sums_up() -> None:
    card = card_of().model_copy(update={"turn_budget": 3})
    assert chosen(card, turns=("ask", "ask")).kind == "confirm"


def test_help_comes_first_in_need_whatever_the_playbook() -> None:
    for playbook in (TRAVEL, OPEN, LISTENER):
        heard = hear("I want to kill myself", playbook=playbook)
        act = choose(card_of(playbook=playbook), heard, playbook, ())
        assert act.first == HELP
        assert act.question == ""
        assert "112" in act.first
        assert "988" in act.first
        assert "danger" in instruction(act)


def test_an_act_that_a_playbook_does_not_allow_is_a_plain_reply() -> None:
    no_close = TRAVEL.model_copy(update={"acts": ("do",)})
    assert choose(card_of(), Heard(is_done=True), no_close, ()).kind == "do"


@pytest.mark.parametrize("kind", ACTS)
def test_each_act_is_told_to_the_model_with_its_question_word_for_word(kind: ActKind) -> None:
    act = replace(Act(kind="do", question="How long?"), kind=kind)
    assert instruction(act)
    assert ("How long?" in instruction(act)) is (kind != "close")


def test_over_a_whole_conversation_no_question_comes_twice_and_none_is_known() -> None:
    talk = Talk("a journey")
    turns: list[str] = []
    asked: list[str] = []
    answers = {
        "destination": "To Portugal", "length": "5 days", "budget": "under 2,000 EUR", "dates": "from 3 to 8 May", "travellers": "two adults", "interests": "food and hiking",
        "pace": "slow", "transport": "let's take the train", "lodging": "I don't care", "plan": "Yes, that sounds great",
    }  # fmt: skip
    heard = Heard()
    for turn in range(1, 16):
        act = choose(talk.card, heard, TRAVEL, turns)
        if act.question:
            assert act.question not in asked
            assert talk.card.value_of(act.slot) is None
            asked.append(act.question)
        talk.card = mark(talk.card, act, turn)
        turns.append(act.kind)
        if act.kind == "close":
            break
        heard = hear(answers.get(act.slot, "Yes."), talk.card, asked=act.question)
        talk.card, _ = apply(talk.card, heard, turn)
    assert turns[-1] == "close"
    assert len(turns) <= 12
    assert talk.card.progress == 1.0
    assert {one.slot for one in talk.card.facts} >= {"destination", "length", "budget"}


def test_a_value_said_by_the_way_answers_its_question() -> None:
    card, _ = apply(
        card_of("5 days in Europe"), Heard(values=(Said(slot="budget", value="2000 EUR", quote="2000 EUR"),)), 1
    )
    assert chosen(card).slot != "budget"
