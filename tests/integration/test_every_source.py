"""All kinds of source at once: an hour of simulated time through outages, rate limits and restarts; nothing lost, nothing
twice.

Each source has a server of its own (`tests/connectors/worlds`), which publishes, edits and deletes while the hour goes on.
What polls is the product's own ingest, several sources at a time, with a clock that the test sets; the seconds of a
`Retry-After` are counted by the same clock. A restart is a new process as far as a process has memory: the database is
opened anew, and so are all ways out. A crash comes at a point that `assistant.failpoints` names.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event

import pytest
from sqlmodel import select

from assistant.clock import FakeClock
from assistant.config.schema import SourceSettings
from assistant.ingest import polling
from assistant.ingest.polling import Ingest, Polled, poll_source
from connectors.transport import WaysOut
from memory.models import Item, Source, Version
from memory.store import sources
from memory.store.connection import Database
from tests.connectors.world import NOW, Trouble, World
from tests.connectors.worlds.arxiv import ArxivWorld
from tests.connectors.worlds.bluesky import BlueskyWorld
from tests.connectors.worlds.feeds import FeedsWorld
from tests.connectors.worlds.files import FilesWorld
from tests.connectors.worlds.hackernews import HackerNewsWorld
from tests.connectors.worlds.mail import MailWorld
from tests.connectors.worlds.mastodon import MastodonWorld
from tests.connectors.worlds.nytimes import NewYorkTimesWorld
from tests.connectors.worlds.reddit import RedditFeedWorld, RedditWorld
from tests.connectors.worlds.slack import SlackWorld
from tests.connectors.worlds.x import XWorld
from tests.databases import write_empty
from tests.servers import loopback_policy

pytestmark = pytest.mark.integration

MINUTE = timedelta(minutes=1)
AT_ONCE = 6
"""As many threads as `assistant.jobs.runner` has."""
ONE_ANSWER: tuple[Trouble, ...] = ("busy", "malformed", "empty_page", "duplicate_page")

_HAS_DOVECOT = shutil.which("dovecot") is not None

WORLDS: dict[str, tuple[int, Callable[[WaysOut, Path], World]]] = {
    "feeds": (4 if _HAS_DOVECOT else 5, lambda reader, folder: FeedsWorld(reader)),
    "arxiv": (2, lambda reader, folder: ArxivWorld()),
    "slack": (3, lambda reader, folder: SlackWorld()),
    "x": (2, lambda reader, folder: XWorld()),
    "mastodon": (3, lambda reader, folder: MastodonWorld()),
    "bluesky": (2, lambda reader, folder: BlueskyWorld(reader)),
    "reddit": (1, lambda reader, folder: RedditWorld()),
    "reddit by feed": (1, lambda reader, folder: RedditFeedWorld(reader)),
    "hackernews": (2, lambda reader, folder: HackerNewsWorld()),
    "nytimes": (1, lambda reader, folder: NewYorkTimesWorld(reader, has_key=True)),
    "nytimes by feed": (1, lambda reader, folder: NewYorkTimesWorld(reader, has_key=False)),
    "mail": (1 if _HAS_DOVECOT else 0, lambda reader, folder: MailWorld(reader)),
    "files": (1, lambda reader, folder: FilesWorld(folder, reader)),
}
"""How many sources of each, and how one is made; `reader` has the process that reads documents for all."""


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Ending:
    """How the process is to end, after so many more steps of its polls: at once, or in good order."""

    how: str
    steps: int


@dataclass(eq=False)
class Press:
    """A source in the hour: its server, and what happened there."""

    name: str
    world: World
    random: Random
    published: list[str] = field(default_factory=list)
    edited: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    troubled: Counter[Trouble] = field(default_factory=Counter)
    outage: range = range(0)
    polls: list[Polled] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = self.world.options(first_run_items=500, first_run_days=7)
        kind = self.name.split()[0]
        minutes = self.random.randrange(5, 10)
        self.settings = SourceSettings(name=self.name, kind=kind, poll_minutes=minutes, options=options)
        self.troubles = [what for what in ONE_ANSWER if what in self.world.troubles]
        if "broken" in self.world.troubles:
            start = self.random.randrange(8, 40)
            self.outage = range(start, start + self.random.randrange(6, 16))

    def live(self, minute: int, clock: FakeClock, kept: set[str]) -> None:
        """A minute of its server: sometimes it publishes, edits or deletes, sometimes it answers amiss."""
        if self.random.random() < 0.6:
            self.published += self.world.publish(self.random.randrange(1, 4), at=clock.now())
        untouched = [one for one in self.published[-12:] if one in kept and one not in self.edited | self.deleted]
        if self.world.edits and untouched and self.random.random() < 0.1:
            chosen = untouched.pop()
            self.edited.add(chosen)
            self.world.edit(chosen)
        if self.world.deletes and untouched and self.random.random() < 0.1:
            self.deleted.add(untouched[0])
            self.world.delete(untouched[0])
        if self.outage and minute == self.outage.start:
            self.world.fail("broken", times=100_000)
            self.troubled["broken"] += 1
        elif self.outage and minute == self.outage.stop:
            self.world.fail("broken", times=0)
        elif self.troubles and minute not in self.outage and self.random.random() < 0.12:
            what = self.troubles[self.troubled.total() % len(self.troubles)]
            self.world.fail(what)
            self.troubled[what] += 1

    def recover(self) -> None:
        for what in (*ONE_ANSWER, "broken"):
            if what in self.world.troubles:
                self.world.fail(what, times=0)


class House:
    """The part of a running Telos that reads: a database, an ingest a source, a clock. `restart` is another process."""

    def __init__(self, path: Path, presses: list[Press], clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.presses, self.clock = path, presses, clock
        self.ending: Ending | None = None
        self.endings: list[str] = []
        write_empty(path)
        monkeypatch.setattr(polling, "failpoint", self._failpoint)
        self._start()

    def restart(self) -> None:
        self.database.close()
        self._start()

    def poll(self) -> None:
        """Poll what is due, as often as there is more; an ending on the way is followed by a restart."""
        for _ in range(20):
            due = [press for press in self.presses if self._is_due(press)]
            if not due:
                return
            self._poll(due)
        raise AssertionError("the sources always have more")

    def ids(self) -> dict[str, set[str]]:
        """What has been stored so far, by source."""
        found: dict[str, set[str]] = {press.name: set() for press in self.presses}
        with self.database.read() as session:
            for name, identity in session.exec(select(Source.name, Item.external_id).join(Item)):
                found[name].add(identity)
        return found

    def kept(self) -> dict[str, dict[str, tuple[Item, int]]]:
        """The items of each source with the number of their versions, by external id. None may be there twice."""
        with self.database.read() as session:
            names = {source.id: source.name for source in sources.every(session)}
            versions = Counter(session.exec(select(Version.item_id)))
            found: dict[str, dict[str, tuple[Item, int]]] = {press.name: {} for press in self.presses}
            for item in session.exec(select(Item)):
                of_source = found[names[item.source_id]]
                assert item.external_id not in of_source, f"{item.external_id} is there twice"
                of_source[item.external_id] = (item, versions[item.id or 0])
        return found

    def _start(self) -> None:
        self.database = Database.open(self.path)
        self._cancelled = Event()
        self._is_dead = False

        def ingest(press: Press) -> Ingest:
            ways_out = press.world.ways_out(lambda: self.clock.now().timestamp())
            return Ingest(self.database, ways_out, self.clock, self._cancelled)

        self._ingests = {press.name: ingest(press) for press in self.presses}

    def _poll(self, due: list[Press]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            polls = {press: pool.submit(poll_source, self._ingests[press.name], press.settings) for press in due}
        for press, poll in polls.items():
            error = poll.exception()
            if error is None:
                press.polls.append(poll.result())
            elif not isinstance(error, Killed):
                raise error
        if self._is_dead or self._cancelled.is_set():
            assert self.ending
            self.endings.append(self.ending.how)
            self.ending = None
            self.restart()

    def _is_due(self, press: Press) -> bool:
        with self.database.read() as session:
            row = sources.by_name(session, press.name)
        return row is None or row.next_poll_at is None or row.next_poll_at <= self.clock.now()

    def _failpoint(self, name: str) -> None:
        if self.ending is not None:
            self.ending.steps -= 1
            if self.ending.steps <= 0 and self.ending.how == "killed":
                self._is_dead = True
            elif self.ending.steps <= 0:
                self._cancelled.set()
        if self._is_dead:
            raise Killed


@pytest.fixture
def presses(tmp_path: Path) -> Iterator[list[Press]]:
    random = Random(5)
    with ExitStack() as opened:
        reader = WaysOut(loopback_policy(timeout_s=20.0))
        opened.callback(reader.close)
        made: list[Press] = []
        for kind, (count, make) in WORLDS.items():
            for number in range(1, count + 1):
                folder = tmp_path / f"{kind} {number}"
                folder.mkdir()
                world = make(reader, folder)
                opened.callback(world.close)
                made.append(Press(f"{kind} {number}", world, Random(random.random())))
        yield made


def test_an_hour_of_all_sources_loses_nothing_and_brings_nothing_twice(
    presses: list[Press], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, random = FakeClock(NOW), Random(7)
    house = House(tmp_path / "telos.db", presses, clock, monkeypatch)
    assert len(presses) == 24
    for minute in range(60):
        ids = house.ids()
        for press in presses:
            press.live(minute, clock, ids[press.name])
        if minute % 5 == 2:
            house.ending = Ending(("killed", "stopped")[minute % 2], steps=random.randrange(1, 16))
        house.poll()
        clock.advance(MINUTE)
    for press in presses:
        press.recover()
    for minutes in (30, 60, 60, 24 * 60):  # what was out of sight though not gone is asked after once a day
        clock.advance(minutes * MINUTE)
        house.poll()
    kept = house.kept()
    for press in presses:
        assert_whole(press, kept[press.name])
    assert Counter(house.endings).keys() == {"killed", "stopped"}
    assert len(house.endings) >= 10
    assert_it_was_rough(presses)


def assert_whole(press: Press, kept: dict[str, tuple[Item, int]]) -> None:
    missing = [one for one in press.published if one not in kept and one not in press.deleted]
    assert not missing, f"{press.name} lost {missing} of {len(press.published)}"
    strangers = kept.keys() - set(press.published)
    assert not strangers, f"{press.name} has {strangers}, which nobody published"
    for identity, (item, versions) in kept.items():
        expected = 2 if identity in press.edited else 1
        assert versions == expected, f"{press.name} has {versions} versions of {identity}, not {expected}"
        assert (item.deleted_at is not None) == (identity in press.deleted), f"{press.name}: {identity} deleted?"


def assert_it_was_rough(presses: list[Press]) -> None:
    """The hour was one in which something could have gone wrong, and each source came out of it well."""
    failures = Counter(press.name.split()[0] for press in presses for poll in press.polls if poll.failure)
    for press in presses:
        assert len(press.published) > 20
        assert press.polls[-1].failure is None
        if press.outage:
            assert failures[press.name.split()[0]] >= 2
