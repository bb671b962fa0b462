"""What plain rules read from a message: values, wishes, manner. Tables of cases, and real dialogues where they are at hand."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sessions.rules import manner
from assistant.sessions.rules.crisis import is_crisis
from assistant.sessions.rules.days import days
from assistant.sessions.rules.message import clauses, own_words
from assistant.sessions.rules.places import origin, places
from assistant.sessions.rules.quantities import amounts, lengths, money, number_of, people
from assistant.sessions.rules.wishes import constraints
from tests.assistant.goal_talk import NOW, OPEN, card_of, hear, values
from tests.effort import little_effort

TODAY = date(2026, 3, 10)

DAYS = {
    "from 3 to 8 May": "2026-05-03 to 2026-05-08",
    "3-8 May": "2026-05-03 to 2026-05-08",
    "May 3-8": "2026-05-03 to 2026-05-08",
    "from May 3rd to May 8th, 2027": "2027-05-03 to 2027-05-08",
    "between 28 April and 3 May": "2026-04-28 to 2026-05-03",
    "from 28 December to 3 January": "2026-12-28 to 2027-01-03",
    "vom 3. bis 8. Mai": "2026-05-03 to 2026-05-08",
    "du 3 au 8 mai": "2026-05-03 to 2026-05-08",
    "del 3 al 8 de mayo": "2026-05-03 to 2026-05-08",
    "the 12th of June": "2026-06-12",
    "Saturday, August 13, 2016": "2016-08-13",
    "2026-05-03": "2026-05-03",
    "5/31": "2026-05-31",
    "03/05": "03/05",
    "tomorrow": "2026-03-11",
    "next weekend": "2026-03-21 to 2026-03-22",
    "this weekend": "2026-03-14 to 2026-03-15",
    "on Friday": "2026-03-13",
    "next Friday": "2026-03-20",
    "next Monday": "2026-03-16",
    "in two weeks": "2026-03-24",
    "in May": "2026-05-01 to 2026-05-31",
    "late June": "2026-06-21 to 2026-06-30",
    "in February": "2027-02-01 to 2027-02-28",
    "on 9 March": "2027-03-09",
    "31 February": "",
    "I may go": "",
    "rated 4/5": "",
    "it costs 2.5": "",
    "the sun was out": "",
}


@pytest.mark.parametrize("text", DAYS)
def test_days_are_made_definite(text: str) -> None:
    assert " | ".join(one.value for one in days(text, TODAY)) == DAYS[text]


LENGTHS = {
    "5 days in Europe": ["5 days"],
    "a 5-day trip": ["5 days"],
    "two weeks": ["2 weeks"],
    "a fortnight": ["2 weeks"],
    "3 to 4 nights": ["3 to 4 nights"],
    "for a long weekend": ["1 weekend"],
    "fünf Tage": ["5 days"],
    "dix jours": ["10 days"],
    "tres noches": ["3 nights"],
    "in two weeks": [],
    "two days ago": [],
    "100 EUR a day": [],
    "one day I will go": [],
    "every 2 days": [],
    "within 3 days": [],
}


@pytest.mark.parametrize("text", LENGTHS)
def test_lengths_are_told_from_days_and_rates(text: str) -> None:
    assert [one.value for one in lengths(text)] == LENGTHS[text]


MONEY = {
    "under 2,000 EUR": ["at most 2000 EUR"],
    "2.000 Euro": ["2000 EUR"],
    "€1.500": ["1500 EUR"],
    "about $2100.": ["about 2100 USD"],
    "2k dollars max": ["at most 2000 USD"],
    "1500 to 2000 euros": ["1500 to 2000 EUR"],
    "between $500 and $700": ["500 to 700 USD"],
    "höchstens 800 Euro": ["at most 800 EUR"],
    "moins de 900 euros": ["at most 900 EUR"],
    "100 EUR a day": ["100 EUR per day"],
    "moderate budget": ["moderate"],
    "our budget is rather small": ["low"],
    "on a budget": ["low"],
    "money is no object": ["no limit"],
    "2000 people": [],
    "a moderate pace": [],
}


@pytest.mark.parametrize("text", MONEY)
def test_sums_are_read_with_their_bound(text: str) -> None:
    assert [one.value for one in money(text)] == MONEY[text]


def test_prices_in_a_text_are_found_for_checking() -> None:
    text = "The hotel is 120 EUR per night, the train €89.50 and the flight $1,200 each."
    found = [(one.number, one.currency, one.per) for one in amounts(text)]
    assert found == [(120, "EUR", "night"), (89.5, "EUR", ""), (1200, "USD", "person")]


PEOPLE = {
    "two adults and a child": "2 adults, 1 child",
    "2 adults, 3 kids": "2 adults, 3 children",
    "for 4 people": "4 people",
    "my wife and I": "2 people",
    "just me": "1 person",
    "a family of four": "4 people",
    "zwei Erwachsene und ein Kind": "2 adults, 1 child",
    "book a table": "",
    "a friend told me": "",
    "5 days": "",
}


@pytest.mark.parametrize("text", PEOPLE)
def test_people_are_counted(text: str) -> None:
    found = people(text)
    assert (found.value if found else "") == PEOPLE[text]


PLACES = {
    "5 days in Europe": ["Europe"],
    "I want to go to Rome, Florence and Venice": ["Rome", "Florence", "Venice"],
    "i want to go to japan": ["Japan"],
    "from Porto to Lisbon": ["Lisbon"],
    "Berlin to Lisbon, please": ["Lisbon"],
    "to Rome, then to Florence": ["Rome", "Florence"],
    "visit the Douro Valley in May": ["Douro Valley"],
    "to Rio de Janeiro": ["Rio de Janeiro"],
    "nach Italien": ["Italien"],
    "à Paris": ["Paris"],
    "How about Turkey?": ["Turkey"],
    "I live in Porto": [],
    "I have been to Rome": [],
    "in English please": [],
    "a nice hotel": [],
    "we split the bill": [],
    "I like Italian food": [],
}


@pytest.mark.parametrize("text", PLACES)
def test_places_one_wants_to_go_to_are_found(text: str) -> None:
    assert [one.value for one in places(text)] == PLACES[text]


def test_where_a_journey_begins_is_no_destination() -> None:
    found = origin("leaving from Porto to Lisbon")
    assert found is not None
    assert found.value == "Porto"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2,000", 2000),
        ("2.000", 2000),
        ("2,5", 2.5),
        ("1.5k", 1500),
        ("drei", 3),
        ("vingt", 20),
        ("doce", 12),
        ("x", None),
    ],
)
def test_numbers_are_read_as_written(text: str, number: float | None) -> None:
    assert number_of(text) == number


WISHES = {
    "no museums please": [("no museums", "excludes", "museums")],
    "No museums, no nightlife.": [("no museums", "excludes", "museums"), ("no nightlife", "excludes", "nightlife")],
    "we don't want to visit churches or museums": [
        ("no churches", "excludes", "churches"),
        ("no museums", "excludes", "museums"),
    ],
    "I hate crowds": [("no crowds", "excludes", "crowds")],
    "nothing before 9": [("nothing before 9", "at_least", "09:00")],
    "no flights after 10pm": [("no flights after 10pm", "at_most", "22:00")],
    "no more than 3 stops": [("no more than 3 stops", "at_most", "3 stops")],
    "it must include a beach": [("must include beach", "includes", "beach")],
    "I'm vegetarian": [("vegetarian food", "", "vegetarian")],
    "no problem": [],
    "No, I meant 6 days": [],
    "no thanks": [],
    "I don't like the hotel": [],
    "I have no idea": [],
    "no rush": [],
    "There is no need to hurry": [],
}


@pytest.mark.parametrize("text", WISHES)
def test_wishes_become_constraints_that_code_can_check(text: str) -> None:
    found = [one for clause in clauses(text) for one in constraints(clause)]
    assert [(one.text, one.op, one.value) for one in found] == WISHES[text]
    assert all(one.evidence[0].quote in text for one in found)


YES_NO: dict[str, bool | None] = {
    "Yes, please": True,
    "sounds good": True,
    "That works for me": True,
    "Perfect!": True,
    "ja, gerne": True,
    "oui": True,
    "sí, claro": True,
    "No.": False,
    "not really": False,
    "nein danke": False,
    "I'd rather not": False,
    "no more than 3": None,
    "The train": None,
    "Notes on the plan": None,
    "yesterday": None,
}


@pytest.mark.parametrize("text", YES_NO)
def test_yes_and_no_are_told_from_words_that_begin_like_them(text: str) -> None:
    assert manner.agrees(text) is YES_NO[text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("That's all, thanks.", True),
        ("No, thank you", True),
        ("we're done", True),
        ("das war alles", True),
        ("c'est tout", True),
        ("eso es todo", True),
        ("Bye!", True),
        ("Is that all?", False),
        ("that's all I know about it", False),
        ("I've done the first part", False),
        ("That is it about the hotel", False),
    ],
)
def test_the_end_is_heard(text: str, expected: bool) -> None:
    assert hear(text).is_done is expected


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("Let's take the train.", "train"),
        ("I'll go with the train", "train"),
        ("book the train", "train"),
        ("We decided on the train", "train"),
        ("Should we take the train?", None),
        ("What if we took the train?", None),
        ("Let's not take the train", None),
        ("Maybe let's take the train", None),
        ("We haven't decided on the train", None),
    ],
)
def test_a_decision_is_no_question_and_no_supposition(text: str, decision: str | None) -> None:
    decided = [said.value for said in hear(text).values if said.is_decision and said.slot == "transport"]
    assert decided == ([decision] if decision else [])


def test_of_what_is_corrected_in_a_breath_the_last_stands() -> None:
    assert values(hear("not 5 but 6 days"))["length"] == "6 days"
    assert values(hear("Not Rome but Paris, we go to Paris"))["destination"] == "Paris"


@pytest.mark.parametrize(
    ("asked", "answer", "slot", "value"),
    [
        ("How many of you are travelling?", "3", "travellers", "3 people"),
        ("How long is the journey to be?", "about 10", "length", "10 days"),
        ("What is your budget for it?", "2500", "budget", "2500"),
        ("What is your budget for it?", "not too much, rather cheap", "budget", "low"),
        ("Where would you like to go?", "lisbon", "destination", "Lisbon"),
        ("Where would you like to go?", "Porto and the Azores", "destination", "Porto, Azores"),
        ("And roughly what budget do you have?", "1800", "budget", "1800"),
        ("What kind of place would you like to stay in?", "I don't care", "lodging", "no preference"),
        ("When would you like to travel?", "not sure yet", "dates", "left open"),
    ],
)
def test_a_short_answer_is_read_by_what_was_asked(asked: str, answer: str, slot: str, value: str) -> None:
    assert values(hear(answer, asked=asked))[slot] == value


def test_the_same_short_answers_say_nothing_unasked() -> None:
    assert values(hear("3")) == {}
    assert values(hear("2500")) == {}


PASTED = [
    "What do you make of this?\n> We want 9 days in Paris\n",
    "```\n9 days in Paris\n```",
    "Translate this: we spend 9 days in Paris",
    "See below.\n-----Original Message-----\nFrom: a\n9 days in Paris, no museums",
    "On Tue, 3 Mar 2026, Bob wrote:\n9 days in Paris",
]


@pytest.mark.parametrize("message", PASTED)
def test_what_is_pasted_is_not_read(message: str) -> None:
    heard = hear(message)
    assert heard.values == ()
    assert heard.constraints == ()


@given(st.text(max_size=300))
def test_own_words_keep_their_place_and_any_text_can_be_read(message: str) -> None:
    assert len(own_words(message)) == len(message)
    heard = hear(message)
    assert all(said.quote in message for said in heard.values)


@given(
    st.lists(
        st.sampled_from(
            [
                "no museums",
                "\n> pasted\n",
                "```x```",
                "let's go to Rome",
                " — ",
                "\x00",
                "5 days",
                "“9 days”",
                "?",
                "but",
                "🙂",
            ]
        ),
        max_size=8,
    )
)
def test_quotes_are_verbatim_in_mixed_messages(parts: list[str]) -> None:
    message = " ".join(parts)
    heard = hear(message)
    quotes = [said.quote for said in heard.values] + [one.quote for wish in heard.constraints for one in wish.evidence]
    assert all(quote in message for quote in quotes)


@pytest.mark.integration  # a second or two of reading
def test_a_very_long_message_is_read_in_time() -> None:
    with little_effort():
        hear("I want to go to Rome and " * 8_000)
        hear("a" * 200_000)
        hear("1 " * 100_000)


def test_a_question_asked_again_is_noticed() -> None:
    card = card_of()
    from assistant.sessions.rules import listen

    before = ["What does the train to Lisbon cost?"]
    assert listen(
        "what does the train to lisbon cost??", card=card, asked="", now=NOW, playbook=OPEN, before=before
    ).is_repeated_question
    assert not listen(
        "When does the train leave?", card=card, asked="", now=NOW, playbook=OPEN, before=before
    ).is_repeated_question
    assert listen("I already asked what it costs", card=card, asked="", now=NOW, playbook=OPEN).is_repeated_question


@pytest.mark.parametrize(
    ("text", "plain", "listening"),
    [
        ("I want to kill myself", True, True),
        ("I don't want to live any more", True, True),
        ("I've been thinking about ending my life", True, True),
        ("ich will nicht mehr leben", True, True),
        ("j'ai envie de mourir", True, True),
        ("quiero morir", True, True),
        ("Sometimes I think it would be better if I wasn't here", True, True),
        ("It would be easier for everyone if I were not around", True, True),
        ("It was better if I wasn't there at noon", False, False),
        ("I can't go on like this", False, True),
        ("I just don't see a way out", False, True),
        ("He talks about suicide", False, True),
        ("kill the process before the test", False, False),
        ("this food is to die for", False, False),
        ("I nearly died laughing", False, False),
        ("I cut myself shaving", False, False),
    ],
)
def test_words_of_need_are_recognised(text: str, plain: bool, listening: bool) -> None:
    assert is_crisis(text, listens=False) is plain
    assert is_crisis(text, listens=True) is listening
