"""`telos sources add KIND` asks for what its kind needs, tries it, and only then writes it down; secrets stay unseen."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, SecretStr

from assistant.answers.sources import Addition, Question
from assistant.client import Client
from assistant.config.questions import meant, questions
from assistant.errors import BadRequest
from assistant.home import Home
from connectors import registry
from connectors.base import Options, asked
from tests.integration.daemon import TELOS, Daemon
from tests.servers import Request, Response, WebServer
from tests.terminal import CTRL_C, Terminal

pytestmark = pytest.mark.integration

TOKEN = "shelf-token-7731"
LIBRARY = '''
"""A kind of another package: new books of a library that wants a token."""
from datetime import timedelta
from pydantic import Field, SecretStr
from connectors.base import API_VERSION, Batch, Item, Options, asked
from connectors.transport import WaysOut

class LibraryOptions(Options):
    address: str = Field(json_schema_extra=asked("The address of the library"))
    token: SecretStr = Field(json_schema_extra=asked("Its token"))
    token_file: str = ""
    shelves: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Shelves to follow"))

class Library:
    kind, api_version, Options = "library", API_VERSION, LibraryOptions
    every, quiet_after = timedelta(hours=1), timedelta(days=9)

    def __init__(self, options, ways_out):
        self.options, self.ways_out = options, ways_out

    def poll(self, cursor, *, now, limit, cancelled):
        token = self.options.token.get_secret_value()
        self.ways_out.fetch(self.options.address, headers={"Authorization": token})
        yield Batch(more=True)
        yield Batch(items=(Item(external_id="1", title="On tides"), Item(external_id="2", title="On ferries")))
'''


@pytest.fixture
def server() -> Iterator[WebServer]:
    def books(request: Request) -> Response:
        return Response(status=200 if request.headers["Authorization"] == TOKEN else 401)

    with WebServer({"/books": books}) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home where the kind `library` is installed."""
    package = tmp_path / "package"
    entry = package / "library-1.0.dist-info"
    entry.mkdir(parents=True)
    (package / "library.py").write_text(LIBRARY)
    (entry / "METADATA").write_text("Metadata-Version: 2.1\nName: library\nVersion: 1.0\n")
    (entry / "entry_points.txt").write_text("[telos.connectors]\nlibrary = library:Library\n")
    monkeypatch.syspath_prepend(package)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(package), os.environ.get("PYTHONPATH")))))
    registry.connectors.cache_clear()
    home = Home.at(tmp_path / "home")
    home.prepare()
    home.config_file.write_text('[network]\nallow_private = ["127.0.0.1"]\n')
    yield home
    registry.connectors.cache_clear()


def files(home: Home) -> set[str]:
    return {path.name for path in home.config_file.parent.iterdir() if path.is_file() and "telos.db" not in path.name}


def configured(home: Home) -> list[dict[str, Any]]:
    sources: list[dict[str, Any]] = tomllib.loads(home.config_file.read_text()).get("sources", [])
    return sources


def test_a_person_is_asked_for_what_is_needed_and_again_until_it_answers(home: Home, server: WebServer) -> None:
    before = files(home)
    with Terminal(TELOS, "--home", home.data, "sources", "add", "library", columns=120) as terminal:
        terminal.wait_for("The address of the library:")
        terminal.press(f"{server.url('/books')}\r")
        terminal.wait_for("Its token (not shown):")
        terminal.wait_until_hidden()
        terminal.press("wrong-token\r")
        terminal.wait_for("Shelves to follow (several with commas; Enter for none):")
        terminal.press("sea, ships\r")
        terminal.wait_for("try again?")
        assert "answered 401" in terminal.text()
        assert files(home) - before <= {"lock"}, "a refused secret is kept"
        terminal.press("\r")
        terminal.wait_for("The address of the library [")
        terminal.press("\r")
        terminal.wait_for("Enter keeps what you typed):")
        terminal.wait_until_hidden()
        terminal.press(f"{TOKEN}\r")
        terminal.wait_for("[sea, ships]:")
        terminal.press("\r")
        terminal.wait_for("Added library (library).")
        assert terminal.wait() == 0
        assert "It answers, with 2 items to begin with:\n  On tides\n  On ferries" in terminal.text()
        assert TOKEN not in terminal.text()
        assert "wrong-token" not in terminal.text()
    (source,) = configured(home)
    kept = home.config_file.parent / source["token_file"]
    assert source == {
        "name": "library", "kind": "library", "address": server.url("/books"), "shelves": ["sea", "ships"], "token_file": "library-token",
    }  # fmt: skip
    assert kept.read_text() == f"{TOKEN}\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_who_leaves_half_way_leaves_nothing_behind(home: Home) -> None:
    before = files(home)
    with Terminal(TELOS, "--home", home.data, "sources", "add", "library") as terminal:
        terminal.wait_for("The address of the library:")
        terminal.press("https://books.example/\r")
        terminal.wait_for("Its token")
        terminal.wait_until_hidden()
        terminal.press(CTRL_C)
        assert terminal.wait() != 0
    assert configured(home) == []
    assert files(home) - before <= {"lock"}


