"""Bad input on its whole way, from a web server into the database: it costs itself, and nothing beside it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from assistant.clock import FakeClock
from assistant.config.schema import SourceSettings
from assistant.ingest.polling import LIMIT, Ingest, Polled, poll_source
from connectors.feeds import FeedOptions
from connectors.transport import WaysOut
from memory.models import Item, Version
from memory.store import sources
from memory.store.connection import Database
from tests.servers import Request, Response, WebServer, loopback_policy

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Reader:
    """A source on a server of its own, polled into a real database."""

    def __init__(self, database: Database, server: WebServer, ways_out: WaysOut) -> None:
        self.database, self.server, self.clock = database, server, FakeClock(NOW)
        self._ingest = Ingest(database, ways_out, self.clock)

    def poll(self, answer: bytes | Callable[[Request], Response]) -> Polled:
        self.server.routes["/feed"] = (lambda _: Response(body=answer)) if isinstance(answer, bytes) else answer
        self.clock.advance(timedelta(hours=1))
        options = FeedOptions(url=self.server.url("/feed"), first_run_items=20_000, first_run_days=100)
        return poll_source(self._ingest, SourceSettings(name="paper", kind="feeds", options=options))

    @property
    def titles(self) -> list[str]:
        with self.database.read() as session:
            return sorted(version.title for version in session.exec(select(Version)))


@pytest.fixture(scope="module")
def ways_out() -> Iterator[WaysOut]:
    ways_out = WaysOut(loopback_policy(timeout_s=20.0))
    yield ways_out
    ways_out.close()


@pytest.fixture
def reader(database: Database, ways_out: WaysOut) -> Iterator[Reader]:
    with WebServer() as server:
        yield Reader(database, server, ways_out)


def entry(name: str, *, identity: str = "", day: str = "Mon, 02 Mar 2026 07:00:00 GMT", link: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>{identity or name}</guid><title>{name}</title><pubDate>{day}</pubDate>"
        f"<link>https://paper.example/{link or name}</link><description>Of {name}.</description></item>"
    )


def feed(*entries: str, prologue: str = "") -> bytes:
    opening = f'{prologue}<rss version="2.0"><channel><title>Paper</title>'
    return f"{opening}{entry('first')}{''.join(entries)}{entry('last')}</channel></rss>".encode()


ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

DOCUMENTS: dict[str, tuple[bytes, list[str]]] = {
    "truncated": (feed(entry("cut"))[:-400], ["first"]),
    "an entity bomb": (
        feed(entry("bomb").replace("Of bomb.", "&l9;"), prologue=f'<!DOCTYPE x [<!ENTITY l0 "ha">{ENTITIES}]>'),
        ["first", "last"],
    ),
    "dates in 1970 and 2090": (
        feed(
            entry("a", day="Thu, 01 Jan 1970 00:00:00 GMT"),
            entry("b", day="Mon, 02 Jan 2090 00:00:00 GMT"),
            entry("c", day="soon"),
        ),
        ["a", "b", "c", "first", "last"],
    ),
    "an entry twice": (feed(entry("a"), entry("a")), ["a", "first", "last"]),
    "an id at two texts": (
        feed(entry("a", identity="1"), entry("b", identity="1", day="Mon, 02 Mar 2026 06:00:00 GMT")),
        ["a", "b", "first", "last"],
    ),
    "an entry without anything": (feed("<item/>"), ["first", "last"]),
    "a tag in the wrong place": (feed("<item><link></item></link></item>"), ["first", "last"]),
    "bytes that are no text": (feed(entry("a")).replace(b"Of a.", b"\xff\xfe\x00\x1b"), ["a", "first", "last"]),
}


@pytest.mark.parametrize(("document", "kept"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_bad_entry_costs_no_other(reader: Reader, document: bytes, kept: list[str]) -> None:
    polled = reader.poll(document)
    assert polled.failure is None
    assert set(kept) <= set(reader.titles)
    assert len(reader.titles) - len(kept) <= 1  # the bad one itself may have been of use
    again = reader.poll(document + b" ")
    assert (again.failure, again.new, again.updated) == (None, 0, 0)


def test_no_date_from_1970_or_2090_is_believed(reader: Reader) -> None:
    document, _ = DOCUMENTS["dates in 1970 and 2090"]
    reader.poll(document)
    with reader.database.read() as session:
        years = {item.published_at.year for item in session.exec(select(Item))}
    assert years == {2026}


def test_an_id_that_is_reused_for_another_text_replaces_nothing(reader: Reader) -> None:
    reader.poll(feed(entry("old", identity="1")))
    polled = reader.poll(feed(entry("quite another", identity="1", day="Mon, 02 Mar 2026 08:00:00 GMT")))
    assert (polled.new, polled.updated) == (1, 0)
    assert reader.titles == ["first", "last", "old", "quite another"]


ANSWERS: dict[str, tuple[Callable[[Request], Response], str]] = {
    "404": (lambda _: Response(status=404), "404"),
    "500": (lambda _: Response(status=500), "500"),
    "a redirect to itself": (lambda _: Response(status=301, headers={"Location": "/feed"}), "redirects more than"),
    "a web page": (lambda _: Response(body=b"<!doctype html><html><body>Sign in</body></html>"), "web page"),
    "the path of a file": (lambda _: Response(body=b"/etc/passwd"), "not a feed"),
    "100 MB": (lambda _: Response(body=(bytes(2**20) for _ in range(100))), "more than 10 MB"),
    "a gzip bomb": (
        lambda _: Response(headers={"Content-Encoding": "gzip"}, body=gzip.compress(bytes(100 * 2**20), 1)),
        "more than 10 MB",
    ),
}


@pytest.mark.parametrize(("answer", "words"), ANSWERS.values(), ids=ANSWERS)
def test_a_bad_answer_is_said_and_costs_nothing_of_what_comes_before_or_after(
    reader: Reader, answer: Callable[[Request], Response], words: str
) -> None:
    reader.poll(feed())
    failed = reader.poll(answer)
    assert words in (failed.failure or "")
    with reader.database.read() as session:
        source = sources.live(session)[0]
        assert (source.failures, source.moved_to, words in (source.last_error or "")) == (1, None, True)
    assert reader.poll(feed(entry("new"))).failure is None
    assert reader.titles == ["first", "last", "new"]


def test_a_document_longer_than_two_polls_take_arrives_whole(reader: Reader) -> None:
    document = feed(*(entry(f"T{number}") for number in range(2 * LIMIT + 98)))
    brought = 0
    more = True
    while more:
        polled = reader.poll(document)
        assert polled.failure is None
        brought, more = brought + polled.new, polled.more
    assert brought == len(reader.titles) == 2 * LIMIT + 100
