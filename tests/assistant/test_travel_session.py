"""Thirty turns on a journey: the card is right turn by turn, and the prompt within its budget at every turn.

The user is scripted, the card is read by rules, and the engine answers at length, asking what it was told to ask. Each
line of the script says what it changes on the card; everything else has to stay as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from assistant import conversations, goals
from assistant.answers.chat import Done
from assistant.answers.explanation import Explanation
from assistant.answers.goals import Card
from assistant.clock import FakeClock
from assistant.engine.contract import Engine, ModelFailed, Request
from assistant.service import Service
from tests.assistant.talking import Talker, begin, say, talking

GOAL = "5 days in Europe, moderate budget"
CHATTER = "It is a fine thing to think of, and there is much to be said for it and little against it. " * 5
DOUBT = "Earlier it was “train” (transport), now it is “plane”. Which of the two shall it be?"


@dataclass(frozen=True)
class Line:
    """What the user says; the values it sets, the constraints it adds, the facts it teaches, and the act that follows."""

    said: str
    act: str = "propose"
    values: dict[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    doubt: str = ""
    statement: str = ""
    days_later: int = 0


SCRIPT = [
    Line("Hi, I'd like to plan a trip.", values={"destination": "Europe", "length": "5 days", "budget": "moderate"}),
    Line("I'd like to go to Portugal.", values={"destination": "Portugal"}),
    Line("There are two of us, my sister and me.", values={"travellers": "2 people"}),
    Line("What is the weather like there in spring?", act="do"),
    Line("My budget is about 1200 euros.", values={"budget": "about 1200 EUR"}),
    Line("We want museums and good food.", values={"interests": "museums, food"}),
    Line("A slow pace, please.", values={"pace": "slow"}),
    Line("Let's take the train.", values={"transport": "train"}),
    Line("From 3 to 7 May.", values={"dates": "2027-05-03 to 2027-05-07"}),
    Line("A small guesthouse would be nice.", values={"lodging": "guesthouse"}, days_later=3),
    Line("Is Lisbon hilly?", act="do"),
    Line("I am a vegetarian.", holds=("vegetarian food",), learned=("The user is vegetarian.",)),
    Line("Actually, let's fly.", act="ask", doubt=DOUBT),
    Line("Yes, let's fly then.", values={"transport": "plane"}),
    Line("How far is it from the airport to the centre?", act="do"),
    Line("I also like hiking.", values={"interests": "museums, food, hiking"}, learned=("The user likes hiking.",)),
    Line(
        "I changed my mind: the goal is now a trip to Spain, 7 days.",
        values={"destination": "Spain", "length": "7 days"},
        statement="a trip to Spain, 7 days",
    ),
    Line(
        "The budget can go up to 1500 euros.", values={"budget": "at most 1500 EUR"}, holds=("budget at most 1500 EUR",)
    ),
    Line("I live in Vienna, by the way.", learned=("The user lives in Vienna.",), days_later=20),
    Line("What would a day in Madrid look like?", act="do"),
    Line("No bullfights, please.", holds=("no bullfights",)),
    Line("Where were we?", act="do"),
    Line("Let's stay in an apartment instead of the guesthouse.", values={"lodging": "apartment"}),
    Line("Is there a night train?", act="do"),
    Line("What does a flight cost?", act="do"),
    Line("I moved to Graz last week.", learned=("The user lives in Graz.",)),
    Line("Please propose a plan."),
    Line("Could you make day 2 easier?"),
    Line("Yes, I agree to the plan.", act="close", values={"plan": "accepted"}),
    Line("Thanks, that's all.", act="close"),
]


NOTHING_NOTED = '{"values": [], "constraints": [], "met": [], "goal": "", "answer": "neither", "facts": []}'


class Companion(Talker):
    """Answers at length, and asks the question that the notes name. In the user's messages it sees nothing of its own."""

    def _next(self, request: Request) -> str | Exception:
        if not request.session.startswith("conversation-"):
            return NOTHING_NOTED if "<message>" in request.messages[-1].text else "I would rather not."
        asked = re.search(r'question and no other: "(.*?)"', request.messages[-1].text)
        return CHATTER + (asked[1] if asked else "")


@dataclass
class Session:
    """The script as far as it was said, and what the card must be."""

    service: Service
    values: dict[str, str] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)
    statement: str = GOAL

    def say(self, line: Line, number: int) -> Done:
        assert isinstance(self.service.clock, FakeClock)
        self.service.clock.advance(timedelta(days=line.days_later))
        if number == 1:
            done = begin(self.service, line.said, playbook="travel", goal=GOAL)
        else:
            done = say(self.service, line.said)
        self.values |= line.values
        self.holds += line.holds
        self.statement = line.statement or self.statement
        return done

    @property
    def card(self) -> Card:
        return goals.show(self.service, 1).card


