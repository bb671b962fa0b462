"""The slash commands of a conversation do what `/help` says, through a client and a served application."""

from __future__ import annotations

import io
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from assistant import memories
from assistant.answers.chat import Start
from assistant.answers.memory import Note
from assistant.cli.chat.commands import COMMANDS, Leave, run_command
from assistant.cli.chat.page import PlainReply
from assistant.cli.chat.talk import Talk
from assistant.client import Client
from assistant.engine.contract import Capability, ModelFailed
from assistant.errors import BadRequest, NotFound, TelosError, Unavailable
from assistant.progress import unheard
from assistant.service import Service
from tests.assistant.served import served
from tests.fakes import FakeEngine

pytestmark = pytest.mark.integration

Do = Callable[[str], str]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(["It runs at eight. [1]"], capabilities={Capability.GENERATE})


@pytest.fixture
def service(tmp_path: Path, engine: FakeEngine) -> Iterator[Service]:
    with served(tmp_path, engine) as made:
        memories.add(made, Note(text="The ferry to Bilbao runs at eight from the north quay.", title="Ferry"))
        memories.index(made, unheard)
        yield made


@pytest.fixture
def talk(service: Service) -> Iterator[Talk]:
    console = Console(file=io.StringIO(), width=100)
    with Client(service.home) as client:
        yield Talk(client, service.home, console, PlainReply, start=Start(origin="cli"))


@pytest.fixture
def do(talk: Talk) -> Do:
    """Do a line; what it printed."""

    def run(line: str) -> str:
        assert isinstance(talk.console.file, io.StringIO)
        talk.console.file.seek(0)
        talk.console.file.truncate()
        run_command(talk, line) if line.startswith("/") else talk.say(line)
        return talk.console.file.getvalue()

    return run


def test_help_names_every_command(do: Do) -> None:
    text = do("/help")
    assert all(name in text for name in COMMANDS)


@pytest.mark.parametrize(
    "line", ["/card", "/done", "/more", "/undo", "/retry", "/explain", "/open 1", "/save", "/patch"]
)
def test_a_command_before_anything_was_said_is_a_sentence(do: Do, line: str) -> None:
    with pytest.raises((BadRequest, NotFound)) as caught:
        do(line)
    assert caught.value.sentence.endswith(".")


def test_a_command_that_is_none_names_the_nearest(do: Do) -> None:
    with pytest.raises(BadRequest, match="Did you mean /explain"):
        do("/exp")
    with pytest.raises(Leave):
        do("/QUIT")


def test_a_goal_is_given_restated_and_ended(do: Do, talk: Talk) -> None:
    assert "has no goal" in do("/goal")
    assert "from your next message on: Reach Bilbao" in do("/goal Reach Bilbao")
    do("When does the ferry run?")
    assert talk.goal is not None
    assert talk.goal.statement == "Reach Bilbao"
    assert "Reach Santander" in do("/goal Reach Santander")
    assert "Goal 1: Reach Santander" in do("/card")
    assert "is achieved, on your word" in do("/done we are there")


def test_a_goal_can_be_given_in_mid_conversation(do: Do) -> None:
    do("When does the ferry run?")
    assert "Goal 1: Reach Bilbao" in do("/goal Reach Bilbao")
    assert "is abandoned, on your word" in do("/fail")


def test_a_citation_is_opened_and_the_browser_only_for_the_web(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert "[1] Ferry" in do("When does the ferry to Bilbao run?")
    shown = do("/open 1")
    assert "from the north quay" in shown
    assert "item 1" in shown
    with pytest.raises(BadRequest, match="no address on the web"):
        do("/open 1 browser")
    with pytest.raises(NotFound, match="cites no number 7") as refused:
        do("/open [7]")
    assert refused.value.remedy == "It cites 1: /open 1"
    with pytest.raises(BadRequest, match="by its number"):
        do("/open")
    assert opened == []


def test_a_turn_is_liked_explained_retried_and_taken_back(do: Do, talk: Talk, engine: FakeEngine) -> None:
    do("When does the ferry run?")
    assert "more replies like this" in do("/more")
    assert "fewer replies like this" in do("/less")
    assert "Prompt: " in do("/explain")
    assert "It is Friday, 20 November 2026" in do("/explain all")
    asked = len(engine.requests)
    do("/retry")
    assert len(engine.requests) > asked
    assert talk.turn is not None
    assert talk.turn.number == 1
    assert 'Taken back: turn 1, "When does the ferry run?"' in do("/undo")
    assert talk.turn is None


def test_facts_are_kept_listed_and_forgotten(do: Do) -> None:
    assert "Nothing is known" in do("/facts")
    assert "Remembered as fact 1: I never fly" in do("/remember I never fly")
    assert "I never fly" in do("/facts")
    assert "Forgotten: I never fly" in do("/forget 1")
    for line in ("/forget", "/forget me", "/remember"):
        with pytest.raises(BadRequest):
            do(line)


def test_a_conversation_is_written_to_a_file_and_never_over_one(do: Do, tmp_path: Path) -> None:
    do("When does the ferry run?")
    do(f"/save {tmp_path / 'talk.md'}")
    assert "When does the ferry run?" in (tmp_path / "talk.md").read_text()
    assert stat.S_IMODE((tmp_path / "talk.md").stat().st_mode) == 0o600
    with pytest.raises(BadRequest, match="cannot be written: File exists"):
        do(f"/save {tmp_path / 'talk.md'}")
    with pytest.raises(TelosError, match="no patch"):
        do("/patch")


def test_a_failed_turn_is_retried(do: Do, talk: Talk, engine: FakeEngine) -> None:
    engine._replies = [ModelFailed("The model ran out of memory.")]
    with pytest.raises(Unavailable, match="out of memory"):
        do("When does the ferry run?")
    assert talk.turn is not None
    assert talk.turn.state == "failed"
    engine._replies = ["It runs at eight."]
    do("/retry")
    assert (talk.turn.number, talk.turn.state) == (1, "done")


def test_nothing_waits_to_be_continued_after_a_whole_turn(talk: Talk, do: Do) -> None:
    do("When does the ferry run?")
    with pytest.raises(BadRequest, match="no turn waits"):
        talk.say("")


def test_the_last_reply_is_written_otherwise_in_the_editor_and_taught_from(
    do: Do, talk: Talk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    do("When does the ferry run?")
    assert talk.turn is not None
    reply = talk.turn.reply
    monkeypatch.setenv("EDITOR", "true")
    assert "Nothing was changed." in do("/edit")
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf "%s" "On Mondays." > "$1"\n')
    script.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(script))
    assert "telos profile undo" in " ".join(do("/edit").split())
    draft = talk.client.drafts.list(kind="chat")[0]
    shown = talk.client.drafts.show(draft.id)
    assert [version.text for version in shown.versions] == [reply.strip(), "On Mondays."]
    assert talk.client.conversations.show(talk.conversation or 0).turns[-1].reply == reply


def test_more_of_a_reply_is_a_lesson_and_less_takes_it_back(do: Do, talk: Talk) -> None:
    do("When does the ferry run?")
    do("/more")
    assert [(one.origin, one.undone_at) for one in talk.client.profile.lessons()] == [("accepted", None)]
    do("/less")
    assert [one.undone_at is None for one in talk.client.profile.lessons()] == [False]
