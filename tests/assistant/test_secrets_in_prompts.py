"""What a model's server is sent of a password that somebody told: nothing on another machine, all of it on this one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import Message, Request, complete
from assistant.engine.server.engine import ServerEngine
from assistant.engine.server.outgoing import NOTICE, Outgoing
from tests.assistant.talking import begin, say, talking
from tests.model_server import ModelServer

pytestmark = pytest.mark.integration

TOLD = "My password is hunter2hunter2, and the key sk-abcdefghijklmnop1234."


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.counter = "vllm"
        yield server


def engine_of(server: ModelServer, *, is_elsewhere: bool) -> ServerEngine:
    """127.1 is this machine for the network, and a name that may be any machine's for whoever reads it."""
    address = server.address.replace("127.0.0.1", "127.1") if is_elsewhere else server.address
    choice = Choice("server", name="tiny", address=address, api_key=SecretStr("sk-own-key-of-the-server"))
    return ServerEngine(choice, ModelSettings(engine="server", silence_s=5))


def heard(server: ModelServer) -> str:
    """All that it was sent: chats, and what it was to count."""
    return "\n".join(request.body.decode() for request in server.requests)


def test_a_server_elsewhere_gets_no_password_and_the_turn_says_so_once(tmp_path: Path, server: ModelServer) -> None:
    with talking(tmp_path, engine_of(server, is_elsewhere=True)) as service:
        first = begin(service, f"{TOLD} When does the ferry run?")
        second = say(service, "And on Monday?")
    assert "hunter2" not in heard(server)
    assert "sk-abcdef" not in heard(server)
    assert "When does the ferry run?" in json.dumps(server.bodies)
    assert "My password is ***" in json.dumps(server.bodies[-1])
    assert NOTICE in first.notices
    assert NOTICE not in second.notices


def test_a_server_on_this_machine_gets_what_was_said(tmp_path: Path, server: ModelServer) -> None:
    with talking(tmp_path, engine_of(server, is_elsewhere=False)) as service:
        done = begin(service, TOLD)
    assert "hunter2hunter2" in heard(server)
    assert NOTICE not in done.notices


def test_what_is_counted_and_what_is_asked_together_is_masked_too(server: ModelServer) -> None:
    engine = engine_of(server, is_elsewhere=True)
    messages = [Message("user", TOLD)]
    engine.lengths([TOLD])
    engine.count(messages)
    replies = engine.batch([Request(messages=messages), Request(messages=messages)])
    assert [one.usage.notice for one in replies] == [NOTICE, NOTICE]
    assert "hunter2" not in heard(server)
    assert complete(engine, Request(messages=[Message("user", "The ferry?")])).usage.notice == ""


def test_a_password_that_is_said_again_by_itself_is_masked_there_too() -> None:
    outgoing = Outgoing("https://api.example.org/v1")
    told = outgoing.messages([Message("system", "Looked for: hunter2hunter2."), Message("user", TOLD)])
    assert told[0].text == "Looked for: ***."
    assert outgoing.text("Is it hunter2hunter2?") == "Is it ***?"
    code = "password = os.environ['MAIL_PASSWORD'] or os.environ['PASSWORD']"
    assert outgoing.text(code).endswith("or os.environ['PASSWORD']")


@pytest.mark.parametrize(
    ("address", "is_elsewhere"),
    [("http://127.0.0.1:8000/v1", False), ("http://localhost/v1", False), ("http://[::1]:8000/v1", False),
     ("https://api.example.org/v1", True), ("http://192.168.1.5:8000/v1", True), ("http://localhost.example.org", True)],
)  # fmt: skip
def test_which_servers_are_on_this_machine(address: str, is_elsewhere: bool) -> None:
    assert Outgoing(address).is_masked is is_elsewhere
