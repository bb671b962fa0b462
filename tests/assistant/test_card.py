"""A goal's card: what changes it, what only asks, and that nothing on it vanishes without a trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answers.goals import Card, Constraint, Criterion, Evidence, GoalEdit, NewGoal
from assistant.sessions.acts import Act, mark
from assistant.sessions.card import apply, begin, difference, edit
from assistant.sessions.heard import ACCEPTED, LEFT_OPEN, NO_PREFERENCE, REJECTED, Heard, Quoted, Resolution, Said
from assistant.sessions.phrases import normal
from tests.assistant.goal_talk import NOW, TRAVEL, Talk, card_of, hear


def decided(slot: str, value: str, **more: bool) -> Heard:
    return Heard(values=(Said(slot=slot, value=value, quote=value, is_decision=True, **more),))


def fact(slot: str, value: str, **more: bool) -> Heard:
    return Heard(values=(Said(slot=slot, value=value, quote=value, **more),))


def test_a_card_begins_with_what_the_statement_says() -> None:
    card = card_of("5 days in Europe, moderate budget")
    assert {one.slot: one.value for one in card.facts} == {
        "destination": "Europe",
        "length": "5 days",
        "budget": "moderate",
    }
    assert [one.text for one in card.criteria if one.is_met] == [
        "The destination is known",
        "The length of the journey is known",
        "The budget is known",
    ]
    assert card.criteria[0].evidence == [Evidence(quote="Europe", turn=0)]
    assert card.progress == pytest.approx(3 / len(card.criteria))


def test_own_criteria_take_the_place_of_the_template_and_find_their_slots() -> None:
    new = NewGoal(statement="a trip", criteria=["the budget is known", "A cake is baked"], constraints=["no museums"])
    card = begin(new, TRAVEL, NOW)
    assert [(one.text, one.slot) for one in card.criteria] == [
        ("the budget is known", "budget"),
        ("A cake is baked", ""),
    ]
    assert [(one.op, one.value) for one in card.constraints] == [("excludes", "museums")]


def test_a_value_meets_its_criterion_with_the_words_and_the_turn() -> None:
    talk = Talk()
    talk.says("We are going for 5 days.")
    met = next(one for one in talk.card.criteria if one.slot == "length")
    assert met.is_met
    assert met.evidence == [Evidence(quote="5 days", turn=1)]


def test_a_plain_fact_said_anew_supersedes_and_the_earlier_value_is_kept() -> None:
    card, _ = apply(Card(statement="g"), fact("length", "5 days"), 1)
    card, changes = apply(card, fact("length", "6 days"), 2)
    value = card.facts[0]
    assert (value.value, value.earlier, value.evidence.turn) == ("6 days", ["5 days"], 2)
    assert value.earlier_evidence == [Evidence(quote="5 days", turn=1)]
    assert changes == ["length: 5 days -> 6 days"]


def test_a_contradiction_of_a_decision_is_asked_and_nothing_is_overwritten() -> None:
    card, _ = apply(Card(statement="g"), decided("transport", "train"), 1)
    card, changes = apply(card, decided("transport", "plane"), 2)
    assert card.decisions[0].value == "train"
    [question] = card.questions
    assert (question.is_contradiction, question.old, question.new) == (True, "train", "plane")
    assert "train" in question.text
    assert "plane" in question.text
    assert changes == [f"to be asked: {question.text}"]


def test_a_fact_that_goes_against_a_decision_is_asked_about_too() -> None:
    card, _ = apply(Card(statement="g"), decided("length", "5 days"), 1)
    card, _ = apply(card, fact("length", "6 days"), 2)
    assert card.value_of("length").value == "5 days"  # type: ignore[union-attr]
    assert card.questions[0].is_contradiction


@pytest.mark.parametrize(
    ("answer", "stands", "earlier"),
    [
        ("Yes, change it.", "plane", ["train"]),
        ("The plane.", "plane", ["train"]),
        ("plane, not the train", "plane", ["train"]),
        ("No, keep the train.", "train", []),
        ("No.", "train", []),
        ("The train, as before", "train", []),
        ("Let's take the bus, then.", "bus", ["train"]),
    ],
)
def test_the_answer_to_a_contradiction_settles_it_either_way(answer: str, stands: str, earlier: list[str]) -> None:
    talk = Talk()
    talk.says("Let's take the train.")
    talk.says("Let's fly.")
    doubt = next(one for one in talk.card.questions if one.is_contradiction)
    talk.says(answer, asked=doubt.text)
    value = talk.card.value_of("transport")
    assert value is not None
    assert (value.value, value.earlier, value.is_decision) == (stands, earlier, True)
    # "the bus" answers with a third: the question that was asked is settled by it
    assert [one for one in talk.card.questions if one.is_contradiction] == []


def test_an_answer_that_says_neither_leaves_the_question_open() -> None:
    talk = Talk()
    talk.says("Let's take the train.")
    talk.says("Let's fly.")
    doubt = talk.card.questions[0]
    talk.says("What is the difference in price?", asked=doubt.text)
    assert talk.card.questions == [doubt]
    assert talk.value("transport") == "train"


def test_words_that_give_the_decision_up_need_no_question() -> None:
    talk = Talk()
    talk.says("Let's take the train.")
    talk.says("I changed my mind, let's fly instead of taking the train.")
    assert talk.value("transport") == "plane"
    assert talk.card.questions == []


def test_a_correction_of_a_fact_is_taken_and_one_of_a_decision_is_asked() -> None:
    talk = Talk()
    talk.says("It is for 5 days.")
    talk.says("No, I meant 6 days.")
    assert talk.value("length") == "6 days"
    talk.says("Let's take the train.")
    talk.says("Actually let's take the bus.")
    assert talk.value("transport") == "train"
    assert talk.card.questions[0].is_contradiction


def test_more_of_a_list_is_added_and_a_correction_replaces_it() -> None:
    talk = Talk()
    talk.says("We'd like to visit Rome and Florence.")
    talk.says("And also to Venice.")
    assert talk.value("destination") == "Rome, Florence, Venice"
    talk.says("No, I meant we want to go to Spain instead.")
    assert talk.value("destination") == "Spain"
    assert talk.card.value_of("destination").earlier == ["Rome, Florence, Venice"]  # type: ignore[union-attr]


def test_what_is_excluded_leaves_the_wishes_and_coming_back_to_it_is_asked() -> None:
    talk = Talk()
    talk.says("We love museums and food.")
    talk.says("No museums please.")
    assert talk.value("interests") == "food"
    talk.says("Let's visit museums.")
    assert talk.value("interests") == "food"
    doubt = next(one for one in talk.card.questions if one.is_contradiction)
    talk.says("yes, the museums", asked=doubt.text)
    assert "museums" in talk.value("interests")
    assert all(one.op != "excludes" for one in talk.card.constraints)


def test_a_lower_limit_takes_the_place_of_the_first_and_keeps_its_words() -> None:
    talk = Talk()
    talk.says("It should stay under 2,000 EUR.")
    talk.says("Make that under 1,500 EUR.")
    limits = [one for one in talk.card.constraints if one.op == "at_most"]
    assert [one.value for one in limits] == ["1500 EUR"]
    assert [one.turn for one in limits[0].evidence] == [1, 2]
    assert talk.value("budget") == "at most 1500 EUR"


def test_a_limit_goes_with_the_sum_it_belonged_to() -> None:
    talk = Talk()
    talk.says("It should stay under 2,000 EUR.")
    talk.says("Actually about 3,000 EUR.")
    assert talk.value("budget") == "about 3000 EUR"
    assert [one for one in talk.card.constraints if one.op == "at_most"] == []


def test_what_was_agreed_to_is_open_again_after_a_change() -> None:
    talk = Talk()
    talk.says("5 days in Rome")
    talk.says("That sounds great.", asked="Does this plan suit you?")
    assert talk.value("plan") == ACCEPTED
    talk.says("Actually, 6 days.")
    assert talk.value("plan") == "open again"
    assert not next(one for one in talk.card.criteria if one.slot == "plan").is_met


def test_no_preference_meets_a_criterion_and_a_question_left_open_does_not() -> None:
    talk = Talk()
    talk.says("I don't mind.", asked="What kind of place would you like to stay in?")
    talk.says("I don't know yet.", asked="When would you like to travel?")
    met = {one.slot: one.is_met for one in talk.card.criteria}
    assert (talk.value("lodging"), met["lodging"]) == (NO_PREFERENCE, True)
    assert (talk.value("dates"), met["dates"]) == (LEFT_OPEN, False)
    talk.says("From 3 to 8 May.")
    assert talk.value("dates") == "2026-05-03 to 2026-05-08"


def test_the_goal_itself_may_be_changed_at_any_time() -> None:
    talk = Talk("5 days in Rome")
    before = talk.card
    talk.says("My goal is now 4 days in Spain. I need the plan by Friday.")
    talk.says("Another criterion: there is a list of vegetarian restaurants.")
    talk.says("You can drop the criterion about the pace.")
    assert talk.card.statement == "4 days in Spain"
    assert talk.value("destination") == "Spain"
    assert talk.card.deadline == datetime(2026, 3, 13, 23, 59, tzinfo=UTC)
    texts = [one.text for one in talk.card.criteria]
    assert "There is a list of vegetarian restaurants" in texts
    assert "The pace is known" not in texts
    assert "goal: 5 days in Rome -> 4 days in Spain" in difference(before, talk.card)


def test_a_card_edited_by_hand_is_changed_unasked_and_keeps_what_stays() -> None:
    talk = Talk("5 days in Rome")
    talk.says("Let's take the train.")
    change = GoalEdit(
        criteria=["The length of the journey is known", "Own"],
        constraints=["no museums"],
        values={"transport": "bus", "length": ""},
        turn_budget=9,
    )
    card = edit(talk.card, change)
    assert [(one.text, one.is_met) for one in card.criteria] == [
        ("The length of the journey is known", False),
        ("Own", False),
    ]
    assert card.value_of("transport").earlier == ["train"]  # type: ignore[union-attr]
    assert card.value_of("length") is None
    assert card.constraints[0].op == "excludes"
    assert card.turn_budget == 9
    assert talk.value("transport") == "train", "the card before it is as it was"
    assert edit(card, GoalEdit()) == card


def test_dates_that_make_another_length_are_asked_about_and_change_nothing_unasked() -> None:
    talk = Talk("5 days in Portugal")
    talk.says("From 3 to 9 May.")
    (doubt,) = [one for one in talk.card.questions if one.is_contradiction]
    assert (doubt.slot, doubt.old, doubt.new) == ("length", "5 days", "7 days")
    assert "by its dates it is “7 days”" in doubt.text
    assert talk.value("length") == "5 days"
    talk.says("Seven days it is.", asked=doubt.text)
    assert talk.value("length") == "7 days"
    assert [one for one in talk.card.questions if one.is_contradiction] == []


@pytest.mark.parametrize(
    "said",
    [
        "From 3 to 7 May.",
        "From 3 to 8 May.",
        "Sometime in May.",
        "Any time between 1 and 20 May.",
        "7 days, 3 to 9 May.",
    ],
)
def test_dates_that_go_with_the_length_or_leave_it_open_are_not_asked_about(said: str) -> None:
    talk = Talk("5 days in Portugal")
    talk.says(said)
    assert [one for one in talk.card.questions if one.is_contradiction] == []


def test_who_keeps_to_the_length_is_not_asked_again() -> None:
    talk = Talk("5 days in Portugal")
    talk.says("From 3 to 9 May.")
    doubt = talk.card.questions[0].text
    talk.says("Five days.", asked=doubt)
    talk.says("A slow pace, please.")
    assert (talk.value("length"), talk.value("dates")) == ("5 days", "2026-05-03 to 2026-05-09")
    assert [one for one in talk.card.questions if one.is_contradiction] == []


def test_a_question_once_asked_is_noted_and_answered_by_a_value() -> None:
    card = mark(card_of(), Act(kind="ask", question="What is your budget for it?", slot="budget"), 1)
    assert card.questions[0].asked_in == 1
    card, _ = apply(card, hear("2000 euros", card, asked="What is your budget for it?"), 2)
    assert card.questions == []


# Properties, over messages as a reader may report them, sense or nonsense.

SLOTS = st.sampled_from(["length", "transport", "destination", "plan"])
VALUES = st.sampled_from(
    [
        "5 days",
        "6 days",
        "train",
        "night train",
        "plane",
        "Rome",
        "Rome, Florence",
        "museums",
        ACCEPTED,
        REJECTED,
        LEFT_OPEN,
        NO_PREFERENCE,
    ]
)
SAID = st.builds(
    Said,
    slot=SLOTS,
    value=VALUES,
    quote=st.sampled_from(["a quote", "other words", "more words"]),
    is_decision=st.booleans(),
    adds=st.booleans(),
    confirms=st.booleans(),
)
WISH = st.builds(
    lambda word, quote: Constraint(
        text=f"no {word}", op="excludes", value=word, evidence=[Evidence(quote=quote, turn=0)]
    ),
    st.sampled_from(["museums", "train", "Rome"]),
    st.sampled_from(["a quote", "other words"]),
) | st.builds(
    lambda value, quote: Constraint(
        text=f"length at most {value}",
        slot="length",
        op="at_most",
        value=value,
        evidence=[Evidence(quote=quote, turn=0)],
    ),
    st.sampled_from(["5 days", "6 days"]),
    st.sampled_from(["a quote", "other words"]),
)
RESOLUTION = st.none() | st.builds(
    Resolution, slot=SLOTS, old=VALUES, new=VALUES, keeps_new=st.booleans(), quote=st.just("a quote")
)
HEARD = st.builds(
    Heard,
    values=st.lists(SAID, max_size=4).map(tuple),
    constraints=st.lists(WISH, max_size=2).map(tuple),
    met=st.lists(st.just(Quoted("Own", "a quote")), max_size=1).map(tuple),
    resolution=RESOLUTION,
)
START = Card(
    statement="g",
    criteria=[
        Criterion(text="The length is known", slot="length"),
        Criterion(text="Agreed", slot="plan"),
        Criterion(text="Own"),
    ],
)


def words_of(card: Card) -> set[tuple[str, int]]:
    """Every quote on a card, with its turn."""
    of_values = ([one.evidence, *one.earlier_evidence] for one in (*card.facts, *card.decisions))
    lists = (*of_values, *(one.evidence for one in card.criteria), *(one.evidence for one in card.constraints))
    return {(one.quote, one.turn) for one in chain.from_iterable(lists)}


def settle(card: Card, heard: Heard) -> Heard:
    """Now and then the resolution is one of a question that is really there."""
    doubts = [one for one in card.questions if one.is_contradiction]
    if heard.resolution is None or not doubts:
        return heard
    doubt = doubts[-1]
    return replace(heard, resolution=replace(heard.resolution, slot=doubt.slot, old=doubt.old, new=doubt.new))


@given(st.lists(HEARD, max_size=5))
@settings(max_examples=25)
def test_no_words_and_no_value_are_lost_whatever_is_heard(messages: list[Heard]) -> None:
    card = START
    for turn, message in enumerate(messages, 1):
        heard = settle(card, message)
        after, _ = apply(card, heard, turn)
        withdrawn = {
            (one.quote, one.turn)
            for limit in card.constraints
            if limit not in after.constraints
            for one in limit.evidence
        }
        assert words_of(card) - withdrawn <= words_of(after)
        for value in (*card.facts, *card.decisions):
            now = after.value_of(value.slot)
            assert now is not None
            parts = {normal(part) for whole in (now.value, *now.earlier) for part in (whole, *whole.split(","))}
            assert normal(value.value) in parts or {normal(part) for part in value.value.split(",")} <= parts
        card = after


@given(st.lists(HEARD, max_size=4))
@settings(max_examples=25)
def test_to_hear_the_same_again_changes_nothing(messages: list[Heard]) -> None:
    card = START
    for turn, message in enumerate(messages, 1):
        heard = settle(card, message)
        card, _ = apply(card, heard, turn)
        again, changes = apply(card, heard, turn)
        assert again == card
        assert changes == []


@given(st.lists(HEARD, max_size=5))
@settings(max_examples=25)
def test_a_decision_changes_only_by_words_that_confirm_it(messages: list[Heard]) -> None:
    card = START
    for turn, message in enumerate(messages, 1):
        heard = settle(card, message)
        after, _ = apply(card, heard, turn)
        for value in card.decisions:
            now = after.value_of(value.slot)
            if (
                now is None
                or normal(now.value) == normal(value.value)
                or value.value in (LEFT_OPEN, NO_PREFERENCE, REJECTED, ACCEPTED)
            ):
                continue
            allowed = heard.resolution is not None or any(
                said.slot == value.slot and said.confirms for said in heard.values
            )
            is_more = set(normal(value.value).split()) <= set(normal(now.value).split())
            assert allowed or is_more, f"{value.value} became {now.value}"
        slots = [one.slot for one in (*after.facts, *after.decisions)]
        assert len(slots) == len(set(slots)), "one value a slot"
        card = after


@given(
    st.lists(
        st.sampled_from(
            [
                "5 days in Rome",
                "No, I meant 6 days",
                "let's take the train",
                "let's fly",
                "yes, change it",
                "under 2,000 EUR",
                "no museums",
                "we love museums",
                "two adults and a child",
                "I don't care",
                "that sounds great",
                "I changed my mind, let's take the bus",
                "from 3 to 8 May",
                "> 9 days in Paris\nfine",
                "what about Lisbon?",
                "my goal is now a week in Spain",
            ]
        ),
        max_size=7,
    )
)
@settings(max_examples=20)
def test_every_quote_on_a_card_was_said_in_the_turn_it_names(messages: list[str]) -> None:
    talk = Talk()
    for message in messages:
        doubt = next((one.text for one in talk.card.questions if one.is_contradiction), "Does this plan suit you?")
        talk.says(message, asked=doubt)
    for quote, turn in words_of(talk.card):
        assert quote in talk.said[turn]


def test_cards_that_say_the_same_have_no_difference() -> None:
    assert difference(START, START.model_copy(deep=True)) == []
