"""A conversation is read ahead while nobody waits: the next prompt goes on from it, and no turn is any the worse for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest

from assistant import conversations
from assistant.answers.chat import Say, Text
from assistant.engine.contract import Message, ModelFailed, Usage
from assistant.service import Service
from tests.assistant.talking import Talker, begin, say, speak, talking


@pytest.fixture
def engine() -> Talker:
    return Talker("A fine reply, and a long one at that. " * 5, "Another.")


@pytest.fixture
def service(tmp_path: Path, engine: Talker) -> Iterator[Service]:
    with talking(tmp_path, engine) as service:
        yield service


def test_what_was_read_ahead_is_what_the_next_prompt_begins_with(service: Service, engine: Talker) -> None:
    begin(service, "Hello there.", goal="5 days in Europe", playbook="travel")
    for text in ("We are two.", "long " * 2000, "By train, please.\n"):
        service.ahead.wait()
        read, session = engine.prepared[-1]
        say(service, text)
        asked = engine.chats[-1]
        assert read == tuple(asked.messages[: len(read)])
        assert (read[-1].role, len(read)) == ("assistant", len(asked.messages) - 1)
        assert session == asked.session


def test_a_dialogue_that_is_about_to_be_shortened_is_not_read(tmp_path: Path) -> None:
    engine = Talker("So it is said of the sea and the ships. " * 16)
    with talking(tmp_path, engine) as service:
        begin(service, "Tell me of the sea.")
        service.ahead.wait()
        read = {1: len(engine.prepared)}
        for number in range(2, 14):
            say(service, f"And number {number}?")
            service.ahead.wait()
            read[number] = len(engine.prepared)
            if conversations.explain(service, 1).compacted:
                assert read[number - 1] == read[number - 2], "what was to be shortened was left alone"
                assert read[number] == read[number - 1] + 1, "and it is short again"
        assert read[13] < 13


def test_a_turn_that_failed_or_was_stopped_is_not_read(tmp_path: Path) -> None:
    engine = Talker(ModelFailed("It died.", "Ask again."), "Here I am.")
    with talking(tmp_path, engine) as service:
        with pytest.raises(ModelFailed):
            begin(service, "Are you there?")
        events = speak(service, "And now?")
        next(event for event in events if isinstance(event, Text))
        events.close()
        service.ahead.wait()
        assert engine.prepared == []


def test_without_a_model_nothing_is_read(tmp_path: Path) -> None:
    with talking(tmp_path) as service:
        assert begin(service, "Hello.").turn.state == "done"
        service.ahead.wait()


class Slow(Talker):
    """Reads ahead until it is told to end, and then fails."""

    def __init__(self) -> None:
        super().__init__("A fine reply.")
        self.begun, self.end = Event(), Event()

    def prepare(self, messages: Sequence[Message], session: str) -> Usage | None:
        self.begun.set()
        assert self.end.wait(10)
        raise ModelFailed("The process went away.", "Ask again.")


def test_no_message_waits_for_it_and_its_failure_is_nobodys(tmp_path: Path) -> None:
    engine = Slow()
    with talking(tmp_path, engine) as service:
        try:
            first = begin(service, "Hello.")
            assert engine.begun.wait(10)
            second = say(service, "And again.")
        finally:
            engine.end.set()
        service.ahead.wait()
        assert [one.turn.state for one in (first, second)] == ["done", "done"]
        assert first.notices == second.notices == []
        third = list(conversations.say(service, Say(text="Once more.", last=True)))[-1]
        assert third.event == "done"
