"""Papers out of arXiv's listings: recorded ones, and made ones for what a recording cannot show."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from xml.sax.saxutils import escape

import pytest
from pydantic import ValidationError

from connectors.arxiv import PAUSE_S, Arxiv, ArxivOptions
from connectors.base import Batch, Cursor, Item, Misconfigured, SourceFailure, TryLater
from connectors.transport import WaysOut
from connectors.transport.policy import NetworkPolicy
from tests.servers import Request, Response, Route, WebServer

pytestmark = pytest.mark.integration

NOW = datetime(2026, 4, 13, tzinfo=UTC)
API = "/api/query"

ENTRY = """<entry><id>http://arxiv.org/abs/{id}</id><title>{title}</title>
<updated>{updated:%Y-%m-%dT%H:%M:%SZ}</updated><published>2026-01-01T00:00:00Z</published>
<summary>  An abstract
  on two lines.  </summary><author><name>Ada Lovelace</name></author></entry>"""
LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<opensearch:totalResults>{total}</opensearch:totalResults>{entries}</feed>"""


@dataclass
class Library:
    """An arXiv that holds made papers, newest first, and serves them page by page as the real one does."""

    papers: list[tuple[str, datetime]] = field(default_factory=list)

    def add(self, identity: str, *, days_ago: float) -> None:
        self.papers.append((identity, NOW - timedelta(days=days_ago)))
        self.papers.sort(key=lambda paper: paper[1], reverse=True)

    def __call__(self, request: Request) -> Response:
        start = int(request.query["start"])
        page = self.papers[start : start + int(request.query["max_results"])]
        entries = [ENTRY.format(id=identity, title=escape(f"On {identity}"), updated=day) for identity, day in page]
        return Response(body=LISTING.format(total=len(self.papers), entries="".join(entries)).encode())


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def connector(server: WebServer, **options: Any) -> Arxiv:
    policy = NetworkPolicy(hosts={"export.arxiv.org": server.url("")}, pause_s=0, timeout_s=5)
    return Arxiv(ArxivOptions(**{"categories": ["cs.CL"], "first_run_days": 30_000, **options}), WaysOut(policy))


def poll(source: Arxiv, cursor: Cursor | None = None, *, limit: int = 1000, now: datetime = NOW) -> list[Batch]:
    batches = list(source.poll(cursor, now=now, limit=limit, cancelled=Event()))
    json.dumps([dict(batch.cursor) for batch in batches])  # a cursor is stored as JSON
    return batches


def ids(batches: list[Batch]) -> list[str]:
    return [item.external_id for batch in batches for item in batch.items]


def recorded(folder: Path, name: str) -> Route:
    exchange = json.loads(next(folder.glob(f"arxiv/{name}_*.json")).read_text())
    return lambda request: Response(status=exchange["status_code"], body=exchange["body"].encode())


# Recorded listings


def only_item(server: WebServer) -> Item:
    (batch,) = poll(connector(server))
    (item,) = batch.items
    return item


def test_a_recorded_paper_has_all_its_fields(server: WebServer, shared_data: Path) -> None:
    server.routes[API] = recorded(shared_data, "id_1605.08386_s0")
    item = only_item(server)
    assert (item.external_id, item.revision, item.kind) == ("1605.08386", "v1", "paper")
    assert item.url == "https://arxiv.org/abs/1605.08386"
    assert item.title == "Heat-bath random walks with Markov bases"
    assert item.text.startswith("Graphs on lattice points are studied")
    assert "\n" not in item.text
    assert item.authors == ("Caprice Stanley", "Tobias Windisch")
    assert item.topics[0] == "math.CO"
    assert item.links == ("https://arxiv.org/pdf/1605.08386v1",)
    assert item.published == item.updated == datetime(2016, 5, 26, 17, 59, 46, tzinfo=UTC)


def test_an_old_style_id_keeps_its_archive(server: WebServer, shared_data: Path) -> None:
    server.routes[API] = recorded(shared_data, "id_astro-ph_0601001_s0")
    item = only_item(server)
    assert (item.external_id, item.revision) == ("astro-ph/0601001", "v1")
    assert item.url == "https://arxiv.org/abs/astro-ph/0601001"


def test_recorded_pages_follow_each_other(server: WebServer, shared_data: Path) -> None:
    pages = {"0": recorded(shared_data, "q_testing_s0_m10"), "10": recorded(shared_data, "q_testing_s10_m10")}
    server.routes[API] = lambda request: pages[request.query["start"]](request)
    batches = poll(connector(server, page_size=10, first_run_items=20))
    assert [len(batch.items) for batch in batches] == [10, 10]
    assert len(set(ids(batches))) == 20
    assert [request.query["max_results"] for request in server.requests] == ["10", "10"]


def test_a_recorded_empty_listing_brings_nothing(server: WebServer, shared_data: Path) -> None:
    server.routes[API] = recorded(shared_data, "id_0000.0000_s0")
    (batch,) = poll(connector(server))
    assert (batch.items, batch.cursor, batch.more) == ((), {}, False)


