"""The verbs of the sources as a user has them: through the client, and through `telos sources`, with and without a daemon."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.answers.sources import Addition, Document
from assistant.client import Client
from assistant.errors import BadRequest, Conflict, NotFound, Unavailable
from assistant.home import Home
from tests.integration.daemon import Daemon, running
from tests.servers import Response, WebServer

pytestmark = pytest.mark.integration

ENTRIES = "".join(f"<item><guid>{n}</guid><title>T{n}</title><link>/{n}</link></item>" for n in range(3))
FEED = f'<rss version="2.0"><channel><title>The Daily Ü</title>{ENTRIES}</channel></rss>'.encode()


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as running:
        running.answer("/feed", FEED)
        running.answer("/page", b"<!doctype html><html></html>")
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "home")
    home.prepare()
    home.config_file.write_text('# Mine.\n[network]\nallow_private = ["127.0.0.1"]\n')
    return home


@pytest.fixture
def client(home: Home) -> Iterator[Client]:
    with Client(home) as opened:
        yield opened


def configured(home: Home) -> list[dict[str, Any]]:
    sources: list[dict[str, Any]] = tomllib.loads(home.config_file.read_text()).get("sources", [])
    return sources


class TestAdding:
    def test_a_feed_that_answers_is_written_down_under_its_own_title(
        self, home: Home, client: Client, server: WebServer
    ) -> None:
        added = client.sources.add(Addition(kind="feeds", arguments=[server.url("/feed")], keys={"first_run_days": 2}))
        assert (added.name, added.items) == ("the-daily-ü", 3)
        assert configured(home) == [
            {"name": "the-daily-ü", "kind": "feeds", "url": server.url("/feed"), "first_run_days": 2}
        ]
        assert home.config_file.read_text().startswith("# Mine.\n")
        assert [(line.name, line.health) for line in client.sources.list()] == [("the-daily-ü", "new")]

    def test_what_does_not_answer_is_not_written_down(self, home: Home, client: Client, server: WebServer) -> None:
        with pytest.raises(BadRequest, match="web page"):
            client.sources.add(Addition(kind="feeds", arguments=[server.url("/page")]))
        assert configured(home) == []

    def test_unless_the_user_insists(self, home: Home, client: Client, server: WebServer) -> None:
        added = client.sources.add(Addition(kind="feeds", arguments=[server.url("/page")], is_tested=False))
        assert (added.name, added.items) == ("127.0.0.1", None)
        assert len(configured(home)) == 1

    def test_a_second_of_the_same_title_gets_a_number(self, client: Client, server: WebServer) -> None:
        addition = Addition(kind="feeds", arguments=[server.url("/feed")])
        assert [client.sources.add(addition).name for _ in range(2)] == ["the-daily-ü", "the-daily-ü-2"]

    @pytest.mark.parametrize(
        ("addition", "failure", "complaint"),
        [
            (Addition(kind="feed", arguments=["https://a.example/"]), BadRequest, "no kind of source named 'feed'"),
            (Addition(kind="feeds"), BadRequest, r"needs url \(The address of the feed\)"),
            (Addition(kind="feeds", arguments=["https://a.example/", "x"]), BadRequest, "takes one url"),
            (
                Addition(kind="feeds", arguments=["/x"], keys={"urll": "https://a.example/"}),
                BadRequest,
                "nearest is url",
            ),
        ],
        ids=["unknown kind", "no address", "too much", "unknown key"],
    )
    def test_what_makes_no_sense_is_answered_with_a_sentence(
        self, home: Home, client: Client, addition: Addition, failure: type[Exception], complaint: str
    ) -> None:
        with pytest.raises(failure, match=complaint):
            client.sources.add(addition)
        assert configured(home) == []

    def test_a_secret_in_the_address_is_never_shown(self, client: Client, server: WebServer) -> None:
        added = client.sources.add(Addition(kind="feeds", arguments=[server.url("/feed?token=hush")], name="s"))
        assert "url_file" in added.advice
        assert "hush" not in repr(client.sources.list())

    @pytest.mark.parametrize(
        ("given", "remedy"),
        [
            pytest.param(["feeds", "--set", "password=HUSH"], "give --set password_file=FILE", id="declared"),
            pytest.param(["mail", "--set", "password=HUSH"], "password_file=FILE; or leave it out", id="asked for"),
            pytest.param(["reddit", "--set", "refresh_token=HUSH"], "refresh_token_file=FILE", id="of another kind"),
            pytest.param(["feeds", "--set", "username=ghp_HUSHHUSHHUSHHUSHHUSH"], "password_file", id="by its shape"),
            pytest.param(["arxiv", "--set", 'queries=["xoxb-HUSH-HUSH-HUSH"]'], "leave it out", id="in a list"),
            pytest.param(["feeds", "https://ada:HUSH@a.example/"], "--set url_file=FILE", id="in an address"),
        ],
    )
    def test_a_secret_on_the_command_line_is_refused_with_its_remedy(
        self, home: Home, given: list[str], remedy: str
    ) -> None:
        before = home.config_file.read_text()
        ran = Daemon(home.data).telos("sources", "add", *given, "--untested")
        assert ran.returncode == 2, ran
        told = " ".join(ran.stderr.split())
        assert "can be read by every program" in told
        assert remedy in told
        assert "HUSH" not in told
        assert home.config_file.read_text() == before

    def test_a_list_of_categories_becomes_a_list(self, home: Home, client: Client) -> None:
        client.sources.add(Addition(kind="arxiv", arguments=["cs.CL", "cs.AI"], is_tested=False))
        assert configured(home) == [{"name": "arxiv", "kind": "arxiv", "categories": ["cs.CL", "cs.AI"]}]


class TestChanging:
    @pytest.fixture(autouse=True)
    def _two_sources(self, client: Client, server: WebServer) -> None:
        for name in ("one", "two"):
            client.sources.add(Addition(kind="feeds", arguments=[server.url("/feed")], name=name))

    def test_a_source_is_paused_and_resumed(self, home: Home, client: Client) -> None:
        assert client.sources.pause("one").health == "paused"
        assert configured(home)[0]["paused"] is True
        assert client.sources.resume("one").health == "new"
        assert "paused" not in configured(home)[0]

    def test_a_source_is_renamed(self, home: Home, client: Client) -> None:
        assert client.sources.rename("one", "first / best").name == "first / best"
        assert [source["name"] for source in configured(home)] == ["first / best", "two"]
        assert client.sources.test("first / best").title == "The Daily Ü"

    def test_a_taken_name_is_refused(self, home: Home, client: Client) -> None:
        with pytest.raises(Conflict):
            client.sources.rename("one", "two")
        assert [source["name"] for source in configured(home)] == ["one", "two"]

    def test_a_source_is_removed(self, client: Client) -> None:
        client.sources.remove("one")
        assert [line.name for line in client.sources.list()] == ["two"]

    def test_an_unknown_name_is_answered_with_the_nearest(self, client: Client) -> None:
        with pytest.raises(NotFound, match="'two'"):
            client.sources.pause("tow")

    def test_the_list_shows_where_a_feed_has_moved(self, home: Home, client: Client, server: WebServer) -> None:
        server.routes["/feed"] = lambda request: Response(status=301, headers={"Location": "/moved"})
        server.answer("/moved", FEED)
        client.jobs.run("poll:one")
        assert [line.address for line in client.sources.list()] == [server.url("/moved"), server.url("/feed")]
        assert configured(home)[0]["url"] == server.url("/feed")

    def test_a_test_tells_what_a_source_brings_or_why_not(self, client: Client, server: WebServer) -> None:
        assert [item.title for item in client.sources.test("one").items] == ["T0", "T1", "T2"]
        server.routes["/feed"] = lambda request: Response(status=500)
        with pytest.raises(Unavailable):
            client.sources.test("one")


class TestOpml:
    def test_subscriptions_are_imported_once_and_exported(self, home: Home, client: Client) -> None:
        document = """<opml version="2.0"><body><outline text="News">
            <outline text="Paper" xmlUrl="https://paper.example/feed"/>
            <outline text="Paper" xmlUrl="https://other.example/feed"/></outline></body></opml>"""
        imported = client.sources.import_opml(document.encode())
        assert imported.added == ["paper", "paper-2"]
        assert [source["section"] for source in configured(home)] == ["News", "News"]
        again = client.sources.import_opml(client.sources.export_opml().opml.encode())
        assert (again.added, len(again.known)) == ([], 2)

    def test_what_is_no_opml_is_refused(self, client: Client) -> None:
        with pytest.raises(Unavailable, match="no OPML"):
            client.sources.import_opml(b"<html/>")

    def test_an_address_kept_in_a_file_is_not_exported(self, home: Home, client: Client) -> None:
        secret = home.config_file.parent / "address"
        secret.write_text("https://paper.example/feed/hush")
        secret.chmod(0o600)
        client.sources.add(Addition(kind="feeds", name="s", keys={"url_file": str(secret)}, is_tested=False))
        exported = client.sources.export_opml()
        assert exported.left_out == ["s"]
        assert "hush" not in exported.opml


class TestTrying:
    def test_good_and_bad_documents_are_told_apart(self, client: Client, server: WebServer) -> None:
        good = client.sources.try_document(Document(name=server.url("/feed")))
        assert (good.kind, [item.title for item in good.items], good.error) == ("rss", ["T0", "T1", "T2"], None)
        assert good.items[0].url == server.url("/0")
        bad = client.sources.try_document(Document(name=server.url("/page")))
        assert (bad.kind, bad.items) == (None, [])
        assert "web page" in (bad.error or "")

    def test_a_file_that_names_another_file_is_not_followed(self, client: Client, tmp_path: Path) -> None:
        secret = tmp_path / "feed.xml"
        secret.write_bytes(FEED)
        tried = client.sources.try_document(Document.of_file("list.txt", str(secret).encode()))
        assert tried.items == []
        assert "not a feed" in (tried.error or "")


@pytest.fixture(params=["alone", "with the daemon"])
def empty_home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Daemon]:
    """A home with nothing configured."""
    daemon = Daemon(tmp_path / "empty")
    if request.param == "alone":
        yield daemon
        return
    (daemon.folder / "config.toml").touch()  # without one the daemon refuses to run
    with running(daemon):
        daemon.wait_until_it_serves()
        yield daemon


def test_try_prints_one_line_of_json_a_document_and_goes_on_after_a_bad_one(empty_home: Daemon, tmp_path: Path) -> None:
    good, bad, missing = tmp_path / "good.xml", tmp_path / "bad.xml", tmp_path / "missing.xml"
    good.write_bytes(FEED)
    bad.write_bytes(b"<html></html>")
    run = empty_home.telos_by_itself(
        "sources", "try", str(bad), str(missing), str(good), "http://127.0.0.1:1/", "--json"
    )
    assert (run.returncode, run.stderr) == (0, "")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["document"] for line in lines] == [str(bad), str(missing), str(good), "http://127.0.0.1:1/"]
    assert [bool(line["error"]) for line in lines] == [True, True, False, True]
    assert set(lines[2]) == {"document", "kind", "items", "error"}
    assert set(lines[2]["items"][0]) == {"id", "title", "url", "published", "updated", "authors", "text"}
    assert [item["title"] for item in lines[2]["items"]] == ["T0", "T1", "T2"]


def test_commands_add_list_export_and_remove(empty_home: Daemon, tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(FEED)
    assert "Added daily" in empty_home.telos("sources", "add", "feeds", str(file), "--name", "daily").stdout
    (line,) = json.loads(empty_home.telos("sources", "list", "--json").stdout)
    assert (line["name"], line["kind"], line["address"]) == ("daily", "feeds", str(file))
    assert "<opml" in empty_home.telos("sources", "export").stdout
    assert empty_home.telos("sources", "remove", "daily").returncode == 0
    assert json.loads(empty_home.telos("sources", "list", "--json").stdout) == []
    failed = empty_home.telos("sources", "pause", "daily")
    assert failed.returncode == 1
    assert "no source named 'daily'" in failed.stderr


def test_outside_text_cannot_move_the_cursor_of_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(FEED.replace(b"T1", b"&#27;[2J[red]T1"))
    shown = Daemon(tmp_path / "home").telos("sources", "try", str(file)).stdout
    assert "\x1b" not in shown
    assert "[red]T1" in shown
