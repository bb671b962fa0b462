"""A poll: what is stored, what is left out and said, how the source fares."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest
from sqlmodel import select

from assistant.clock import FakeClock
from assistant.config.schema import SourceSettings
from assistant.ingest.polling import FIRST_PAUSE, LONGEST_ASKED, Ingest, Polled, poll_source
from connectors.base import API_VERSION, Batch, Cursor, Item, Misconfigured, NeedsLogin, Options, TryLater
from connectors.transport import WaysOut
from memory.models import Audit, Source, Version
from memory.store import items, sources
from memory.store.connection import Database
from tests.servers import Response, WebServer, loopback_policy

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


class ScriptedOptions(Options):
    url: str = "https://feeds.example/old"


@dataclass
class Script:
    """What a scripted source does at its next poll, and with what it was asked."""

    steps: list[Batch | Exception] = field(default_factory=list)
    cursors: list[Cursor | None] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def connector(self) -> type[Any]:
        script = self

        class Scripted:
            kind: ClassVar[str] = "scripted"
            api_version: ClassVar[int] = API_VERSION
            Options: ClassVar[type[Options]] = ScriptedOptions
            every: ClassVar[timedelta] = HOUR
            quiet_after: ClassVar[timedelta] = timedelta(days=30)

            def __init__(self, options: ScriptedOptions, ways_out: WaysOut) -> None:
                script.addresses.append(options.url)

            def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
                script.cursors.append(cursor)
                for step in script.steps:
                    if isinstance(step, Exception):
                        raise step
                    yield step
                    if cancelled.is_set():
                        return

        return Scripted


@dataclass
class Desk:
    """An ingest over a scripted source, and a look at its row."""

    ingest: Ingest
    script: Script
    clock: FakeClock

    def poll(self, *steps: Batch | Exception, **configured: Any) -> Polled:
        self.script.steps = list(steps)
        chosen = {key: configured.pop(key) for key in ScriptedOptions.model_fields.keys() & configured.keys()}
        options = ScriptedOptions(**chosen)
        return poll_source(self.ingest, SourceSettings(name="news", kind="scripted", options=options, **configured))

    @property
    def source(self) -> Source:
        with self.ingest.database.read() as session:
            return session.exec(select(Source)).one()

    def titles(self) -> list[str]:
        with self.ingest.database.read() as session:
            return [version.title for version in session.exec(select(Version).order_by("id"))]

    def pause(self) -> timedelta:
        next_poll_at = self.source.next_poll_at
        assert next_poll_at is not None
        return next_poll_at - self.clock.now()


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    script, clock = Script(), FakeClock(NOW)
    ways_out = WaysOut(loopback_policy(timeout_s=20))
    yield Desk(Ingest(database, ways_out, clock, Event(), {"scripted": script.connector()}), script, clock)
    ways_out.close()


def item(number: int = 1, **changes: Any) -> Item:
    known = {"title": f"Title {number}", "text": f"Text {number}", "url": f"https://a.example/{number}"}
    return Item(**{"external_id": str(number), **known, **changes})


def batch(*brought: Item, **changes: Any) -> Batch:
    return Batch(items=brought, **changes)


def test_a_poll_keeps_items_and_cursor_and_is_due_again_after_its_rhythm(desk: Desk) -> None:
    polled = desk.poll(batch(item(1), cursor={"page": 1}, more=True), batch(item(2), cursor={"page": 2}))
    assert (polled.new, polled.updated, polled.failure) == (2, 0, None)
    assert desk.titles() == ["Title 1", "Title 2"]
    assert desk.source.cursor == {"page": 2}
    assert desk.pause() == HOUR
    desk.poll(batch(cursor={"page": 2}))
    assert desk.script.cursors == [None, {"page": 2}]
    with desk.ingest.database.read() as session:
        assert [(line.event, line.detail) for line in session.exec(select(Audit))] == [
            ("read", {"new": 1, "updated": 0})
        ] * 2


def test_a_rhythm_in_the_configuration_wins(desk: Desk) -> None:
    desk.poll(batch(item()), poll_minutes=5)
    assert desk.pause() == timedelta(minutes=5)


def test_a_source_with_more_than_a_poll_takes_is_due_at_once(desk: Desk) -> None:
    assert desk.poll(batch(item(), more=True)).more
    assert desk.pause() == timedelta()


def test_what_came_before_a_failure_stays_with_its_cursor(desk: Desk) -> None:
    polled = desk.poll(batch(item(1), cursor={"page": 1}), TryLater("The server is down."))
    assert (polled.new, polled.failure) == (1, "The server is down.")
    assert desk.titles() == ["Title 1"]
    assert desk.source.cursor == {"page": 1}


@pytest.mark.parametrize(
    ("failure", "kind", "pause"),
    [
        pytest.param(TryLater("Down."), "TryLater", FIRST_PAUSE, id="network"),
        pytest.param(TryLater("Slow down.", HOUR), "TryLater", HOUR, id="a wait that was asked for"),
        pytest.param(TryLater("Never.", timedelta(days=400)), "TryLater", LONGEST_ASKED, id="an absurd wait"),
        pytest.param(NeedsLogin("Log in."), "NeedsLogin", FIRST_PAUSE, id="login"),
        pytest.param(Misconfigured("No feed."), "Misconfigured", FIRST_PAUSE, id="configuration"),
        pytest.param(KeyError("x"), "Crashed", FIRST_PAUSE, id="a defect of the connector"),
    ],
)
def test_a_failure_is_noted_with_its_remedy_and_a_pause(
    desk: Desk, failure: Exception, kind: str, pause: timedelta
) -> None:
    polled = desk.poll(failure)
    assert polled.failure
    assert (desk.source.failures, desk.source.last_error_kind, desk.source.broken_since) == (1, kind, NOW)
    assert desk.source.last_error == polled.failure
    assert desk.pause() == pause


def test_pauses_grow_while_a_source_fails_and_it_is_said_once_when_it_breaks_and_once_when_it_heals(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "assistant.ingest.polling")
    pauses = []
    for _ in range(3):
        desk.poll(TryLater("Down."))
        pauses.append(desk.pause())
        desk.clock.advance(HOUR)
    assert pauses == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert desk.source.broken_since == NOW
    for _ in range(2):
        desk.poll(batch(item()))
    healed = desk.source
    assert (healed.failures, healed.last_error, healed.broken_since) == (0, None, None)
    assert [record.message for record in caplog.records] == [
        "The source news cannot be read: Down.",
        "The source news answers again.",
    ]


@pytest.mark.parametrize(
    ("bad", "notice"),
    [
        pytest.param(item(2, external_id=" "), "no id", id="without an id"),
        pytest.param(item(2, title="", text="", html="<script>x</script>"), "neither title nor text", id="empty"),
        pytest.param(item(2, title=None), "cannot be read", id="of the wrong type"),
    ],
)
def test_one_bad_item_never_stops_its_batch(desk: Desk, bad: Item, notice: str) -> None:
    polled = desk.poll(batch(item(1), bad, item(3)))
    assert desk.titles() == ["Title 1", "Title 3"]
    assert [notice in line for line in polled.notices] == [True]
    assert desk.source.notices == list(polled.notices)


@pytest.mark.parametrize(
    ("published", "kept"),
    [
        pytest.param(NOW - HOUR, NOW - HOUR, id="an hour ago"),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), NOW, id="1970"),
        pytest.param(datetime(2090, 1, 1, tzinfo=UTC), NOW, id="2090"),
        pytest.param(None, NOW, id="none"),
    ],
)
def test_a_date_that_cannot_be_true_is_the_time_of_arrival(
    desk: Desk, published: datetime | None, kept: datetime
) -> None:
    desk.poll(batch(item(published=published)))
    with desk.ingest.database.read() as session:
        assert [one.published_at for one in items.list_items(session)] == [kept]


def test_everything_is_cleaned_at_the_gate(desk: Desk) -> None:
    desk.poll(
        batch(
            item(
                title="A\x1b[31m \n title",
                text="so\u202eme\x00\r\n\r\n\r\n\r\ntext \ud800",
                html='<p onclick="x()">Hi<script>bad()</script><a href="/more">more</a></p>',
                url="javascript:alert(1)",
                authors=("Ann  Author", "", "Ann Author"),
                links=("javascript:alert(1)", "https://b.example/?utm_source=x"),
            )
        )
    )
    with desk.ingest.database.read() as session:
        (kept,) = items.list_items(session)
        version = items.current_versions(session, [kept.id or 0])[kept.id or 0]
    assert (version.title, version.text) == ("A[31m title", "some\n\ntext")
    assert "script" not in version.html
    assert "onclick" not in version.html
    assert (kept.url, kept.canonical_url, kept.authors) == ("", "", ["Ann Author"])
    assert version.links == ["https://b.example/?utm_source=x"]


def test_the_language_is_read_off_the_text_before_the_source_is_believed(desk: Desk) -> None:
    german = "Die Regierung hat erklärt, dass sie das Gesetz nicht ändern wird."
    desk.poll(batch(item(1, text=german, language="en"), item(2, title="GPT-5", text="LLaMA", language="fr-FR")))
    with desk.ingest.database.read() as session:
        assert {one.external_id: one.language for one in items.list_items(session)} == {"1": "de", "2": "fr"}


def test_what_a_source_takes_back_is_no_longer_listed(desk: Desk) -> None:
    desk.poll(batch(item(1), item(2)))
    desk.poll(batch(deleted=("1",)))
    with desk.ingest.database.read() as session:
        assert [one.external_id for one in items.list_items(session)] == ["2"]


def test_a_user_may_keep_what_its_source_deleted(desk: Desk) -> None:
    desk.poll(batch(item(1)))
    desk.poll(batch(deleted=("1",)), follow_deletions=False)
    with desk.ingest.database.read() as session:
        assert items.count(session) == 1


def test_whom_an_item_speaks_to_and_what_its_source_tells_of_it_are_kept_and_follow_the_source(desk: Desk) -> None:
    told = {"score": 3, "to": [{"name": "Ada\x00 Lovelace", "address": "ada@example.org"}], "is_answered": False}
    desk.poll(batch(item(1, to_me=True, details=told), item(2, by_me=True)))
    assert kept(desk)["1"] == (
        True, False, {"score": 3, "to": [{"name": "Ada Lovelace", "address": "ada@example.org"}], "is_answered": False},
    )  # fmt: skip
    assert kept(desk)["2"] == (False, True, {})
    polled = desk.poll(batch(item(1, to_me=True, details={"score": 40})))
    assert (polled.new, polled.updated) == (0, 0)
    assert kept(desk)["1"] == (True, False, {"score": 40})


WRONG_DETAILS = {
    "no json": {"at": NOW},
    "no number": {"score": float("nan")},
    "too long": {str(n): "x" * 900 for n in range(40)},
}


@pytest.mark.parametrize("details", WRONG_DETAILS.values(), ids=WRONG_DETAILS)
def test_an_item_whose_details_cannot_be_kept_is_left_out_and_said(desk: Desk, details: dict[str, Any]) -> None:
    polled = desk.poll(batch(item(1, details=details), item(2)))
    assert polled.new == 1
    assert "its details" in polled.notices[0]


def kept(desk: Desk) -> dict[str, tuple[bool, bool, dict[str, Any]]]:
    with desk.ingest.database.read() as session:
        return {one.external_id: (one.to_me, one.by_me, one.details) for one in items.list_items(session)}


def test_a_new_address_is_used_until_the_user_names_another_or_it_fails(desk: Desk) -> None:
    desk.poll(batch(item(), moved_to="https://feeds.example/new"))
    desk.poll(batch())
    desk.poll(batch(), url="https://feeds.example/chosen")
    desk.poll(Misconfigured("404."))
    desk.poll(batch())
    addresses = [address.rpartition("/")[2] for address in desk.script.addresses]
    assert addresses == ["old", "new", "chosen", "new", "old"]


def test_a_source_that_answers_but_brings_nothing_is_stale_and_heals_with_the_next_item(desk: Desk) -> None:
    for number in range(4):
        desk.poll(batch(item(number)))
        desk.clock.advance(timedelta(days=1))
    assert desk.source.rhythm_s == timedelta(days=1).total_seconds()
    desk.clock.advance(timedelta(days=4))
    desk.poll(batch())
    assert desk.source.stale_since is None
    desk.clock.advance(timedelta(days=2))
    desk.poll(batch())
    assert desk.source.stale_since == desk.clock.now()
    desk.poll(batch(item(9)))
    assert desk.source.stale_since is None


def test_a_cancelled_poll_says_nothing_about_its_source(desk: Desk) -> None:
    desk.ingest.cancelled.set()
    polled = desk.poll(batch(item(1), cursor={"page": 1}), batch(item(2), cursor={"page": 2}))
    assert polled.new == 1
    assert (desk.source.cursor, desk.source.last_attempt_at, desk.source.next_poll_at) == ({"page": 1}, None, None)


def test_a_source_removed_while_it_is_polled_is_left_alone(desk: Desk, database: Database) -> None:
    class Removing(Exception):
        pass

    def removing() -> Iterator[Batch]:
        yield batch(item(1))
        with database.write() as session:
            session.delete(session.exec(select(Version)).one())
            items.remove(session, [1])
            session.delete(sources.live(session)[0])
        yield batch(item(2))

    connector = desk.script.connector()
    connector.poll = lambda *_, **__: removing()
    poll_source(
        Ingest(database, desk.ingest.ways_out, desk.clock, Event(), {"scripted": connector}),
        SourceSettings(name="news", kind="scripted", options=ScriptedOptions()),
    )
    assert desk.titles() == []


def page(text: str) -> Callable[[object], Response]:
    html = f"<html lang=en><body><article><h1>Title</h1><p>{text}</p></article></body></html>"
    return lambda _: Response(headers={"Content-Type": "text/html; charset=utf-8"}, body=html.encode())


@pytest.mark.integration
def test_full_text_replaces_the_summary_and_a_page_that_fails_costs_nothing(desk: Desk) -> None:
    body = "The fact on the last page is that the bridge was closed in May. " * 10
    with WebServer({"/1": page(body)}) as server:
        brought = batch(item(1, url=server.url("/1")), item(2, url=server.url("/2")), item(3, url=""))
        polled = desk.poll(brought, full_text=True)
        assert [server.url("/2") in notice for notice in polled.notices] == [True]
        with desk.ingest.database.read() as session:
            texts = {version.title: version.text for version in session.exec(select(Version))}
        assert texts["Title 1"].startswith("The fact on the last page")
        assert (texts["Title 2"], texts["Title 3"]) == ("Text 2", "Text 3")
        server.routes.clear()
        assert desk.poll(brought, full_text=True).updated == 0


def test_no_page_is_asked_for_on_the_word_of_a_private_letter(desk: Desk) -> None:
    with WebServer({"/1": page("The fact on the last page. " * 20)}) as server:
        desk.poll(batch(item(1, url=server.url("/1"), private=True)), full_text=True)
        assert not server.requests
    with desk.ingest.database.read() as session:
        assert [version.text for version in session.exec(select(Version))] == ["Text 1"]


_KILLED_POLL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from assistant.clock import FakeClock
from assistant.config.schema import SourceSettings
from assistant.ingest.polling import Ingest, poll_source
from connectors.feeds import FeedOptions
from connectors.transport import NetworkPolicy, WaysOut
from memory.store.connection import Database
database = Database.open(Path(sys.argv[1]))
clock = FakeClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
settings = SourceSettings(name="news", kind="feeds", options=FeedOptions(url=sys.argv[2]))
if __name__ == "__main__":
    poll_source(Ingest(database, WaysOut(NetworkPolicy()), clock), settings)
"""


