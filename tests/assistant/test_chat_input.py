"""Typing a message: lines, history and the completion of commands, with a keyboard that is a pipe."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from assistant.cli.chat import input
from assistant.cli.chat.input import make_input

COMMANDS = {"/help": "these commands", "/goal": "the goal"}


def made(history: Path | None = None) -> PromptSession[str]:
    return make_input(history, COMMANDS, lambda: "a foot\x1b[31m")


def typed(keys: str, history: Path | None = None) -> str:
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text(keys)
        return made(history).prompt()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("hello\r", "hello"),
        ("one\x1b\rtwo\r", "one\ntwo"),
        ("one\\\rtwo\r", "one\ntwo"),
        ("\x1b[200~one\r\ntwo\n\x1b[201~!\r", "one\ntwo\n!"),
        ("\r \rhello\r", "hello"),
    ],
    ids=["enter sends", "alt-enter", "backslash", "a paste keeps its lines", "nothing is not sent"],
)
def test_a_message_is_typed(keys: str, message: str) -> None:
    assert typed(keys) == message


@pytest.mark.parametrize(("keys", "raised"), [("half\x03", KeyboardInterrupt), ("\x04", EOFError)])
def test_a_message_is_given_up(keys: str, raised: type[BaseException]) -> None:
    with pytest.raises(raised):
        typed(keys)


def test_what_was_typed_comes_back_in_the_next_conversation_and_is_the_users_alone(tmp_path: Path) -> None:
    history = tmp_path / "history"
    assert typed("the first\r", history) == "the first"
    assert typed("\x1b[A\r", history) == "the first"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600


def test_a_history_that_grew_too_large_keeps_its_later_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = tmp_path / "history"
    history.write_text("".join(f"\n# 2026-11-20 09:00:00\n+message {number}\n" for number in range(20)))
    monkeypatch.setattr(input, "HISTORY_BYTES", 400)
    assert typed("\x1b[A\r", history) == "message 19"
    kept = history.read_text()
    assert "message 0\n" not in kept
    assert len(kept) < 400


@pytest.mark.parametrize(
    ("text", "names"),
    [("/", ["/help", "/goal"]), ("/g", ["/goal"]), ("/goal 5", []), ("say /g", []), ("", []), ("/x", [])],
)
def test_slash_commands_are_completed_at_the_start_of_a_message(text: str, names: list[str]) -> None:
    with create_app_session(output=DummyOutput()):
        completer = made().completer
    assert completer is not None
    assert [one.text for one in completer.get_completions(Document(text), CompleteEvent())] == names
