"""A service to talk with: a home of its own, an engine that was told what to say, a clock that is set."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from assistant import conversations
from assistant.answers.chat import Done, Event, Say, Start, Text
from assistant.clock import FakeClock
from assistant.config.schema import ChatSettings, ModelSettings, Settings, UserSettings
from assistant.engine.contract import Capability, Engine, Request
from assistant.home import Home
from assistant.service import Service
from tests.databases import write_empty
from tests.fakes import FakeEngine, HeldIndex, WordEmbedder

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Talker(FakeEngine):
    """An engine that replies in turn, and has nothing to say where a form is to be filled in or a text shortened."""

    def __init__(self, *replies: str | Exception) -> None:
        super().__init__(self._next, capabilities={Capability.GENERATE, Capability.CROP})
        self._waiting = list(replies or ("A fine reply.",))

    @property
    def chats(self) -> list[Request]:
        """The requests for a reply."""
        return [request for request in self.requests if request.session.startswith("conversation-")]

    def _next(self, request: Request) -> str | Exception:
        if not request.session.startswith("conversation-"):
            return "I would rather not."
        return self._waiting.pop(0) if len(self._waiting) > 1 else self._waiting[0]


@contextmanager
def talking(
    folder: Path,
    engine: Engine | None = None,
    *,
    log_days: int = 0,
    dimension: int = 64,
    decides_apart: bool = False,
    **chat: Any,
) -> Iterator[Service]:
    """A service whose chats are answered by `engine`, or by none; `dimension` is that of its vectors."""
    home = Home.at(folder / "home")
    home.prepare()
    write_empty(home.database)
    kind: Literal["extractive", "local"] = "extractive" if engine is None else "local"
    service = Service(
        home,
        clock=FakeClock(NOW),
        settings=Settings(
            user=UserSettings(timezone="UTC"),
            model=ModelSettings(engine=kind, name="fake", log_days=log_days),
            chat=ChatSettings(**chat),
        ),
        embedder=WordEmbedder(dimension),
        make_index=HeldIndex,
        decides_apart=decides_apart,
        make_engine=lambda _choice, _settings: engine or FakeEngine(),
    )
    try:
        yield service
    finally:
        service.close()


def say(service: Service, text: str, **wish: Any) -> Done:
    """A message to the last conversation unless `wish` names another, and what came of it."""
    events = list(speak(service, text, **wish))
    done = events[-1]
    assert isinstance(done, Done)
    return done


def speak(service: Service, text: str, **wish: Any) -> Generator[Event, None, None]:
    if not wish.keys() & {"start", "conversation", "last"}:
        wish["last"] = True
    return conversations.say(service, Say(text=text, **wish))


def begin(service: Service, text: str, **start: Any) -> Done:
    return say(service, text, start=Start(**start))


def told(events: list[Event]) -> str:
    """The reply as a client shows it."""
    text = ""
    for event in events:
        if isinstance(event, Text):
            text = event.text if event.is_again else text + event.text
    return text