def known(card: Card) -> dict[str, str]:
    return {value.slot: value.value for value in (*card.facts, *card.decisions)}


def check_card(session: Session, line: Line, number: int, done: Done) -> None:
    card = session.card
    assert known(card) == session.values, number
    assert card.statement == session.statement, number
    assert [one.text for one in card.constraints][2:] == session.holds, number
    assert [one.text for one in card.questions if one.is_contradiction] == ([line.doubt] if line.doubt else []), number
    assert done.turn.act == line.act, number
    assert tuple(done.learned) == line.learned, number
    for value in (*card.facts, *card.decisions):
        said = SCRIPT[value.evidence.turn - 1].said if value.evidence.turn else GOAL
        assert value.evidence.quote in said, value
    met = {one.slot for one in card.criteria if one.is_met}
    assert met == set(session.values), number


def check_prompt(explanation: Explanation, request: Request, engine: Engine) -> None:
    assert explanation.dialogue_tokens <= 1600
    assert explanation.prompt_tokens == engine.count(request.messages)
    assert explanation.prompt_tokens + request.max_tokens <= engine.context_tokens
    assert sum(part.tokens for part in explanation.parts) >= explanation.prompt_tokens - 16


def test_the_card_is_right_turn_by_turn_and_the_prompt_within_its_budget(tmp_path: Path) -> None:
    engine = Companion()
    compacted = 0
    with talking(tmp_path, engine) as service:
        session = Session(service)
        for number, line in enumerate(SCRIPT, start=1):
            before = conversations.explain(service, 1).dialogue_tokens if number > 1 else 0
            done = session.say(line, number)
            check_card(session, line, number, done)
            explanation = conversations.explain(service, 1)
            check_prompt(explanation, engine.chats[-1], engine)
            if explanation.compacted:
                compacted += 1
                assert explanation.dialogue_tokens < before
            elif number > 1:
                earlier, now = engine.chats[-2].messages, engine.chats[-1].messages
                assert now[: len(earlier) - 1] == earlier[:-1]
            assert engine.chats[-1].messages[0] == engine.chats[0].messages[0]
        view = goals.show(service, 1)
        assert len(SCRIPT) == 30
        assert compacted == 3
        assert view.line.turns_used == 30
        assert view.line.progress == 1.0
        assert view.card.value_of("destination").earlier == ["Europe", "Portugal"]  # type: ignore[union-attr]
        assert any("5 days in Europe" in change for line in view.history for change in line.changes)
        assert [score.judge for score in view.scores] == ["rules"]
        unmet = [one.criterion for one in view.scores[0].verdicts if not one.is_met]
        assert (unmet, view.scores[0].overall) == ([], 10.0)
        asked = [turn.reply for turn in conversations.show(service).turns]
        assert all(reply.count("?") <= 2 for reply in asked)


def test_without_a_model_the_card_is_as_right(tmp_path: Path) -> None:
    with talking(tmp_path) as service:
        session = Session(service)
        for number, line in enumerate(SCRIPT[:18], start=1):
            done = session.say(line, number)
            check_card(session, line, number, done)
            assert ("`telos model use NAME`" in done.turn.reply) is (number == 1 or "is kept" in done.turn.reply), (
                number
            )
        assert DOUBT in conversations.show(service).turns[12].reply


def test_a_turn_taken_back_takes_back_what_it_changed_on_the_card(tmp_path: Path) -> None:
    with talking(tmp_path) as service:
        session = Session(service)
        for number, line in enumerate(SCRIPT[:2], start=1):
            session.say(line, number)
        undone = conversations.undo(service, 1)
        assert any("Portugal" in change for change in undone.changes)
        assert known(session.card)["destination"] == "Europe"


def test_a_failed_turn_is_on_the_card_and_its_retry_changes_nothing_twice(tmp_path: Path) -> None:
    engine = Talker("Fine.", ModelFailed("It died."), "Portugal it is.")
    with talking(tmp_path, engine) as service:
        session = Session(service)
        session.say(SCRIPT[0], 1)
        with pytest.raises(ModelFailed):
            session.say(SCRIPT[1], 2)
        assert known(session.card)["destination"] == "Portugal"
        say(service, "")
        card = session.card
        assert card.value_of("destination").earlier == ["Europe"]  # type: ignore[union-attr]
        assert goals.show(service, 1).line.turns_used == 2
