"""Facts about the user: what is stated as such is kept with its words and its day, and nothing else is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.contract import Capability, ModelFailed
from assistant.sessions.remembering import facts_in
from tests.assistant.goal_talk import NOW
from tests.fakes import FakeEngine


def told(message: str, engine: FakeEngine | None = None) -> list[tuple[str, str]]:
    return [(fact.slot, fact.text) for fact in facts_in(message, turn=1, engine=engine, now=NOW)]


STATED = {
    "I live in Porto": ("home city", "The user lives in Porto."),
    "We moved to Berlin": ("home city", "The user lives in Berlin."),
    "Ich wohne in Köln": ("home city", "The user lives in Köln."),
    "j'habite à Lyon": ("home city", "The user lives in Lyon."),
    "vivo en Sevilla": ("home city", "The user lives in Sevilla."),
    "I'm from Portugal": ("origin", "The user is from Portugal."),
    "call me Sam": ("name", "The user is called Sam."),
    "I'm vegetarian": ("diet", "The user is vegetarian."),
    "I've been vegan for long": ("diet", "The user is vegan."),
    "I'm not vegetarian any more": ("diet", "The user is not vegetarian."),
    "my daughter Ada is 7": ("daughter ada age", "The user's daughter Ada is 7."),
    "My wife's name is Eva": ("wife name", "The user's wife is called Eva."),
    "my son lives in Berlin": ("son lives", "The user's son lives in Berlin."),
    "I'm allergic to nuts": ("allergy to nuts", "The user is allergic to nuts."),
    "I work as a nurse": ("work", "The user works as a nurse."),
    "I'm a software engineer": ("work", "The user is a software engineer."),
    "I'm 34 years old": ("age", "The user is 34 years old."),
    "I hate cilantro": ("taste: cilantro", "The user hates cilantro."),
    "My favourite colour is blue": ("favourite colour", "The user's favourite colour is blue."),
    "I speak German and Portuguese": ("languages", "The user speaks German and Portuguese."),
    "I don't drive": ("driving", "The user does not drive."),
    "I use a wheelchair": ("mobility", "The user uses a wheelchair."),
    "I'm afraid of flying": ("fear of flying", "The user is afraid of flying."),
}


@pytest.mark.parametrize("message", STATED)
def test_what_is_stated_becomes_a_fact_with_its_words(message: str) -> None:
    [fact] = facts_in(message, turn=1, engine=None, now=NOW)
    assert (fact.slot, fact.text) == STATED[message]
    assert fact.quote in message
    assert fact.valid_from == NOW
    assert fact.by == "rules"


NOT_FACTS = [
    "Do I live in Porto?",
    "If I lived in Porto, I'd walk to work",
    "What if I were vegetarian?",
    "Imagine I live in Rome",
    "Maybe I am vegan",
    "I used to live in Rome",
    "When I was a child, I lived in Rome",
    "She said: I live in Paris",
    "My friend says I live in Rome",
    '"I live in Rome", he wrote',
    "> I live in Rome",
    "```\nI live in Rome\n```",
    "Translate this: I live in Rome",
    "On Monday, Bob wrote:\nI live in Rome and I'm vegan",
    "---- Forwarded message ----\nCall me Bob. I live in Rome.",
    "Write a story in which I live in Rome",
    "I'd like to go to Rome",
    "I am looking for a hotel in Rome",
    "I like it",
    "I like the hotel",
    "I'm 5 minutes away",
    "my password is hunter2 and I live in Rome",
    "You live in Porto",
]


@pytest.mark.parametrize("message", NOT_FACTS)
def test_what_is_asked_supposed_quoted_past_or_secret_does_not(message: str) -> None:
    assert told(message) == []


@pytest.mark.parametrize(
    ("message", "day"),
    [
        ("I've lived here long, and I'm vegan since 2019", datetime(2019, 1, 1, tzinfo=UTC)),
        ("I'm vegan since May", datetime(2025, 5, 1, tzinfo=UTC)),
        ("We moved to Berlin in 2021", datetime(2021, 1, 1, tzinfo=UTC)),
        ("I've moved to Berlin last year", NOW),
        ("From next month I live in Lisbon", datetime(2026, 4, 1, tzinfo=UTC)),
        ("I live in Lisbon", NOW),
    ],
)
def test_a_fact_has_the_day_that_its_words_name(message: str, day: datetime) -> None:
    assert facts_in(message, turn=1, engine=None, now=NOW)[0].valid_from == day


def reply(*facts: tuple[str, str, str]) -> str:
    return json.dumps(
        {"facts": [{"about": about, "sentence": sentence, "quote": quote} for about, sentence, quote in facts]}
    )


def test_a_model_adds_what_rules_do_not_find_under_its_own_name() -> None:
    engine = FakeEngine(
        [reply(("hobby", "The user plays the cello.", "in the evenings I play the cello"))], name="tiny"
    )
    [fact] = facts_in("in the evenings I play the cello", turn=1, engine=engine, now=NOW)
    assert (fact.text, fact.by) == ("The user plays the cello.", "tiny")


@pytest.mark.parametrize(
    ("message", "fact"),
    [
        ("I play the cello", ("hobby", "The user plays the cello.", "I play the cello every day")),
        ("I play the cello", ("hobby", "The user plays the cello for 12 years.", "I play the cello")),
        ("I play the cello", ("home", "The user plays the cello in Vienna.", "I play the cello")),
        ("Should I play the cello?", ("hobby", "The user plays the cello.", "I play the cello")),
        ("> I play the cello\nnice", ("hobby", "The user plays the cello.", "I play the cello")),
        ("Ada plays the cello", ("hobby", "The user plays the cello.", "plays the cello")),
        ("Suppose I play the cello", ("hobby", "The user plays the cello.", "I play the cello")),
    ],
    ids=["no such quote", "invented number", "invented name", "question", "pasted", "another", "supposed"],
)
def test_what_a_model_makes_up_is_dropped(message: str, fact: tuple[str, str, str]) -> None:
    assert told(message, FakeEngine([reply(fact)])) == []


def test_a_model_that_fails_or_cannot_write_leaves_what_rules_found() -> None:
    for engine in (
        FakeEngine([ModelFailed("gone")]),
        FakeEngine(["no json"]),
        FakeEngine(capabilities=[Capability.CROP]),
    ):
        assert told("I live in Porto", engine) == [("home city", "The user lives in Porto.")]


def test_what_rules_and_model_both_find_is_kept_once() -> None:
    engine = FakeEngine([reply(("home", "The user lives in Porto.", "I live in Porto"))])
    assert told("I live in Porto", engine) == [("home city", "The user lives in Porto.")]


@given(st.text(max_size=200))
def test_any_text_is_read_and_every_quote_stands_in_it(message: str) -> None:
    assert all(fact.quote in message for fact in facts_in(message, turn=1, engine=None, now=NOW))
