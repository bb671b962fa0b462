"""Playbooks as they are really talked in: what the goal says is not asked for, and an order is no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.sessions.acts import choose
from assistant.sessions.heard import ACCEPTED, LEFT_OPEN, Heard
from assistant.sessions.playbook import Playbook, load
from assistant.sessions.rules.message import own_statements
from tests.assistant.goal_talk import Talk, card_of, hear, values
from tests.effort import little_effort

MAIL = load("mail-and-documents", Path("/nonexistent"))
PAIR = load("pair-programming", Path("/nonexistent"))
SERVICE = load("customer-service", Path("/nonexistent"))
RESEARCH = load("research-reading", Path("/nonexistent"))


@pytest.mark.parametrize(
    ("playbook", "statement", "slot", "value"),
    [
        (PAIR, "make the parser faster", "task", "make the parser faster"),
        (RESEARCH, "What helps against insomnia?", "question", "What helps against insomnia?"),
        (MAIL, "a mail to my landlord about the heating", "recipient", "my landlord"),
    ],
    ids=["task", "question", "recipient"],
)
def test_what_the_goal_itself_says_is_not_asked_for(playbook: Playbook, statement: str, slot: str, value: str) -> None:
    card = card_of(statement, playbook)
    known = card.value_of(slot)
    assert known is not None
    assert (known.value, known.evidence.turn) == (value, 0)
    assert known.evidence.quote in statement
    assert choose(card, Heard(), playbook, []).slot != slot


def test_who_begins_with_what_happened_is_not_asked_what_happened() -> None:
    talk = Talk("a refund", SERVICE)
    card = talk.says("Hello! My shoes fell apart after two weeks.")
    assert talk.value("problem") == "My shoes fell apart after two weeks"
    assert choose(card, Heard(), SERVICE, []).slot == "order"


@pytest.mark.parametrize(
    "first", ["Hi, I need help.", "You are the desk of a shop that sells shoes, and you are strict."]
)
def test_a_greeting_or_a_role_tells_nothing_yet(first: str) -> None:
    talk = Talk("a refund", SERVICE)
    card = talk.says(first)
    assert choose(card, Heard(), SERVICE, []).slot == "problem"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("How would you check that it works: is there a test, or a command?", "Don't change the public API."),
        ("What should the code do that it does not do now?", "Keep it short, please."),
        ("How would you check that it works: is there a test, or a command?", "I already told you!"),
    ],
)
def test_an_order_is_no_answer_to_a_question_for_free_words(asked: str, said: str) -> None:
    assert values(hear(said, asked=asked, playbook=PAIR)) == {}


@pytest.mark.parametrize(
    ("said", "text", "op"),
    [
        ("And don't mention the rent.", "no rent", "excludes"),
        ("Please don't change the public API.", "Please don't change the public API", ""),
        ("Actually no flashcards.", "no flashcards", "excludes"),
    ],
)
def test_what_the_user_forbids_holds_from_then_on(said: str, text: str, op: str) -> None:
    (held,) = hear(said).constraints
    assert (held.text, held.op) == (text, op)


@pytest.mark.parametrize("said", ["They would be happier without me.", "Don't know.", "Don't worry."])
def test_what_forbids_nothing_makes_no_constraint(said: str) -> None:
    assert hear(said).constraints == ()


def test_words_that_leave_something_else_open_answer_not_what_was_asked() -> None:
    asked = "How many of you are travelling?"
    assert values(hear("Maybe Lisbon or Porto, we haven't decided.", asked=asked)) == {}
    assert values(hear("We haven't decided, maybe my brother comes.", asked=asked)) == {"travellers": LEFT_OPEN}


def test_what_somebody_else_is_to_do_by_a_day_is_no_deadline_of_the_goal() -> None:
    assert hear("It should make him send somebody by Friday.", playbook=MAIL).deadline is None
    assert hear("I need to send it by Friday.", playbook=MAIL).deadline is not None


@pytest.mark.parametrize(
    ("said", "playbook", "slot"),
    [
        ("The patch works, thanks!", PAIR, "patch"),
        ("That answers my question.", RESEARCH, "answer"),
        ("Great, I'll send it like that.", MAIL, "text"),
    ],
)
def test_the_users_own_words_for_it_suits_me_accept_the_result(said: str, playbook: Playbook, slot: str) -> None:
    assert values(hear(said, playbook=playbook))[slot] == ACCEPTED


def test_to_take_the_train_accepts_no_plan() -> None:
    assert "plan" not in values(hear("Good, I'll take the train."))


def test_dates_between_two_vague_ends_are_one_range() -> None:
    assert values(hear("from the end of March to early April")) == {"dates": "2026-03-21 to 2026-04-10"}


def test_a_decision_that_names_one_of_several_decides_not_all_of_them() -> None:
    talk = Talk("a week in Japan")
    talk.says("Tokyo and Kyoto.")
    talk.says("We decided on the train inside Japan.")
    known = talk.card.value_of("destination")
    assert known is not None
    assert not known.is_decision
    assert talk.value("transport") == "train"


@pytest.mark.parametrize("blank", [" ", "\t", "\n", " \u2003"])
def test_a_message_of_blanks_takes_no_time_to_read(blank: str) -> None:
    with little_effort():
        hear(f"Hello{blank * 200_000}there")


@pytest.mark.parametrize("line", ["from: x\n", "on: y\n", "> z\n", "``` ", "“a ", '"b ', "he said "])
def test_a_message_of_200000_characters_is_told_apart_at_once(line: str) -> None:
    text = line * (200_000 // len(line))
    with little_effort():
        assert len(own_statements(text)) == len(text)


def test_praise_settles_no_contradiction_and_a_yes_does() -> None:
    doubt = "Earlier it was “train” (transport), now it is “plane”. Which of the two shall it be?"
    for answer, value in (("That looks great!", "train"), ("Yes.", "plane"), ("No.", "train"), ("The plane.", "plane")):
        talk = Talk("a journey")
        talk.says("Let's take the train.")
        talk.says("Actually, let's fly.")
        talk.says(answer, asked=doubt)
        assert talk.value("transport") == value, answer
        is_open = any(one.is_contradiction for one in talk.card.questions)
        assert is_open is (answer == "That looks great!"), answer


def test_a_car_is_no_traveller_and_not_too_packed_is_slow() -> None:
    assert values(hear("We'd rent a car.", asked="How many of you are travelling?")) == {"transport": "car"}
    assert values(hear("Not too packed, please.")) == {"pace": "slow"}


def test_what_is_dropped_is_not_wished_for() -> None:
    talk = Talk("a journey")
    talk.says("We like castles and hiking.")
    talk.says("Actually drop the castles.")
    assert talk.value("interests") == "history, hiking"


def test_a_place_that_no_list_knows_is_chosen_by_its_name() -> None:
    talk = Talk("a holiday in Scotland")
    talk.says("Let's do Skye then.")
    assert talk.value("destination") == "Scotland, Skye"
    assert "skye" not in {one.slot for one in talk.card.decisions}
    talk.says("Let's do the boat tour.")
    assert talk.value("destination") == "Scotland, Skye"


def test_a_month_is_no_length_of_a_journey() -> None:
    talk = Talk("8 days in Scotland")
    talk.says("ok let's go in August then, on the 1st or the 8th")
    assert not any(one.is_contradiction for one in talk.card.questions)


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("With my husband and our 2 kids.", "2 adults, 2 children"),
        ("My wife, our three children and I.", "2 adults, 3 children"),
        ("There are 2 adults and 1 child.", "2 adults, 1 child"),
    ],
)
def test_a_family_is_counted(said: str, who: str) -> None:
    assert values(hear(said)) == {"travellers": who}
