"""`telos log` and what models cost in `telos status`: on a service in this process, over the API, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant import calls
from assistant.api.app import create_app
from assistant.cli import log
from assistant.clock import FakeClock
from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import Engine, Message, ModelFailed, OutOfBudget, Request, complete
from assistant.errors import NotFound
from assistant.home import Home
from assistant.jobs import duties
from assistant.jobs.runner import Runner
from assistant.ledger.metered import Errand, metered
from assistant.service import Service
from assistant.status import status
from memory.models import Conversation
from memory.store import conversations
from memory.store.calls import CallFilter
from tests.databases import open_empty
from tests.fakes import FakeEngine, HeldIndex, WordEmbedder

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
FILE = "[user]\ntimezone = 'Europe/Berlin'\n[model]\nengine = 'local'\nname = 'tiny'\ntokens_a_day = 1000\n"


class Loaded(FakeEngine):
    """A model whose process holds something."""

    def rss_mb(self) -> float:
        return 812.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    home = Home.at(tmp_path)
    home.config_file.write_text(FILE)
    home.prepare()
    open_empty(home.database).close()

    def make_engine(choice: Choice, settings: ModelSettings) -> Engine:
        return Loaded(["It sails\nall winter."], name=choice.name)

    service = Service(
        home, clock=FakeClock(NOW), embedder=WordEmbedder(), make_index=HeldIndex, make_engine=make_engine
    )
    yield service
    service.close()


def ask(service: Service, text: str, *, task: str = "chat", purpose: str = "reply", turn_id: int | None = None) -> None:
    engine = service.engine_for(task, purpose, turn_id=turn_id)  # type: ignore[arg-type]
    complete(engine, Request(messages=[Message("user", text)], max_tokens=20))


def a_turn(service: Service) -> int:
    with service.database.write() as session:
        new = Conversation(title="Ferries", playbook="open", started_at=NOW, last_at=NOW)
        turn = conversations.add_turn(session, conversations.start(session, new), "Hello", NOW)
    assert turn.id is not None
    return turn.id


def clock(service: Service) -> FakeClock:
    assert isinstance(service.clock, FakeClock)
    return service.clock


def purposes(service: Service, wanted: CallFilter | None = None, words: str = "") -> list[str]:
    return [line.purpose for line in calls.recent(service, 10, wanted, words=words)]


def test_calls_are_listed_newest_first_and_shown_whole(service: Service) -> None:
    ask(service, "Does the ferry sail?", turn_id=a_turn(service))
    ask(service, "Tell the story.", task="digest", purpose="story")
    last, first = calls.recent(service, 10)
    assert (last.task, last.purpose, first.task, first.model) == ("digest", "story", "chat", "tiny")
    assert (first.conversation, first.turn, last.conversation) == (1, 1, None)
    assert not first.messages
    assert calls.show(service, first.id).messages == [{"role": "user", "text": "Does the ferry sail?"}]
    with pytest.raises(NotFound, match="no call 99"):
        calls.show(service, 99)


FILTERS = {
    "task": (CallFilter(task="digest"), ["story"]),
    "purpose": (CallFilter(purpose="card"), ["card"]),
    "conversation": (CallFilter(conversation_id=1), ["reply"]),
    "since": (CallFilter(since=NOW + timedelta(minutes=30)), ["story"]),
    "since, in the user's zone": (CallFilter(since=datetime(2026, 3, 2, 8)), ["story"]),
    "failed": (CallFilter(only_failed=True), []),
}


def test_filters_choose_calls(service: Service) -> None:
    ask(service, "One", turn_id=a_turn(service))
    ask(service, "Two", purpose="card")
    clock(service).advance(timedelta(hours=1))
    ask(service, "Three", task="digest", purpose="story")
    found = {name: purposes(service, wanted) for name, (wanted, _) in FILTERS.items()}
    assert found == {name: expected for name, (_, expected) in FILTERS.items()}


def test_words_are_searched_in_prompts_and_replies(service: Service) -> None:
    ask(service, "Über die FÄHRE nach Norden", purpose="card")
    ask(service, "Something else", purpose="reply")
    assert purposes(service, words="fähre norden") == ["card"]
    assert purposes(service, words="winter") == ["reply", "card"]
    assert purposes(service, words="fähre spring") == []


def test_the_daily_upkeep_lets_old_calls_go(service: Service) -> None:
    ask(service, "Old")
    clock(service).advance(timedelta(days=20))
    ask(service, "Younger")
    clock(service).advance(timedelta(days=11))
    duties.duty(service, duties.MAINTAIN).work(service, lambda *_: None)
    assert [calls.show(service, line.id).messages[0]["text"] for line in calls.recent(service, 10)] == ["Younger"]


def test_status_tells_the_models_and_what_they_cost_today(service: Service) -> None:
    ask(service, "Does the ferry sail?")
    answer = status(service)
    assert [(model.name, model.engine, model.tasks, model.rss_mb) for model in answer.models] == [
        ("tiny", "local", ["chat", "digest", "drafts"], 812.0)
    ]
    (line,) = answer.spending
    assert (line.task, line.calls, line.tokens, line.tokens_a_day) == ("chat", 1, 10, 1000)
    clock(service).advance(timedelta(days=1))
    assert not status(service).spending


def test_a_refused_call_is_called_to_attention_until_the_next_day(service: Service) -> None:
    assert not [sentence for sentence in status(service).attention if "refused" in sentence]
    with pytest.raises(OutOfBudget):
        ask(service, "word " * 990)
    (sentence,) = [sentence for sentence in status(service).attention if "refused" in sentence]
    assert "tokens_a_day" in sentence
    clock(service).advance(timedelta(days=1))
    assert not [sentence for sentence in status(service).attention if "refused" in sentence]


def test_the_api_lists_and_shows(service: Service) -> None:
    ask(service, "Does the ferry sail?")
    with TestClient(create_app(service, Runner(service))) as client:
        (line,) = client.get("/api/calls", params={"task": "chat", "words": "ferry", "limit": 5}).json()
        assert client.get(f"/api/calls/{line['id']}").json()["reply"] == "It sails\nall winter."
        assert client.get("/api/calls", params={"failed": True}).json() == []
        assert client.get("/api/calls", params={"task": "cooking"}).status_code == 400


def test_lines_and_calls_are_printed_without_what_a_terminal_obeys(
    service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ask(service, "Does the \x1b[31mferry[/bold] sail?")
    (line,) = calls.recent(service, 1)
    log._print_lines([line], as_json=False)
    log._print_call(calls.show(service, line.id))
    printed = capsys.readouterr().out
    assert "It sails all winter." in printed
    assert "Does the [31mferry[/bold] sail?" in printed
    assert "\x1b" not in printed


def test_a_line_of_the_log_is_whole_in_a_pipe_and_names_a_model_by_its_folder(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(service, "Does it sail?")
    line = calls.recent(service, 1)[0].model_copy(update={"model": "/home/ada/models/mine", "reply": "word " * 40})
    log._print_lines([line], as_json=False)
    columns, head, told = capsys.readouterr().out.splitlines()
    assert columns.split() == ["ID", "When", "For", "Tokens", "Took", "Outcome"]
    assert f"{line.task}: {line.purpose}" in head
    assert head.endswith("done")
    assert told.split(":")[0].strip() == "mine"
    assert told.count("word") == 40


def test_a_failed_call_is_listed_with_its_reason(service: Service) -> None:
    failing = metered(FakeEngine([ModelFailed("It died.")]), service.ledger, Errand("chat", "reply"))
    with pytest.raises(ModelFailed):
        complete(failing, Request(messages=[Message("user", "Hello")]))
    (line,) = calls.recent(service, 5, CallFilter(only_failed=True))
    assert (line.outcome, line.error) == ("failed", "It died.")
