"""`telos chat` in a real terminal, against a real daemon and a model's server that speaks when it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.proof import scan
from tests.integration.daemon import TELOS, Daemon, running
from tests.model_server import END, Body, ModelServer, chunk, reply, stream
from tests.servers import Response
from tests.terminal import ALT_ENTER, CTRL_C, CTRL_D, Terminal

pytestmark = pytest.mark.integration

CONFIGURATION = """
[digest]
days = []

[model]
engine = "server"
address = "{address}"
name = "tiny"

[memory]
embedder = "nobody/has-this-model"
"""


NOTHING_NOTED = {"values": [], "constraints": [], "met": [], "goal": "", "answer": "neither", "facts": []}


class Speaker:
    """What the model says, piece by piece, each when it is let."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.allowed = threading.Semaphore(0)
        self.hung_up = threading.Event()

    def will_say(self, *pieces: str) -> None:
        self.pieces = list(pieces)

    def go_on(self, pieces: int = 1) -> None:
        self.allowed.release(pieces)

    def answer(self, body: Body) -> Response:
        if "JSON schema" in body["messages"][0]["content"]:  # what the message says about the goal: nothing
            whole = {"message": {"content": json.dumps(NOTHING_NOTED)}, "finish_reason": "stop"}
            return stream(chunk(json.dumps(NOTHING_NOTED)), END) if body.get("stream") else reply({"choices": [whole]})
        response = stream(*map(chunk, self.pieces), END)
        assert not isinstance(response.body, bytes)
        return Response(headers=response.headers, body=self._slowly(iter(response.body)))

    def _slowly(self, events: Iterator[bytes]) -> Iterator[bytes]:
        try:
            for event in events:
                if not self.allowed.acquire(timeout=60):
                    return
                yield event
        except GeneratorExit:  # nobody reads what it says
            self.hung_up.set()
            raise


@pytest.fixture
def speaker() -> Speaker:
    return Speaker()


@pytest.fixture
def server(speaker: Speaker) -> Iterator[ModelServer]:
    with ModelServer() as made:
        made.takes = set()
        made.chat = speaker.answer
        yield made


@pytest.fixture
def daemon(tmp_path: Path, server: ModelServer) -> Iterator[Daemon]:
    made = Daemon(tmp_path / "home")
    (made.folder / "config.toml").write_text(CONFIGURATION.format(address=server.address))
    with running(made):
        made.wait_until_it_serves()
        yield made


def chat(daemon: Daemon, *arguments: str) -> Terminal:
    return Terminal(TELOS, "--home", daemon.folder, "chat", *arguments)


def states(daemon: Daemon) -> list[tuple[str, str, str]]:
    return daemon.rows("SELECT said, lower(state), reply FROM turn WHERE undone_at IS NULL ORDER BY id")


def is_stopped(daemon: Daemon, speaker: Speaker) -> bool:
    """Whether nobody reads the last reply any more, and its turn is kept so. Both are only noticed at another piece."""
    speaker.go_on(1)
    return speaker.hung_up.is_set() and states(daemon)[-1][1] == "cancelled"


