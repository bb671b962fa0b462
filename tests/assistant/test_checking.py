"""A reply held against the card: each rule with a reply that breaks it and one that keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.answers.chat import Check
from assistant.sessions.acts import Act
from assistant.sessions.checking import again, broken, check
from assistant.sessions.playbook import load
from tests.assistant.goal_talk import Talk, card_of

PROPOSE = Act(kind="propose")
DO = Act(kind="do")


def failures(reply: str, talk: Talk, act: Act = DO) -> list[str]:
    return [one.why for one in broken(check(reply, card=talk.card, act=act, playbook=talk.playbook))]


CONSTRAINED = [
    ("no museums please", "Day 1: the Prado museum.", "museum"),
    ("no museums please", "I left out museums; here is a plan without any museum.", ""),
    ("It must include a beach", "Day 1: the old town.", "beach"),
    ("It must include a beach", "Day 1: the beaches of Cascais.", ""),
    ("under 2,000 EUR", "In all it costs 2,350 EUR.", "2,350 EUR"),
    ("under 2,000 EUR", "In all it costs 1,890 EUR, under your 2,000 EUR.", ""),
    ("under 2,000 EUR", "It is 2,000 EUR. A flight in dollars is $2,500.", ""),
    ("under 100 EUR per night", "The hotel is 120 EUR per night.", "120 EUR"),
    ("under 100 EUR per night", "In all 1,200 EUR.", ""),
    ("nothing before 9", "The train leaves at 8:15.", "08:15"),
    ("nothing before 9", "The train leaves at 9:15 from platform 8.", ""),
    ("nothing after 10 pm", "The show ends at 11:30 pm.", "23:30"),
    ("no more than 3 stops", "It has 4 stops.", "4 stops"),
    ("no more than 3 stops", "It has two stops.", ""),
]


@pytest.mark.parametrize(("wish", "reply", "fault"), CONSTRAINED)
def test_what_must_hold_is_checked_in_the_reply(wish: str, reply: str, fault: str) -> None:
    talk = Talk()
    talk.says(wish)
    found = failures(reply, talk, PROPOSE)
    assert (len(found) == 1 and fault in found[0]) if fault else found == []


def test_two_questions_are_one_too_many_and_quoted_ones_do_not_count() -> None:
    talk = Talk()
    assert "2 questions" in failures("Do you like wine? Shall I add a tasting?", talk)[0]
    assert failures('Ask at the desk: "Is breakfast included?" Do you like wine?', talk) == []
    assert failures("```\nx ? y : z\nwhy?\n```\nDo you like wine?", talk) == []


@pytest.mark.parametrize(
    ("said", "reply", "is_broken"),
    [
        ("5 days", "How long will you stay?", True),
        ("5 days", "How many days do you have?", True),
        ("5 days", "So is it 5 days, how long you stay?", False),
        ("under 2,000 EUR", "What is your budget for it?", True),
        ("under 2,000 EUR", "How much would you like to spend?", True),
        ("two adults", "How many people are travelling?", True),
        ("to Rome", "Where would you like to go?", True),
        ("from 3 to 8 May", "When would you like to travel?", True),
        ("5 days", "What is your budget?", False),
        ("5 days", "Do you like wine?", False),
    ],
)
def test_what_is_known_is_not_asked_for(said: str, reply: str, is_broken: bool) -> None:
    talk = Talk()
    talk.says(said)
    assert bool(failures(reply, talk)) is is_broken


@pytest.mark.parametrize(
    ("reply", "is_broken"),
    [
        ("Take the flight to Rome on Monday.", True),
        ("Take the train to Rome on Monday.", False),
        ("The train rather than a flight is right here.", False),
        ("Do not take a flight.", False),
        ("Rome is lovely in May.", False),
    ],
)
def test_a_decision_is_kept_to(reply: str, is_broken: bool) -> None:
    talk = Talk()
    talk.says("Let's take the train.")
    assert bool(failures(reply, talk)) is is_broken


def test_a_plan_has_as_many_days_as_the_journey() -> None:
    talk = Talk("5 days in Rome")
    assert "Day 6" in failures("Day 1: arrive.\nDay 6: leave.", talk, PROPOSE)[0]
    assert "7-day trip" in failures("Here is a 7-day trip.", talk, PROPOSE)[0]
    assert failures("Day 1: arrive.\nDay 5: leave.", talk, PROPOSE) == []


@pytest.mark.parametrize(
    "claim",
    [
        "I have booked the hotel for you.",
        "I've sent the mail to Ada.",
        "Your reservation is confirmed.",
        "Booking was successful.",
        "I'll book it now.",
        "The payment has been made.",
        "Ich habe das Hotel gebucht.",
        "J'ai réservé la chambre.",
    ],
)
def test_claims_of_what_telos_cannot_do_are_caught(claim: str) -> None:
    assert failures(claim, Talk())


@pytest.mark.parametrize(
    "reply",
    [
        "You can book the hotel at the station.",
        "I cannot book anything; here is how you do it.",
        "Once your reservation is confirmed, pack.",
        "You booked a room already.",
    ],
)
def test_words_about_booking_are_no_claim(reply: str) -> None:
    assert failures(reply, Talk()) == []


def test_an_act_that_was_not_carried_out_is_said() -> None:
    ask = Act(kind="ask", question="What is your budget for it?", slot="budget")
    assert failures("Rome is lovely.", Talk(), ask)
    assert failures("Rome is lovely. And what is your budget for all of it?", Talk(), ask) == []
    assert failures("Goodbye. Anything else?", Talk(), Act(kind="close"))
    assert failures(" ", Talk())


def test_both_sides_of_a_contradiction_may_be_named() -> None:
    talk = Talk()
    talk.says("Let's take the train.")
    talk.says("Let's fly.")
    doubt = talk.card.questions[0]
    act = Act(kind="ask", question=doubt.text, slot="transport", is_contradiction=True)
    assert failures("First it was the train, now the plane. Which of the two shall it be?", talk, act) == []


def test_a_patch_is_asked_of_a_programmers_proposal() -> None:
    pair = load("pair-programming", Path("/nonexistent"))
    card = card_of("fix it", pair)
    assert broken(check("Change line 3.", card=card, act=PROPOSE, playbook=pair))
    patch = "```diff\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n```"
    assert not broken(check(patch, card=card, act=PROPOSE, playbook=pair))


def test_the_second_try_is_told_every_fault_and_a_good_reply_nothing() -> None:
    checks = [
        Check(what="a", passed=False, why="It is long."),
        Check(what="b", passed=True),
        Check(what="c", passed=False, why="It is late."),
    ]
    assert "- It is long.\n- It is late." in again(checks)
    assert again(checks[1:2]) == ""
