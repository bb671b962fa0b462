"""`telos chat` and what lies around it on the command line, against a served application whose model was told what to say."""

from __future__ import annotations

import io
import json
import pty
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from assistant import conversations, facts
from assistant.cli import app as cli
from assistant.cli.chat import loop
from assistant.cli.chat.page import PlainReply
from assistant.cli.chat.talk import Talk
from assistant.client import Client
from assistant.engine.contract import Capability, ModelFailed, Request
from assistant.service import Service
from tests.assistant.served import served
from tests.fakes import FakeEngine

pytestmark = pytest.mark.integration


class Shell:
    """Runs commands on one home in this process, with or without something in the pipe."""

    def __init__(
        self, service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], engine: FakeEngine
    ) -> None:
        self.service = service
        self.engine = engine
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, pipe: bytes | None = None, status: int = 0) -> str:
        """What the command prints; on stderr where `status` is a failure's."""
        self._monkeypatch.setattr("sys.argv", ["telos", "--home", str(self.service.home.folder), *arguments])
        if pipe is not None:
            self._monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(pipe), isatty=lambda: False))
        try:
            cli.main()
            ended = 0
        except SystemExit as end:
            ended = int(end.code or 0)
        out, err = self._capsys.readouterr()
        assert ended == status, err
        return out if status == 0 else err

    def json(self, *arguments: str, pipe: bytes | None = None) -> Any:
        return json.loads(self(*arguments, "--json", pipe=pipe))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(["The ferry **runs** at eight.\x1b[31m"], capabilities={Capability.GENERATE})