def test_without_a_terminal_what_is_missing_is_named(home: Home) -> None:
    run = Daemon(home.data).telos("sources", "add", "library")
    assert run.returncode == 2
    assert "needs address (The address of the library), token (Its token)" in run.stderr
    assert "--set address=VALUE --set token_file=FILE" in " ".join(run.stderr.split())
    assert configured(home) == []


def test_a_secret_that_the_environment_holds_is_not_missing(
    home: Home, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELOS_LIBRARY_TOKEN", TOKEN)
    with Client(home) as client:
        added = client.sources.add(Addition(kind="library", arguments=[server.url("/books")]))
    assert (added.name, added.items, added.titles, added.files) == ("library", 2, ["On tides", "On ferries"], [])


def test_two_sources_of_a_kind_keep_their_secrets_apart(home: Home, server: WebServer) -> None:
    answers = {"address": server.url("/books"), "token": TOKEN}
    with Client(home) as client:
        for _ in range(2):
            client.sources.add(Addition(kind="library", answers=answers))
        assert [line.address for line in client.sources.list()] == [server.url("/books")] * 2
    assert [source["token_file"] for source in configured(home)] == ["library-token", "library-2-token"]


def test_answers_that_make_no_sense_are_refused_and_leave_nothing(home: Home) -> None:
    before = files(home)
    with Client(home) as client:
        for answers, complaint in [
            ({"address": "https://a.example/", "token": TOKEN, "colour": "red"}, "does not ask for 'colour'"),
            ({"address": "https://a.example/", "token": ""}, "needs token"),
        ]:
            with pytest.raises(BadRequest, match=complaint):
                client.sources.add(Addition(kind="library", answers=answers))
        with pytest.raises(BadRequest, match="first_run_items is 0"):
            client.sources.add(
                Addition(kind="library", answers=answers | {"token": TOKEN}, keys={"first_run_items": 0})
            )
    assert files(home) - before <= {"lock"}


class Everything(Options):
    server: str = Field(json_schema_extra=asked("S"))
    token: SecretStr | None = Field(default=None, json_schema_extra=asked("T"))
    token_file: str = ""
    lists: tuple[str, ...] = Field(default=("home",), json_schema_extra=asked("L"))
    score: int | None = Field(default=None, json_schema_extra=asked("N"))
    replies: bool = Field(default=True, json_schema_extra=asked("Y"))
    order: Literal["top", "new"] = Field(default="top", json_schema_extra=asked("O"))
    unasked: str = ""


def test_questions_are_read_off_the_options_in_their_order() -> None:
    found = {one.key: one for one in questions(Everything)}
    assert list(found) == ["server", "token", "lists", "score", "replies", "order"]
    assert [one.shape for one in found.values()] == ["text", "secret", "list", "number", "yes or no", "text"]
    assert [one.is_required for one in found.values()] == [True, False, False, False, False, False]
    assert [one.default for one in found.values()] == ["", "", "home", "", "yes", "top"]
    assert [one.has_file for one in found.values()] == [False, True, False, False, False, False]
    assert found["order"].choices == ["top", "new"]


@pytest.mark.parametrize(
    ("shape", "typed", "value"),
    [
        ("text", " a, b ", "a, b"),
        ("list", "a,  b c ,", ["a", "b c"]),
        ("number", "-3", -3),
        ("number", "2.5", 2.5),
        ("yes or no", "No", False),
        ("yes or no", "y", True),
    ],
)
def test_an_answer_becomes_the_value_it_means(shape: Any, typed: str, value: object) -> None:
    assert meant(Question(key="k", question="?", shape=shape, is_required=True), typed) == value


@pytest.mark.parametrize(("shape", "typed"), [("number", "many"), ("yes or no", "perhaps")])
def test_an_answer_that_can_mean_nothing_is_refused(shape: Any, typed: str) -> None:
    with pytest.raises(BadRequest, match=typed):
        meant(Question(key="k", question="?", shape=shape, is_required=True), typed)
