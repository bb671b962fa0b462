"""A turn can be left while a model fills in a form for it, and counts whatever its calls cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from assistant import conversations, goals
from assistant.answers.chat import Say, Start, Step
from assistant.engine.contract import Piece, Request
from assistant.service import Service
from assistant.sessions import watched
from tests.assistant.talking import Talker, begin, say, talking
from tests.waiting import wait_until


class Dreamer(Talker):
    """Fills in no form of the kind named by `endless` before it is told to stop; everything else it does at once."""

    def __init__(self, endless: str) -> None:
        super().__init__("A fine reply.")
        self.endless = endless
        self.is_at_rest, self.has_written = True, False

    def stream(self, request: Request) -> Iterator[Piece]:
        if self.endless not in request.messages[0].text:
            yield from super().stream(request)
            return
        self.requests.append(request)
        self.is_at_rest = False
        try:
            while True:
                time.sleep(0.01)
                yield Piece(" ")
                self.has_written = True
        finally:
            self.is_at_rest = True


CARD, FACTS, JUDGE = "read one message", "note lasting facts", "judge a conversation"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "BEAT_S", 0.03)
    monkeypatch.setattr(watched, "GRACE_S", 60)


def leave(service: Service, wish: Say, what: str, is_begun: Callable[[], bool], times: int = 2) -> None:
    """Say something, and go away when it was told so often that `what` is done, and `is_begun`."""
    events = conversations.say(service, wish)
    told = 0
    for event in events:
        told += isinstance(event, Step) and event.what == what
        if told >= times and is_begun():
            break
    else:
        pytest.fail(f"It did not wait at {what}.")
    events.close()


def test_who_leaves_while_the_card_is_read_is_not_waited_for(tmp_path: Path) -> None:
    engine = Dreamer(CARD)
    with talking(tmp_path, engine) as service:
        leave(service, Say(text="Hello.", start=Start(goal="Greet well")), "reading", lambda: engine.has_written)
        assert engine.is_at_rest
        turn = conversations.show(service).turns[0]
        assert (turn.said, turn.state, turn.reply) == ("Hello.", "cancelled", "")
        line = goals.show(service, 1).line
        assert line.turns_used == 0
        assert line.tokens_used > engine.count(engine.requests[0].messages)
        engine.endless = "said by nobody"
        assert say(service, "").turn.reply == "A fine reply."


def test_who_leaves_while_facts_are_sought_has_the_whole_reply(tmp_path: Path) -> None:
    engine = Dreamer(FACTS)
    with talking(tmp_path, engine) as service:
        leave(service, Say(text="I am fond of my garden.", start=Start()), "remembering", lambda: engine.has_written)
        assert engine.is_at_rest
        turn = conversations.show(service).turns[0]
        assert (turn.state, turn.reply) == ("done", "A fine reply.")


def test_who_leaves_while_the_goal_is_judged_has_the_whole_turn_and_an_open_goal(tmp_path: Path) -> None:
    engine = Dreamer(JUDGE)
    with talking(tmp_path, engine) as service:
        begin(service, "Hello.", goal="Greet well", playbook="travel")
        before = goals.show(service, 1).line.tokens_used
        leave(service, Say(text="Thanks, that's all.", last=True), "checking", lambda: engine.has_written, 3)
        assert engine.is_at_rest
        assert conversations.show(service).turns[1].state == "done"
        view = goals.show(service, 1)
        assert (view.line.status, view.scores) == ("open", [])
        judged = [request for request in engine.requests if JUDGE in request.messages[0].text]
        assert view.line.tokens_used - before > engine.count(judged[0].messages)


def test_a_failure_in_the_thread_is_raised_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(watched.Waited(fail, watched.Watch()).events(Step(what="reading")))


class Silent(Talker):
    """Begins its first reply, and then says nothing before it is let go on."""

    def __init__(self) -> None:
        super().__init__("A fine reply.")
        self.goes_on = Event()
        self.closed = 0

    def stream(self, request: Request) -> Iterator[Piece]:
        try:
            if not self.requests:
                self.requests.append(request)
                assert self.goes_on.wait(60)
                yield Piece("Too late.")
            yield from super().stream(request)
        finally:
            self.closed += 1


def test_a_reply_that_does_not_come_can_be_left_and_the_next_message_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "GRACE_S", 0.1)
    engine = Silent()
    with talking(tmp_path, engine) as service:
        try:
            leave(service, Say(text="Hello?", start=Start()), "writing", lambda: bool(engine.requests), 3)
            assert conversations.show(service).turns[0].state == "cancelled"
            assert engine.closed == 0
            done = say(service, "Are you there?")
            assert done.turn.reply == "A fine reply."
        finally:
            engine.goes_on.set()
        wait_until(lambda: engine.closed == 2, "what was left behind ends with its next piece")