@pytest.mark.integration
@pytest.mark.parametrize(("failpoint", "kept"), [("poll.before_store", 0), ("poll.after_store", 2)])
def test_a_kill_around_the_commit_loses_nothing_and_brings_nothing_twice(
    tmp_path: Path, failpoint: str, kept: int
) -> None:
    feed, program, path = tmp_path / "feed.xml", tmp_path / "program.py", tmp_path / "telos.db"
    entries = "".join(f"<item><guid>{n}</guid><title>Title {n}</title></item>" for n in (1, 2))
    feed.write_text(f"<rss version='2.0'><channel><title>T</title>{entries}</channel></rss>")
    program.write_text(_KILLED_POLL)
    command = [sys.executable, str(program), str(path), str(feed)]
    root = str(Path(__file__).parents[2])
    assert subprocess.run(command, env={"TELOS_FAILPOINT": failpoint, "PYTHONPATH": root}, check=False).returncode == -9
    assert count(path) == (kept, kept > 0)
    subprocess.run(command, env={"PYTHONPATH": root}, check=True)
    assert count(path) == (2, True)


def count(path: Path) -> tuple[int, bool]:
    """How many items there are, and whether the cursor has moved."""
    database = Database.open(path)
    with database.read() as session:
        found = items.count(session), sources.live(session)[0].cursor is not None
    database.close()
    return found
