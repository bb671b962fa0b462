"""Answers as objects, of engines that can be held to a schema and of those that cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from pydantic import BaseModel, model_validator

from assistant.engine.contract import Capability, Message, ModelFailed, OutOfBudget, Piece, Request, Sampling
from assistant.engine.extractive import Extractive
from assistant.engine.structured import ask
from assistant.errors import Unavailable
from tests.fakes import FakeEngine

ASKED = [Message("system", "You plan."), Message("user", "Five days in May?")]
WRITES = {Capability.GENERATE}


class Plan(BaseModel):
    days: int
    start: date | None = None
    cities: list[str] = []

    @model_validator(mode="after")
    def _no_city_twice(self) -> Plan:
        if len(set(self.cities)) < len(self.cities):
            raise ValueError("a city comes twice")
        return self


class Cut(FakeEngine):
    """An engine that runs into the end of its budget."""

    def stream(self, request: Request) -> Iterator[Piece]:
        for piece in super().stream(request):
            yield piece if piece.usage is None else replace(piece, usage=replace(piece.usage, finish="length"))


def test_an_engine_that_can_is_held_to_the_schema() -> None:
    engine = FakeEngine(['{"days": 5, "start": "2026-05-01", "cities": ["Graz"]}'])
    plan = ask(engine, Plan, ASKED, max_tokens=77, sampling=Sampling(temperature=0.3))
    assert plan == Plan(days=5, start=date(2026, 5, 1), cities=["Graz"])
    (request,) = engine.requests
    assert request.schema is not None
    assert request.schema["properties"]["cities"]["maxItems"] > 0
    assert (request.max_tokens, request.sampling.temperature) == (77, 0.3)


def test_what_never_changes_stands_first_and_the_question_last() -> None:
    engine = FakeEngine(['{"days": 5}'])
    ask(engine, Plan, ASKED, session="aside-plan")
    ask(engine, Plan, [ASKED[0], Message("user", "And in June?")], session="aside-plan")
    (head, last), (again, other) = (request.messages for request in engine.requests)
    assert head == again
    assert head.text.startswith("You plan.")
    assert json.loads(head.text.splitlines()[-1])["properties"].keys() == {"days", "start", "cities"}
    assert (last.text.splitlines()[0], other.text.splitlines()[0]) == ("Five days in May?", "And in June?")
    assert {request.session for request in engine.requests} == {"aside-plan"}


def test_without_instructions_the_form_is_the_first_one() -> None:
    engine = FakeEngine(['{"days": 5}'])
    ask(engine, Plan, ASKED[1:])
    assert [message.role for message in engine.requests[0].messages] == ["system", "user"]
    assert "JSON schema" in engine.requests[0].messages[0].text


def test_after_a_reply_the_user_asks_for_the_object() -> None:
    engine = FakeEngine(['{"days": 5}'])
    ask(engine, Plan, [*ASKED, Message("assistant", "Gladly.")])
    assert [message.role for message in engine.requests[0].messages] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param('{"days": 5}', id="alone"),
        pytest.param('```json\n{"days": 5}\n```', id="in a fence"),
        pytest.param('Gladly! {"days": 5} Anything else?', id="with a greeting"),
        pytest.param('<think>{"days": 9}? No.</think>{"days": 5}', id="after thoughts"),
        pytest.param('{\n  "days": 5,\n  "more": null\n}', id="with more than was asked"),
    ],
)
def test_an_object_is_found_in_what_surrounds_it(reply: str) -> None:
    engine = FakeEngine([reply], capabilities=WRITES)
    assert ask(engine, Plan, ASKED).days == 5
    assert engine.requests[0].schema is None


@pytest.mark.parametrize(
    ("first", "told"),
    [
        pytest.param("Five days.", "there is no JSON object in it", id="no object"),
        pytest.param('{"days": "many"}', "days: Input should be a valid integer", id="a wrong type"),
        pytest.param('{"days": 5, "cities": ["Graz", "Graz"]}', "a city comes twice", id="a broken rule"),
        pytest.param('{"days": 5, "cities"', "Expecting", id="half an object"),
        pytest.param('{"cities": ' + "[" * 100_000, "too deeply", id="nested without end"),
    ],
)
def test_an_engine_is_told_its_mistake_and_asked_once_more(first: str, told: str) -> None:
    engine = FakeEngine([first, '{"days": 5}'], capabilities=WRITES)
    assert ask(engine, Plan, ASKED, sampling=Sampling(temperature=1, seed=4)).days == 5
    again = engine.requests[1]
    assert [message.role for message in again.messages] == ["system", "user", "assistant", "user"]
    assert told in again.messages[-1].text
    assert again.sampling.seed == 5


def test_after_the_second_mistake_it_is_said() -> None:
    engine = FakeEngine(["No.", "Never."], capabilities=WRITES)
    with pytest.raises(ModelFailed, match="fake gave no valid Plan"):
        ask(engine, Plan, ASKED)
    assert len(engine.requests) == 2


def test_an_answer_cut_off_by_its_budget_is_called_that() -> None:
    with pytest.raises(OutOfBudget, match="12 tokens were not enough"):
        ask(Cut(['{"days": 5, "cities": ["Gr'], capabilities=WRITES), Plan, ASKED, max_tokens=12)


def test_without_a_model_the_one_sentence_is_said() -> None:
    with pytest.raises(Unavailable, match="Reading your message needs a language model"):
        ask(Extractive(), Plan, ASKED, purpose="Reading your message")


def test_failures_of_the_engine_are_not_hidden_by_a_second_try() -> None:
    engine = FakeEngine([OutOfBudget("The ceiling of today is reached.")])
    with pytest.raises(OutOfBudget, match="ceiling"):
        ask(engine, Plan, ASKED)
    assert len(engine.requests) == 1
