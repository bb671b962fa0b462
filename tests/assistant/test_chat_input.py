"""Typing a message: lines, history and the completion of commands, with a keyboard that is a pipe."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from assistant.cli.chat.input import make_input

COMMANDS = {"/help": "these commands", "/goal": "the goal"}


def made(earlier: Sequence[str] = ()) -> PromptSession[str]:
    return make_input(earlier, COMMANDS, lambda: "a foot\x1b[31m")


def typed(keys: str, earlier: Sequence[str] = ()) -> str:
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text(keys)
        return made(earlier).prompt()


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


def test_what_was_typed_before_comes_back() -> None:
    assert typed("\x1b[A\r", ["the first", "the\nsecond"]) == "the\nsecond"
    assert typed("\x1b[A\x1b[A\x1b[A\r", ["the first", "the\nsecond"]) == "the first"


@pytest.mark.parametrize(
    ("text", "names"),
    [("/", ["/help", "/goal"]), ("/g", ["/goal"]), ("/goal 5", []), ("say /g", []), ("", []), ("/x", [])],
)
def test_slash_commands_are_completed_at_the_start_of_a_message(text: str, names: list[str]) -> None:
    with create_app_session(output=DummyOutput()):
        completer = made().completer
    assert completer is not None
    assert [one.text for one in completer.get_completions(Document(text), CompleteEvent())] == names
