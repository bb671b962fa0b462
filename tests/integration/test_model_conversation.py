"""Conversations with a real, tiny model in its own process: the cache is kept, replies stop, a killed process costs a turn."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from assistant import conversations, goals
from assistant.answers.chat import Done, Event, Say, Start, Text
from assistant.answers.explanation import Explanation
from assistant.answers.goals import NewGoal
from assistant.clock import FakeClock
from assistant.config.schema import ChatSettings, ModelSettings, Settings, UserSettings
from assistant.engine.contract import ModelFailed
from assistant.engine.local import LocalEngine
from assistant.home import Home
from assistant.service import Service
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder
from tests.integration.with_model import cut_short
from tests.tiny_models import tiny_model

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("model conversation")]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One process for all tests here: each holds conversations of its own."""
    model = tiny_model("qwen3", tmp_path_factory.mktemp("model"), layers=2, context=8192)
    home = Home.at(tmp_path_factory.mktemp("home"))
    home.prepare()
    write_empty(home.database)
    settings = Settings(
        user=UserSettings(timezone="UTC"),
        model=ModelSettings(engine="local", name=str(model), device="cpu", dtype="float32", compile=False),
        chat=ChatSettings(reply_tokens=24, temperature=1.0, dialogue_tokens=450, compact_tokens=225),
    )
    clock = FakeClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    service = Service(home, clock=clock, settings=settings, embedder=WordEmbedder(), make_index=HeldIndex)
    yield service
    service.close()


def speak(service: Service, text: str, **wish: Any) -> Generator[Event, None, None]:
    return conversations.say(service, Say.model_validate({"text": text, "seed": len(text), **wish}))


def say(service: Service, text: str, **wish: Any) -> Done:
    """A random model may end before its first word; then it is asked again, as a user would."""
    try:
        *_, done = speak(service, text, **wish)
    except ModelFailed:
        *_, done = conversations.say(service, Say(text="", conversation=latest(service), seed=7))
    assert isinstance(done, Done)
    return done


def latest(service: Service) -> int:
    return conversations.recent(service, 1)[0].id


def process_of(service: Service) -> int:
    engine = service.engines.of("chat")
    assert isinstance(engine, LocalEngine)
    assert engine.pid is not None
    return engine.pid


def stable_tokens(explanation: Explanation) -> int:
    """What the prompt before had as well, at least: all but the last reply and what is new."""
    parts = [part for part in explanation.parts if part.name.startswith(("head", "turn ", "summary"))]
    return sum(part.tokens - 8 for part in parts if part != parts[-1]) - 16


def test_eight_turns_keep_their_cache_and_their_budget(service: Service) -> None:
    done = say(service, "What of the number one?", start=Start())
    compacted = 0
    for number in range(2, 9):
        done = say(service, f"What of the number {number}, and of its neighbours?", conversation=done.conversation)
        explanation = conversations.explain(service, done.conversation)
        usage = done.turn.usage
        compacted += explanation.compacted
        assert explanation.dialogue_tokens <= 450
        assert usage.prompt_tokens == explanation.prompt_tokens
        head = explanation.parts[0].tokens
        least = head - 24 if explanation.compacted else stable_tokens(explanation)
        assert usage.prompt_reused >= least, number
    assert compacted >= 1


def test_a_goals_card_is_read_with_the_model(service: Service) -> None:
    new = NewGoal(statement="5 days in Europe", playbook="travel", criteria=["The destination is known"])
    made = goals.create(service, new)
    start = Start(playbook="travel", goal_id=made.line.id)
    say(service, "I'd like to go to Portugal. My budget is 900 euros.", start=start)
    card = goals.show(service, made.line.id).card
    assert {one.slot: one.value for one in card.facts}["destination"] == "Portugal"


def test_a_reply_that_is_stopped_ends_at_once_and_is_kept(service: Service) -> None:
    number = say(service, "Hello there.", start=Start()).conversation
    events = speak(service, "Tell me everything, at length.", conversation=number, max_tokens=3000)
    next(event for event in events if isinstance(event, Text))
    events.close()
    stopped = conversations.show(service, number).turns[-1]
    assert stopped.state == "cancelled"
    assert stopped.reply
    assert say(service, "Go on.", conversation=number).turn.state == "done"


def test_a_process_killed_in_mid_reply_costs_that_reply_and_the_next_turn_works(service: Service) -> None:
    def begun(seed: int) -> Iterator[Event]:
        number = say(service, "Hello there.", start=Start()).conversation
        return speak(service, "Tell me everything, at length.", conversation=number, max_tokens=3000, seed=seed)

    assert isinstance(cut_short(begun, lambda: process_of(service)), ModelFailed)
    last = conversations.show(service)
    number, failed = last.line.id, last.turns[-1]
    assert failed.state == "failed"
    assert "ended before" in failed.error
    assert failed.said == "Tell me everything, at length."
    assert say(service, "And now?", conversation=number).turn.state == "done"