@pytest.fixture
def telos(
    tmp_path: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    monkeypatch.setenv("COLUMNS", "160")
    with served(tmp_path, engine) as service:
        yield Shell(service, monkeypatch, capsys, engine)


def test_a_question_is_answered_and_the_conversation_goes_on_through_pipes(telos: Shell) -> None:
    assert telos("ask", "When does the ferry run?") == "The ferry **runs** at eight.[31m\n"
    done = telos.json("chat", "--last", pipe=b"And back?\n")
    assert (done["turn"]["number"], done["turn"]["said"], done["turn"]["state"]) == (2, "And back?", "done")
    explained = telos.json("chat", "--session", str(done["conversation"]), "--explain", pipe="Grève?".encode())
    assert explained["explanation"]["parts"]
    assert "Grève?" in telos.engine.requests[-1].messages[-1].text
    out = telos("chat", "--last", "--explain", pipe=b"Once more?")
    assert out.startswith("The ferry **runs** at eight.")
    assert "Prompt: " in out


@pytest.mark.parametrize(
    ("arguments", "pipe", "status", "sentence"),
    [
        (("chat", "--last"), "Grève".encode("latin-1"), 2, "not written in UTF-8"),
        (("chat",), b"", 2, "no message in the pipe"),
        (("chat", "--last", "--session", "1"), b"x", 2, "name two conversations"),
        (("chat", "--last", "--goal", "x"), b"x", 2, "keeps its playbook, goal and files"),
        (("chat", "--attach", "/nowhere"), b"x", 2, "it is not there"),
        (("chat", "--playbook", "nonsense"), b"x", 1, "nonsense"),
        (("chat", "--session", "77"), b"x", 1, "no conversation 77"),
        (("chat", "--last"), b"x", 1, "no conversation yet"),
        (("ask", " "), None, 2, "no question"),
        (("goals", "show", "9"), None, 1, "no goal 9"),
        (("goals", "edit", "9", "--set", "budget"), None, 2, "sets nothing"),
        (("goals", "new", "x", "--deadline", "soon"), None, 2, "'soon' is no day"),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_sentence(
    telos: Shell, arguments: tuple[str, ...], pipe: bytes | None, status: int, sentence: str
) -> None:
    assert sentence in telos(*arguments, pipe=pipe, status=status)


def test_a_key_between_a_reply_and_the_next_line_is_kept_as_it_was_pressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that composes lines would take a Ctrl-D for the end of one, and hand on none. It may be left so by an editor,
    or by the shell that a stopped conversation was taken back from."""
    ours, theirs = pty.openpty()
    at_prompts: list[bool] = []
    at_replies: dict[int, bool] = {}
    as_found = termios.tcgetattr(ours)

    def is_composing() -> bool:
        return bool(termios.tcgetattr(ours)[3] & termios.ICANON)

    def prompt() -> str:
        at_prompts.append(is_composing())
        if len(at_prompts) == 3:
            raise EOFError
        return "When does the ferry run?"

    def reply(request: Request) -> str:
        at_replies.setdefault(len(at_prompts), is_composing())
        termios.tcsetattr(ours, termios.TCSANOW, as_found)
        return "At eight."

    monkeypatch.setattr(loop, "make_input", lambda *_: SimpleNamespace(prompt=prompt))
    with (
        served(tmp_path, FakeEngine(reply, capabilities={Capability.GENERATE})) as service,
        Client(service.home) as client,
        open(theirs) as keyboard,
        open(ours, "rb"),
    ):
        monkeypatch.setattr(sys, "stdin", keyboard)
        assert is_composing()
        loop.converse(Talk(client, service.home, Console(file=io.StringIO()), PlainReply))
        assert is_composing()
        assert [turn.state for turn in conversations.show(service).turns] == ["done", "done"]
    assert at_prompts == [False, False, False]
    assert at_replies == {1: False, 2: False}


def test_a_model_that_fails_is_said_and_the_message_is_kept(telos: Shell, engine: FakeEngine) -> None:
    engine._replies = [ModelFailed("The model ran out of memory.", "Ask again.")]
    assert "The model ran out of memory." in telos("ask", "Are you there?", status=1)
    [line] = telos.json("conversations", "list")
    assert (line["turns"], line["is_waiting"]) == (1, True)


def test_files_given_along_are_in_the_prompt_and_secrets_are_not(telos: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.py").write_text("print('kestrel')")
    (folder / ".env").write_text("TOKEN=swordfish")
    telos("ask", "What does main.py do?", "--attach", str(folder))
    sent = "\n".join(message.text for message in telos.engine.requests[-1].messages)
    assert "kestrel" in sent
    assert "swordfish" not in sent
    assert "swordfish" not in telos.service.home.database.read_bytes().decode("latin-1")


def test_past_conversations_are_listed_shown_found_and_deleted(telos: Shell) -> None:
    telos("ask", "When does the ferry to Bilbao run?")
    assert "ferry to Bilbao" in telos("conversations", "list")
    shown = telos("conversations", "show", "1")
    assert "> When does the ferry to Bilbao run?" in shown
    assert "\x1b" not in shown
    assert "you: " in telos("conversations", "search", "Bilbao")
    assert telos("conversations", "search", "zebra") == "Nothing was found.\n"
    assert telos("conversations", "delete", "1", "--yes") == "Conversation 1 is deleted.\n"
    assert telos("conversations", "list") == "Nothing was talked about yet.\n"


def test_playbooks_are_listed_with_what_they_are_for(telos: Shell) -> None:
    assert "travel" in telos("playbooks")
    assert {line["name"] for line in telos.json("playbooks")} >= {"open", "travel"}


def test_a_goal_is_begun_shown_edited_and_ended_by_its_user(telos: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = telos.json("goals", "new", "A talk on planning", "--criterion", "A title", "--deadline", "2999-01-01")
    number = str(begun["line"]["id"])
    assert "A talk on planning" in telos("goals")
    shown = telos("goals", "show", number)
    assert "A title" in shown
    assert "2999-01-01" in shown
    telos("goals", "edit", number, "--add", "Slides", "--set", "place=Porto")
    monkeypatch.setenv("EDITOR", "sed -i s/planning/dialogue/")
    edited = telos.json("goals", "edit", number)
    assert edited["line"]["statement"] == "A talk on dialogue"
    assert [one["text"] for one in edited["card"]["criteria"]] == ["A title", "Slides"]
    monkeypatch.setenv("EDITOR", "true")
    assert telos("goals", "edit", number) == "Nothing was changed.\n"
    assert "Slides" in telos("goals", "history", number)
    assert telos("goals", "done", number, "--note", "Held") == f"Goal {number} is achieved: A talk on dialogue\n"
    assert telos.json("goals", "--status", "open") == []
    assert "is open" in telos("goals", "reopen", number)
    assert "is abandoned" in telos("goals", "fail", number)
    assert "of 10" in telos("goals", "score", number)
    assert "has no criterion 'Nothing'" in telos("goals", "edit", number, "--remove", "Nothing", status=2)


def test_a_conversation_with_a_goal_keeps_it(telos: Shell) -> None:
    done = telos.json("chat", "--goal", "5 days in Europe", "--playbook", "travel", pipe=b"Porto, please.")
    assert done["goal"]["statement"] == "5 days in Europe"
    [line] = telos.json("goals")
    assert line["conversations"] == [done["conversation"]]
    assert facts.list_facts(telos.service) == [] or done["learned"]
