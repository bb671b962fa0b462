"""The feeds connector against a real web server: what each poll brings, and how it fails."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.base import Batch, Connector, Cursor, Item, Misconfigured, NeedsLogin, TryLater
from connectors.feeds import FeedOptions, Feeds
from connectors.transport import WaysOut
from tests.servers import Request, Response, WebServer, loopback_policy

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def ways_out() -> Iterator[WaysOut]:
    ways = WaysOut(loopback_policy(timeout_s=20.0))  # as in production: ten thousand entries take their time
    yield ways
    ways.close()


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as running:
        yield running


def entry(number: int, *, age: timedelta | None = timedelta(hours=1), text: str = "text", link: str = "") -> str:
    date = f"<pubDate>{format_datetime(NOW - age)}</pubDate>" if age is not None else ""
    link = link or f"https://example.org/{number}"
    return f"<item><guid>{number}</guid><title>T{number}</title><link>{link}</link><description>{text}</description>{date}</item>"


def feed(*entries: str) -> bytes:
    return f'<rss version="2.0"><channel><title>Example</title>{"".join(entries)}</channel></rss>'.encode()


class Poller:
    """Polls as ingest does: from the cursor of the last batch, which is all that survives."""

    def __init__(self, url: str, ways_out: WaysOut, **options: Any) -> None:
        self.feeds = Feeds(FeedOptions(url=url, **options), ways_out)
        self.cursor: Cursor | None = None
        self.batches: list[Batch] = []

    def __call__(self, *, limit: int = 1000, cancelled: Event | None = None) -> list[Item]:
        self.batches = []
        for batch in self.feeds.poll(self.cursor, now=NOW, limit=limit, cancelled=cancelled or Event()):
            self.batches.append(batch)
            self.cursor = batch.cursor
        return [item for batch in self.batches for item in batch.items]

    def titles(self, **options: Any) -> list[str]:
        return [item.title for item in self(**options)]


def test_it_is_a_connector(ways_out: WaysOut) -> None:
    assert isinstance(Feeds(FeedOptions(url="https://example.org/"), ways_out), Connector)


class TestPolls:
    def test_bring_what_is_new_and_what_has_changed(self, server: WebServer, ways_out: WaysOut) -> None:
        poll = Poller(server.url("/feed"), ways_out)
        server.answer("/feed", feed(entry(2), entry(1)))
        assert poll.titles() == ["T1", "T2"]
        server.answer("/feed", feed(entry(3), entry(2, text="corrected"), entry(1)))
        assert [(item.title, item.text) for item in poll()] == [("T2", "corrected"), ("T3", "text")]
        server.answer("/feed", feed(entry(3), entry(2, text="corrected"), entry(1)) + b" ")
        assert poll.titles() == []

    def test_ask_the_server_whether_there_is_anything_new(self, server: WebServer, ways_out: WaysOut) -> None:
        def route(request: Request) -> Response:
            if request.headers.get("If-None-Match") == '"v1"':
                return Response(status=304)
            return Response(
                headers={"ETag": '"v1"', "Last-Modified": "Sun, 01 Mar 2026 10:00:00 GMT"}, body=feed(entry(1))
            )

        server.routes["/feed"] = route
        poll = Poller(server.url("/feed"), ways_out)
        assert poll.titles() == ["T1"]
        assert poll.titles() == []
        assert poll.titles() == []
        assert [request.headers.get("If-None-Match") for request in server.requests] == [None, '"v1"', '"v1"']
        assert server.requests[1].headers["If-Modified-Since"] == "Sun, 01 Mar 2026 10:00:00 GMT"

    def test_do_not_bring_entries_again_after_an_empty_answer(self, server: WebServer, ways_out: WaysOut) -> None:
        poll = Poller(server.url("/feed"), ways_out, first_run_items=1)
        server.answer("/feed", feed(entry(2), entry(1)))
        assert poll.titles() == ["T2"]
        server.answer("/feed", feed())
        assert poll.titles() == []
        server.answer("/feed", feed(entry(3), entry(2), entry(1)))
        assert poll.titles() == ["T3"]

    def test_go_on_where_a_cancelled_one_stopped(self, server: WebServer, ways_out: WaysOut) -> None:
        server.answer("/feed", feed(*(entry(number) for number in range(250))))
        poll = Poller(server.url("/feed"), ways_out, first_run_items=250)
        cancelled = Event()
        cancelled.set()
        first = poll.titles(cancelled=cancelled)
        assert 0 < len(first) < 250
        assert sorted(first + poll.titles()) == sorted(f"T{number}" for number in range(250))

    def test_keep_both_texts_of_an_id_that_is_used_twice(self, server: WebServer, ways_out: WaysOut) -> None:
        poll = Poller(server.url("/feed"), ways_out)
        server.answer("/feed", feed(entry(1, text="one"), entry(1, text="two", link="https://example.org/other")))
        assert sorted(item.text for item in poll()) == ["one", "two"]

    def test_bring_an_id_that_is_reused_for_another_text(self, server: WebServer, ways_out: WaysOut) -> None:
        poll = Poller(server.url("/feed"), ways_out)
        server.answer("/feed", feed(entry(1, text="one")))
        poll()
        server.answer("/feed", feed(entry(1, text="two", link="https://example.org/other")))
        assert [item.text for item in poll()] == ["two"]

    def test_remember_where_a_feed_has_moved(self, server: WebServer, ways_out: WaysOut) -> None:
        server.routes["/old"] = lambda request: Response(status=301, headers={"Location": "/new"})
        server.answer("/new", feed(entry(1)))
        poll = Poller(server.url("/old"), ways_out)
        assert poll.titles() == ["T1"]
        assert poll.batches[-1].moved_to == server.url("/new")

    def test_do_not_remember_where_an_address_kept_in_a_file_leads(self, server: WebServer, ways_out: WaysOut) -> None:
        server.routes["/hush"] = lambda request: Response(status=301, headers={"Location": "/hush/feed"})
        server.answer("/hush/feed", feed(entry(1)))
        poll = Poller(server.url("/hush"), ways_out, url_file="address")
        assert poll.titles() == ["T1"]
        assert poll.titles() == []
        assert [batch.moved_to for batch in poll.batches] == [None]

    def test_go_on_at_the_new_address(self, server: WebServer, ways_out: WaysOut) -> None:
        server.routes["/old"] = lambda request: Response(status=301, headers={"Location": "/new"})
        server.answer("/new", feed(entry(2), entry(1)))
        old = Poller(server.url("/old"), ways_out, first_run_items=1)
        assert old.titles() == ["T2"]
        new = Poller(server.url("/new"), ways_out, first_run_items=1)
        new.cursor = old.cursor
        server.answer("/new", feed(entry(3), entry(2), entry(1)))
        assert new.titles() == ["T3"]

    def test_begin_anew_when_the_user_names_another_feed(self, server: WebServer, ways_out: WaysOut) -> None:
        server.answer("/one", feed(entry(1)))
        server.answer("/two", feed(entry(3), entry(2)))
        one, two = Poller(server.url("/one"), ways_out), Poller(server.url("/two"), ways_out, first_run_items=1)
        one()
        two.cursor = one.cursor
        assert two.titles() == ["T3"]

    def test_understand_a_cursor_of_another_version(self, server: WebServer, ways_out: WaysOut) -> None:
        server.answer("/feed", feed(entry(1)))
        poll = Poller(server.url("/feed"), ways_out)
        poll.cursor = {"no such key": 1}
        assert poll.titles() == ["T1"]

    def test_log_in(self, server: WebServer, ways_out: WaysOut) -> None:
        wanted = "Basic " + base64.b64encode(b"ann:pw").decode()

        def route(request: Request) -> Response:
            is_known = request.headers.get("Authorization") == wanted
            return Response(body=feed(entry(1))) if is_known else Response(status=401)

        server.routes["/feed"] = route
        assert Poller(server.url("/feed"), ways_out, username="ann", password=SecretStr("pw")).titles() == ["T1"]
        with pytest.raises(NeedsLogin) as caught:
            Poller(server.url("/feed"), ways_out, username="ann", password=SecretStr("wrong"))()
        assert "wrong" not in str(caught.value)


class TestTheFirstPoll:
    def test_takes_the_newest_and_never_comes_back_for_the_others(self, server: WebServer, ways_out: WaysOut) -> None:
        entries = [entry(number, age=timedelta(hours=number)) for number in (3, 1, 4, 2)]
        server.answer("/feed", feed(*entries))
        poll = Poller(server.url("/feed"), ways_out, first_run_items=2)
        assert sorted(poll.titles()) == ["T1", "T2"]
        assert "2 older entries were left out" in poll.batches[0].notices[0]
        server.answer("/feed", feed(entry(9), *entries))
        assert poll.titles() == ["T9"]
        server.answer("/feed", feed(entry(9), entry(3, text="corrected"), *entries[1:]))
        assert poll.titles() == []

    def test_leaves_out_what_is_too_old(self, server: WebServer, ways_out: WaysOut) -> None:
        server.answer("/feed", feed(entry(1, age=timedelta(days=3)), entry(2, age=timedelta(days=1))))
        assert Poller(server.url("/feed"), ways_out, first_run_days=2).titles() == ["T2"]

    @pytest.mark.parametrize(
        "age", [None, timedelta(days=20_000), timedelta(days=-20_000)], ids=["none", "1971", "2080"]
    )
    def test_takes_entries_whose_date_says_nothing(
        self, server: WebServer, ways_out: WaysOut, age: timedelta | None
    ) -> None:
        server.answer("/feed", feed(entry(1, age=age), entry(2)))
        assert sorted(Poller(server.url("/feed"), ways_out).titles()) == ["T1", "T2"]


class TestFailures:
    @pytest.mark.parametrize(
        ("status", "failure"), [(404, Misconfigured), (410, Misconfigured), (500, TryLater), (429, TryLater)]
    )
    def test_a_status_is_told_by_its_remedy(
        self, server: WebServer, ways_out: WaysOut, status: int, failure: type[Exception]
    ) -> None:
        server.routes["/feed"] = lambda request: Response(status=status)
        with pytest.raises(failure):
            Poller(server.url("/feed"), ways_out)()

    def test_a_web_page_is_no_feed_and_its_address_is_masked(self, server: WebServer, ways_out: WaysOut) -> None:
        server.answer("/feed", b"<!doctype html><html></html>", content_type="text/html")
        with pytest.raises(Misconfigured, match="web page") as caught:
            Poller(server.url("/feed?token=hush"), ways_out)()
        assert "hush" not in str(caught.value)

    @pytest.mark.parametrize("status", [404, 500, 200], ids=["gone", "broken", "no feed"])
    def test_an_address_kept_in_a_file_is_shown_as_its_host_alone(
        self, server: WebServer, ways_out: WaysOut, status: int
    ) -> None:
        server.routes["/feed/hush"] = lambda request: Response(status=status)
        with pytest.raises((Misconfigured, TryLater)) as caught:
            Poller(server.url("/feed/hush"), ways_out, url_file="address")()
        assert str(caught.value).startswith(server.url("/***"))
        assert "hush" not in str(caught.value)

    def test_a_body_that_names_a_file_is_not_opened(self, server: WebServer, ways_out: WaysOut, tmp_path: Path) -> None:
        secret = tmp_path / "feed.xml"
        secret.write_bytes(feed(entry(1)))
        server.answer("/feed", str(secret).encode())
        with pytest.raises(Misconfigured, match="not a feed"):
            Poller(server.url("/feed"), ways_out)()

    def test_a_wrong_charset_in_the_header_does_no_harm(self, server: WebServer, ways_out: WaysOut) -> None:
        server.answer("/feed", feed(entry(1, text="Grüße")), content_type="text/xml; charset=koi8-r")
        assert [item.text for item in Poller(server.url("/feed"), ways_out)()] == ["Grüße"]

    def test_an_entity_bomb_costs_nothing_but_itself(self, server: WebServer, ways_out: WaysOut) -> None:
        entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>'.encode()
        server.answer("/feed", bomb + feed(entry(1), entry(2, text="&l9;"), entry(3)))
        assert {"T1", "T3"} <= set(Poller(server.url("/feed"), ways_out).titles())


class TestFiles:
    @pytest.mark.parametrize("form", ["{}", "file://{}"], ids=["path", "address"])
    def test_a_local_file_is_a_feed_too(self, ways_out: WaysOut, tmp_path: Path, form: str) -> None:
        file = tmp_path / "a feed.xml"
        file.write_bytes(feed(entry(1)))
        poll = Poller(form.format(file), ways_out)
        assert poll.titles() == ["T1"]
        assert poll.titles() == []

    @pytest.mark.parametrize(
        ("path", "complaint"),
        [
            pytest.param("feed.xml", "absolute path", id="relative"),
            pytest.param("/no/such/feed.xml", "There is no file", id="missing"),
            pytest.param("/dev/zero", "is no file", id="device"),
            pytest.param("/", "is no file", id="folder"),
            pytest.param("ftp://example.org/feed", "absolute path", id="another scheme"),
        ],
    )
    def test_what_cannot_be_read_is_said(self, ways_out: WaysOut, path: str, complaint: str) -> None:
        with pytest.raises(Misconfigured, match=complaint):
            Poller(path, ways_out)()

    def test_a_file_larger_than_any_feed_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "feed.xml"
        file.write_bytes(feed(entry(1)))
        ways = WaysOut(loopback_policy(max_bytes=10))
        with pytest.raises(Misconfigured, match="larger"):
            Poller(str(file), ways)()
        ways.close()