def test_a_conversation_in_a_terminal(daemon: Daemon, speaker: Speaker, tmp_path: Path) -> None:
    pieces = [
        "# Five days\n",
        "\nThe **ferry** [runs](https://ferry.example/t) at\x1b[31m eight.\n",
        "\n1. Porto\n",
        "2. Lisbon\n",
    ]
    speaker.will_say(*pieces)
    with chat(daemon, "--goal", "5 days in Europe") as terminal:
        terminal.wait_for("goal: 5 days in Europe")
        terminal.press("Where to?" + ALT_ENTER + "In May.\r")
        speaker.go_on(2)
        text = terminal.wait_for("The ferry runs (https://ferry.example/t) at[31m eight.")  # while the rest is to come
        assert "Porto" not in text
        speaker.go_on(20)
        terminal.wait_for("2 Lisbon")
        terminal.wait_for(lambda text: text.count("›") == 2)
        text = terminal.text()
        assert [text.count(line) for line in ("Five days", "The ferry runs", "1 Porto", "2 Lisbon")] == [1, 1, 1, 1]
        assert b"\x1b[31m eight" not in terminal.raw
        assert states(daemon)[0][:2] == ("Where to?\nIn May.", "done")

        terminal.press("/explain\r")
        terminal.wait_for("Prompt: ")
        terminal.wait_for("left out")

        speaker.hung_up.clear()
        speaker.will_say("Once ", "upon ", "a time ", *["and so on "] * 10_000)
        terminal.press("Tell me a story\r")
        speaker.go_on(3)
        terminal.wait_for("Once upon a time")
        terminal.press(CTRL_C)
        terminal.wait_for("Stopped. What was written is kept.")
        daemon.wait_until(lambda: is_stopped(daemon, speaker), "the reply is no longer read, and kept as stopped")
        assert states(daemon)[-1][2].startswith("Once upon a time")

        terminal.press("/undo\r")
        terminal.wait_for('Taken back: turn 2, "Tell me a story"')
        assert len(states(daemon)) == 1

        terminal.press("/nonsense\r")
        terminal.wait_for("There is no command /nonsense.")
        terminal.press("/quit\r")
        assert terminal.wait() == 0
        assert "is kept: telos chat --session 1" in terminal.text()
        assert "Traceback" not in terminal.text()

    with chat(daemon) as terminal:
        terminal.wait_for("a new conversation")
        terminal.press("\x1b[A")
        terminal.wait_for("In May.")
        terminal.press(CTRL_C + CTRL_D)
        assert terminal.wait() == 0


def test_what_was_typed_is_erased_with_the_rest(daemon: Daemon, speaker: Speaker) -> None:
    speaker.will_say("Zoë Quackenbush ", "it is.")
    speaker.go_on(100)
    with chat(daemon) as terminal:
        terminal.wait_for("a new conversation")
        terminal.press("I met Zoë Quackenbush.\r")
        terminal.wait_for("Quackenbush it is.")
        terminal.press("/remember Zoë Quackenbush is my aunt\r")
        terminal.wait_for("Remembered as fact")
        terminal.wait_for(lambda text: text.count("›") == 3)
        terminal.press(CTRL_D)
        assert terminal.wait() == 0
    assert scan(daemon.folder, ["Quackenbush"]).found
    erased = json.loads(daemon.telos("memory", "erase", "--person", "Zoë Quackenbush", "--yes", "--json").stdout)
    assert erased["found"] == []
    assert scan(daemon.folder, ["Quackenbush"]).found == ()


def test_a_service_that_restarts_in_mid_reply_continues_the_turn(daemon: Daemon, speaker: Speaker) -> None:
    speaker.will_say("Half ", "of a ", "reply.")
    with chat(daemon) as terminal:
        terminal.wait_for("a new conversation")
        terminal.press("Tell me all\r")
        speaker.go_on(1)
        terminal.wait_for("Half")
        daemon.kill()
        terminal.wait_for("The service went away.")
        speaker.go_on(100)
        daemon.start()
        terminal.wait_for("Connected again")
        terminal.wait_for("Half of a reply.")
        daemon.wait_until(lambda: states(daemon)[0][1] == "done", "the first turn is kept")
        terminal.wait_for(lambda text: text.count("›") == 2)

        speaker.will_say("Slowly ", "but ", "surely.")
        speaker.allowed = threading.Semaphore(1)
        terminal.press("And then?\r")
        terminal.wait_for("Slowly")
        threading.Timer(0.3, speaker.go_on).start()  # a token more, at which the reply heeds the stop
        daemon.stop()
        terminal.wait_for(lambda text: text.count("The service went away.") == 2)
        speaker.go_on(100)
        daemon.start()
        terminal.wait_for("Slowly but surely.")
        terminal.press(CTRL_D)  # heard also where the next line is not there yet
        assert terminal.wait() == 0
    assert states(daemon) == [("Tell me all", "done", "Half of a reply."), ("And then?", "done", "Slowly but surely.")]
