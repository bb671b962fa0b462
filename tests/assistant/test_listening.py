"""A source that rings is polled soon; one that is silent, or cannot be heard, is polled at its rhythm."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, ClassVar

import pytest

from assistant.config.schema import SourceSettings
from assistant.ingest import listening
from assistant.ingest.listening import Listeners, Rhythm
from connectors.base import API_VERSION, Batch, Cursor, NeedsLogin, Options, TryLater
from connectors.transport import WaysOut
from memory.store import sources
from memory.store.connection import Database
from memory.store.sources import Failure, Success
from tests.servers import loopback_policy
from tests.waiting import wait_until

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@dataclass
class Door:
    """Where a test rings. `failures` are raised one after the other before anything is heard."""

    failures: list[Exception] = field(default_factory=list)
    ring: Callable[[], None] | None = None
    listened: int = 0
    is_heard: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)
    is_silent: bool = False


class Ringing:
    kind: ClassVar[str] = "ringing"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = Options
    every: ClassVar[timedelta] = timedelta(hours=1)
    quiet_after: ClassVar[timedelta] = timedelta(days=30)
    door: ClassVar[Door]

    def __init__(self, options: Any, ways_out: WaysOut) -> None: ...

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        yield Batch()

    def listen(self, heard: Callable[[], None], *, cancelled: Event) -> None:
        self.door.listened += 1
        if self.door.failures:
            raise self.door.failures.pop(0)
        if self.door.is_silent:
            self.door.ended.set()
            return
        self.door.ring = heard
        self.door.is_heard.set()
        cancelled.wait()
        self.door.ended.set()


@dataclass
class House:
    database: Database
    listeners: Listeners
    ways_out: WaysOut
    door: Door
    woken: list[float]
    polled: set[str]
    source: SourceSettings = field(
        default_factory=lambda: SourceSettings(name="talk", kind="ringing", options=Options())
    )

    def keep(self, *configured: SourceSettings) -> None:
        self.listeners.keep(configured, self.ways_out)

    def ring(self) -> None:
        assert self.door.is_heard.wait(20)
        assert self.door.ring
        self.door.ring()

    @property
    def is_due(self) -> bool:
        with self.database.read() as session:
            row = sources.by_name(session, "talk")
            return row is not None and row.next_poll_at is None

    def has_been_polled(self, *, fails: bool = False) -> None:
        with self.database.write() as session:
            row = sources.ensure(session, "talk", "ringing", NOW)
            if fails:
                sources.record_failure(
                    session, row, Failure(at=NOW, next_poll_at=LATER, kind="TryLater", sentence="Busy.")
                )
            else:
                sources.record_success(session, row, Success(at=NOW, next_poll_at=LATER, new_items=0))


@pytest.fixture
def house(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    door, woken, polled = Door(), list[float](), set[str]()
    monkeypatch.setattr(Ringing, "door", door, raising=False)
    listeners = Listeners(
        database,
        is_polled=lambda name: name in polled,
        wake=lambda: woken.append(time.monotonic()),
        kinds={"ringing": Ringing},
        rhythm=Rhythm(settle_s=0.05, least_s=0.4, first_pause_s=0.01, longest_pause_s=0.02),
    )
    ways_out = WaysOut(loopback_policy())
    house = House(database, listeners, ways_out, door, woken, polled)
    house.has_been_polled()
    yield house
    listeners.close()
    ways_out.close()


def test_a_ring_makes_its_source_due_and_wakes_who_polls(house: House) -> None:
    house.keep(house.source)
    assert not house.is_due
    house.ring()
    wait_until(lambda: bool(house.woken))
    assert house.is_due


def test_many_rings_are_one_poll_until_some_time_has_passed(house: House) -> None:
    house.keep(house.source)
    for _ in range(20):
        house.ring()
    wait_until(lambda: len(house.woken) == 1)
    answered_at = house.listeners._ears["talk"].answered_at
    assert answered_at is not None
    house.ring()
    wait_until(lambda: len(house.woken) == 2)
    assert house.woken[1] - answered_at >= 0.4


def test_a_ring_during_a_poll_makes_the_source_due_again_after_it(house: House) -> None:
    house.keep(house.source)
    house.polled.add("talk")
    house.ring()
    time.sleep(0.3)
    assert not house.woken
    house.polled.clear()
    wait_until(lambda: house.is_due)


def test_a_source_that_fails_keeps_the_pause_it_asked_for(house: House) -> None:
    house.has_been_polled(fails=True)
    house.keep(house.source)
    house.ring()
    wait_until(lambda: bool(house.woken))
    assert not house.is_due


def test_a_broken_connection_is_said_once_and_tried_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.door.failures = [TryLater("The line is dead."), ValueError("a defect"), NeedsLogin("Log in.")]
    with caplog.at_level(logging.INFO, logger="assistant.ingest.listening"):
        house.keep(house.source)
        house.ring()
        wait_until(lambda: house.is_due)
    said = [record.getMessage() for record in caplog.records if record.name == "assistant.ingest.listening"]
    assert said == [
        "The source talk cannot be listened to, and is polled: The line is dead.",
        "The source talk is heard again.",
    ]
    assert house.door.listened == 4


def test_who_has_nothing_to_listen_with_is_left_in_peace(house: House) -> None:
    house.door.is_silent = True
    house.keep(house.source)
    assert house.door.ended.wait(20)
    for _ in range(3):
        house.keep(house.source)
    assert house.door.listened == 1


@pytest.mark.parametrize("change", ["removed", "paused", "changed", "other ways out"])
def test_listening_follows_the_configuration(house: House, change: str) -> None:
    house.keep(house.source)
    assert house.door.is_heard.wait(20)
    house.keep(house.source)
    assert not house.door.ended.is_set(), "it is disturbed although nothing changed"
    after: dict[str, list[SourceSettings]] = {
        "removed": [],
        "paused": [house.source.model_copy(update={"paused": True})],
        "changed": [house.source.model_copy(update={"options": Options(first_run_days=1)})],
        "other ways out": [house.source],
    }
    if change == "other ways out":
        house.ways_out = WaysOut(loopback_policy())
    house.keep(*after[change])
    assert house.door.ended.wait(20)
    wait_until(lambda: house.door.listened == (2 if change in ("changed", "other ways out") else 1))


def test_it_ends_at_once_and_begins_nothing_afterwards(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_END_S", 60)
    house.keep(house.source)
    assert house.door.is_heard.wait(20)
    house.listeners.close()
    assert house.door.ended.is_set()
    house.keep(house.source)
    assert house.door.listened == 1


def test_kinds_that_cannot_listen_are_not_asked_to(database: Database) -> None:
    silent: Any = type("Silent", (), {"kind": "silent"})
    listeners = Listeners(database, is_polled=lambda name: False, wake=lambda: None, kinds={"silent": silent})
    ways_out = WaysOut(loopback_policy())
    listeners.keep([SourceSettings(name="quiet", kind="silent", options=Options())], ways_out)
    listeners.close()
    ways_out.close()