def test_a_recorded_refusal_is_said_in_arxivs_own_words(server: WebServer, shared_data: Path) -> None:
    server.routes[API] = recorded(shared_data, "id_abc_s0")
    with pytest.raises(Misconfigured, match=r"incorrect id format for abc\. Check categories and queries"):
        poll(connector(server))


# What is asked


def test_categories_and_queries_are_asked_for_together_newest_version_first(server: WebServer) -> None:
    server.routes[API] = Library()
    poll(connector(server, categories=["cs.CL", "cs.AI"], queries=["ti:dialogue AND abs:goal"]))
    asked = server.requests[0].query
    assert asked["search_query"] == "cat:cs.CL OR cat:cs.AI OR (ti:dialogue AND abs:goal)"
    assert (asked["sortBy"], asked["sortOrder"]) == ("lastUpdatedDate", "descending")
    assert server.requests[0].headers["User-Agent"].startswith("telos-assistant/")


@pytest.mark.parametrize("category", ["cs.CL", "astro-ph", "cond-mat.mes-hall", "q-bio.NC", "math.AG"])
def test_real_categories_are_taken(category: str) -> None:
    assert ArxivOptions(categories=(category,)).search_query == f"cat:{category}"


WRONG: list[dict[str, Any]] = [
    {}, {"categories": []}, {"queries": ["  "]}, {"categories": ["Computation and Language"]}, {"categories": ["cs.CL OR all:x"]},
    {"categories": ["cs.CL"], "max_results": 0}, {"category": ["cs.CL"]},
]  # fmt: skip


@pytest.mark.parametrize("options", WRONG, ids=map(str, WRONG))
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ArxivOptions(**options)


# From one poll to the next


def test_the_first_poll_takes_no_archive(server: WebServer) -> None:
    server.routes[API] = library = Library()
    for number in range(50):
        library.add(f"2604.{number:05}v1", days_ago=number / 4)
    assert len(ids(poll(connector(server, first_run_items=10)))) == 10
    assert len(ids(poll(connector(server, first_run_items=100, first_run_days=7)))) == 29


@pytest.mark.parametrize("caps", [{"first_run_items": 10}, {"first_run_days": 1}], ids=["by number", "by age"])
def test_what_the_first_poll_left_out_does_not_come_in_later(server: WebServer, caps: dict[str, int]) -> None:
    server.routes[API] = library = Library()
    for number in range(50):
        library.add(f"2604.{number:05}v1", days_ago=0.55 + number / 20)
    source = connector(server, **caps)
    cursor = poll(source)[-1].cursor
    for day in (0.5, 0.4):
        library.add(f"2604.9{day * 10:04.0f}v1", days_ago=day)
        batches = poll(source, cursor)
        cursor = batches[-1].cursor
        assert ids(batches)[-1] == "2604.00009"
    assert len(ids(batches)) == 12


def test_a_new_version_of_a_known_paper_is_the_same_item_under_a_new_revision(server: WebServer) -> None:
    server.routes[API] = library = Library()
    library.add("2604.00001v1", days_ago=1)
    source = connector(server)
    (first,) = poll(source)
    library.papers.clear()
    library.add("2604.00001v2", days_ago=0)
    (second,) = poll(source, first.cursor)
    assert [(item.external_id, item.revision) for item in (*first.items, *second.items)] == [
        ("2604.00001", "v1"),
        ("2604.00001", "v2"),
    ]


def test_a_later_poll_reads_down_to_what_is_known_and_a_little_further(server: WebServer) -> None:
    server.routes[API] = library = Library()
    for number in range(20):
        library.add(f"2604.{number:05}v1", days_ago=10 + number)
    source = connector(server, page_size=5)
    cursor = poll(source)[-1].cursor
    library.add("2604.90000v1", days_ago=0)
    library.add("2604.90001v1", days_ago=11.5)  # held by a moderator, and published under its old date
    assert ids(poll(source, cursor)) == [
        f"2604.{n}v1"[:-2] for n in ("90000", "00000", "00001", "90001", "00002", "00003")
    ]


def test_a_listing_longer_than_the_limit_is_read_on_at_the_next_poll_and_nothing_is_skipped(server: WebServer) -> None:
    server.routes[API] = library = Library()
    library.add("2603.00000v1", days_ago=20)
    source = connector(server, page_size=3)
    cursor = poll(source)[-1].cursor
    for number in range(20):
        library.add(f"2604.{number:05}v1", days_ago=1 + number / 10)
    found: set[str] = set()
    polls = 0
    more = True
    while more:
        batches = poll(source, cursor, limit=7)
        cursor, more = batches[-1].cursor, batches[-1].more
        found |= set(ids(batches))
        library.add(f"2605.{polls:05}v1", days_ago=0.5 - polls / 10)  # the world goes on meanwhile
        polls += 1
    assert polls > 2
    assert found >= {f"2604.{number:05}" for number in range(20)}
    assert f"2605.{polls - 1:05}" in ids(poll(source, cursor))


def test_a_poll_killed_between_two_pages_goes_on_where_the_last_stored_page_ended(server: WebServer) -> None:
    server.routes[API] = library = Library()
    for number in range(9):
        library.add(f"2604.{number:05}v1", days_ago=number)
    source = connector(server, page_size=3)
    first = next(iter(source.poll(None, now=NOW, limit=100, cancelled=Event())))
    rest = poll(source, json.loads(json.dumps(dict(first.cursor))))
    assert ids([first, *rest]) == [f"2604.{number:05}" for number in range(9)]


def test_more_than_the_most_that_is_read_is_said(server: WebServer) -> None:
    server.routes[API] = library = Library()
    library.add("2603.00000v1", days_ago=20)
    source = connector(server, max_results=5)
    cursor = poll(source)[-1].cursor
    for number in range(8):
        library.add(f"2604.{number:05}v1", days_ago=1)
    (batch,) = poll(source, cursor)
    assert len(batch.items) == 5
    assert "more than 5 new papers" in batch.notices[0]
    assert not batch.more


def test_a_cancelled_poll_asks_for_no_other_page(server: WebServer) -> None:
    server.routes[API] = library = Library()
    for number in range(9):
        library.add(f"2604.{number:05}v1", days_ago=number)
    cancelled = Event()
    batches = []
    for batch in connector(server, page_size=3).poll(None, now=NOW, limit=100, cancelled=cancelled):
        batches.append(batch)
        cancelled.set()
    assert len(batches) == len(server.requests) == 1


# What goes wrong


def html(request: Request) -> Response:
    return Response(headers={"Content-Type": "text/html"}, body=b"<html><body>arXiv is being moved</body></html>")


def bad_date(request: Request) -> Response:
    entry = (
        "<entry><id>http://arxiv.org/abs/2604.00001v1</id><updated>soon</updated><published>soon</published></entry>"
    )
    return Response(body=LISTING.format(total=1, entries=entry).encode())


FAILURES: dict[str, tuple[Route, type[SourceFailure], str]] = {
    "busy": (lambda request: Response(status=503, headers={"Retry-After": "60"}), TryLater, "left alone for 60 s"),
    "too often": (lambda request: Response(status=429), TryLater, "429"),
    "broken": (lambda request: Response(status=500), TryLater, "500"),
    "gone": (lambda request: Response(status=404), Misconfigured, "404"),
    "a refusal without words": (lambda request: Response(status=400), Misconfigured, "400"),
    "a web page": (html, TryLater, "something other than a listing"),
    "nothing": (lambda request: Response(), TryLater, "something other than a listing"),
    "a date that is none": (bad_date, TryLater, "cannot be read"),
}


@pytest.mark.parametrize(("route", "kind", "words"), FAILURES.values(), ids=FAILURES)
def test_what_arxiv_answers_is_a_failure_named_by_its_remedy(
    route: Callable[[Request], Response], kind: type[SourceFailure], words: str, server: WebServer
) -> None:
    server.routes[API] = route
    with pytest.raises(kind, match=words):
        poll(connector(server))
    assert len(server.requests) == 1


def test_an_empty_page_where_papers_should_be_is_asked_for_again(server: WebServer) -> None:
    library = Library()
    for number in range(6):
        library.add(f"2604.{number:05}v1", days_ago=number)

    def forgetful(request: Request) -> Response:
        if len(server.requests) == 2:
            return Response(body=LISTING.format(total=6, entries="").encode())
        return library(request)

    server.routes[API] = forgetful
    assert len(ids(poll(connector(server, page_size=3)))) == 6


def test_an_arxiv_that_stays_empty_is_tried_later_and_what_was_read_is_kept(server: WebServer) -> None:
    library = Library()
    for number in range(6):
        library.add(f"2604.{number:05}v1", days_ago=number)
    empty = Response(body=LISTING.format(total=6, entries="").encode())
    server.routes[API] = lambda request: empty if request.query["start"] == "3" else library(request)
    batches: list[Batch] = []
    with pytest.raises(TryLater, match="cannot be read"):
        batches.extend(connector(server, page_size=3).poll(None, now=NOW, limit=100, cancelled=Event()))
    assert len(ids(batches)) == 3


def test_requests_are_as_far_apart_as_arxiv_asks(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.arxiv.PAUSE_S", 0.3)
    assert PAUSE_S == 3.0
    server.routes[API] = library = Library()
    for number in range(6):
        library.add(f"2604.{number:05}v1", days_ago=number)
    times: list[float] = []

    def timed(request: Request) -> Response:
        times.append(time.monotonic())
        return library(request)

    server.routes[API] = timed
    policy = NetworkPolicy(hosts={"export.arxiv.org": server.url("")}, pause_s=0.01)
    source = Arxiv(ArxivOptions(categories=("cs.CL",), page_size=3), WaysOut(policy))
    begun = time.monotonic()
    poll(source)
    assert len(times) == 2
    assert times[1] - begun >= 0.3
