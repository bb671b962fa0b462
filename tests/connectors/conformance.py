"""What every connector holds to, as tests that a connector's test file takes over: `class TestMastodon(Conformance)`.

A `World` is the server of a source as a test plays it: it speaks the real protocol on loopback, and its test publishes,
edits, deletes and breaks things there. It knows no connector beyond building it. The worlds stand in
`tests/connectors/worlds/KIND.py`, so that `tests/integration/test_every_source.py` can run them all at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, ClassVar, Literal, Protocol

import pytest
from pydantic import SecretStr

from connectors.base import Batch, Connector, Cursor, Item, Misconfigured, NeedsLogin, Options, TryLater
from connectors.transport import WaysOut

NOW = datetime(2026, 4, 13, 12, tzinfo=UTC)
"""The moment at which connectors are polled here. What a world publishes unasked is from the day before."""

Trouble = Literal["busy", "broken", "login", "malformed", "empty_page", "duplicate_page"]
"""What may go wrong with the next answers: 429 with `Retry-After: 30`, 500, 401, a body that is no answer, a page without
items that says that others follow (or, where the protocol cannot say so, just one without items), and a page that repeats
the one before it (the first: itself) while what it should have brought still follows."""

KINDS = {"article", "paper", "post", "message", "mail", "note"}
EVERYTHING: dict[str, Any] = {"first_run_items": 20_000, "first_run_days": 30_000}


class World(Protocol):
    """A source's server, played by a test. One object is one server; it outlives every connector built on it."""

    page_size: int
    """Items in a page as the connector asks for it by default."""
    window: int | None
    """How many of the newest items the source ever shows, None where all can be paged through."""
    deletes: bool
    """Whether it can be seen that an item is gone."""
    edits: bool
    """Whether it can be seen that an item has another text."""
    troubles: frozenset[Trouble]
    """Those that can befall this source; a folder knows no 429."""

    def options(self, **changes: Any) -> Options:
        """Options that read this server, as a user would have them, with `changes` on top."""

    def connector(self, **changes: Any) -> Connector:
        """A new connector on new ways out, as after a restart: it remembers nothing, not even a `Retry-After`."""

    def ways_out(self, monotonic: Callable[[], float] | None = None) -> WaysOut:
        """New ways out that lead to this server: hosts mapped, no pauses. `monotonic` is what pauses are counted by."""

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        """The external ids of `count` new items, oldest first, a second apart, the last of them published at `at`;
        without `at`, just after the newest so far. No two have the same text. `Timeline` counts this out."""

    def edit(self, external_id: str) -> None:
        """Give an item another text, just after the newest so far."""

    def delete(self, external_id: str) -> None:
        """Take an item away."""

    def fail(self, what: Trouble, times: int = 1) -> None:
        """Answer the next `times` requests for items so. Logins and look-ups of names go on working, but for "login"."""

    def close(self) -> None:
        """End the server."""


@dataclass
class Timeline:
    """The instants at which a world publishes."""

    newest: datetime = NOW - timedelta(days=1)

    def take(self, count: int = 1, at: datetime | None = None) -> list[datetime]:
        """`count` instants in whole seconds, a second apart, oldest first, as `World.publish` wants them."""
        last = at or self.newest + timedelta(seconds=count)
        self.newest = max(self.newest, last)
        return [last - timedelta(seconds=count - 1 - number) for number in range(count)]


@dataclass
class Reading:
    """Reads a world as ingest does: from the cursor of the last batch, which is all that survives, as JSON."""

    world: World
    changes: dict[str, Any] = field(default_factory=lambda: dict(EVERYTHING))
    now: datetime = NOW
    cursor: Cursor | None = None
    items: list[Item] = field(default_factory=list)
    """All that was ever yielded."""
    deleted: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    has_more: bool = False

    @property
    def ids(self) -> list[str]:
        return [item.external_id for item in self.items]

    def batches(self, *, limit: int = 1000, cancelled: Event | None = None, at_most: int | None = None) -> list[Batch]:
        """One poll by a new connector; with `at_most`, it is killed after so many batches."""
        self.has_more = False
        connector = self.world.connector(**self.changes)
        taken: list[Batch] = []
        poll = connector.poll(self.cursor, now=self.now, limit=limit, cancelled=cancelled or Event())
        for batch in poll:
            taken.append(batch)
            self._keep(batch)
            if at_most is not None and len(taken) >= at_most:
                break
        return taken

    def poll(self, **how: Any) -> list[str]:
        """The ids that one poll yields."""
        return [item.external_id for batch in self.batches(**how) for item in batch.items]

    def to_the_end(self, *, limit: int = 1000, patience: int = 4) -> list[str]:
        """The ids that polls yield until one says that there is no more. Up to `patience` of them may fail for now."""
        before = len(self.items)
        for _ in range(2000):
            try:
                self.poll(limit=limit)
            except (TryLater, Misconfigured):
                patience -= 1
                assert patience >= 0, "it does not recover"
                continue
            if not self.has_more:
                return self.ids[before:]
        raise AssertionError("it never comes to an end")

    def _keep(self, batch: Batch) -> None:
        self.cursor = json.loads(json.dumps(dict(batch.cursor)))
        self.items += batch.items
        self.deleted += batch.deleted
        self.notices += batch.notices
        self.has_more = batch.more

    def texts(self) -> dict[str, list[tuple[str, str]]]:
        """The distinct texts that each id came with, in their order: memory would have so many versions of it."""
        found: dict[str, list[tuple[str, str]]] = {}
        for item in self.items:
            versions = found.setdefault(item.external_id, [])
            if not versions or versions[-1] != (item.title, item.text):
                versions.append((item.title, item.text))
        return found

    def assert_holds(self, published: list[str]) -> None:
        """All that was published came, nothing else, and each with one text."""
        texts = self.texts()
        missing = [identity for identity in published if identity not in texts]
        assert not missing, f"{len(missing)} of {len(published)} lost, such as {missing[:3]}"
        strangers = set(texts) - set(published)
        assert not strangers, f"{len(strangers)} came that were not published, such as {sorted(strangers)[:3]}"
        twice = [identity for identity, versions in texts.items() if len(versions) > 1]
        assert not twice, f"{len(twice)} changed their text unasked, such as {twice[:3]}"


def assert_distinct(ids: list[str]) -> None:
    assert len(ids) == len(set(ids)), f"{len(ids) - len(set(ids))} of {len(ids)} came twice"


class Conformance:
    """Tests for a subclass that has a fixture `world`, which gives a `World` and closes it."""

    largest_cursor: ClassVar[int] = 64_000
    """Characters of JSON after ten thousand items: it is written with every page."""
    most_repeated: ClassVar[int] = 200
    """Known items that a poll may bring once more although nothing happened."""

    def test_every_item_is_what_the_contract_says(self, world: World) -> None:
        published = world.publish(3)
        reading = Reading(world)
        assert set(reading.to_the_end()) == set(published)
        kept = str(reading.items) + json.dumps(reading.cursor)
        assert not [secret for secret in secrets_of(world.options()) if secret in kept], "a secret is in what is kept"
        for item in reading.items:
            assert item.kind in KINDS
            assert item.title or item.text
            assert not item.url or item.url.startswith(("http://", "https://", "file:"))
            assert item.published is not None
            assert item.published.utcoffset() == timedelta(0)
            json.dumps(dict(item.details))

    def test_a_cursor_survives_a_restart_after_every_page(self, world: World) -> None:
        published = world.publish(within(world, 3 * world.page_size + 1))
        reading = Reading(world)
        for _ in range(50):
            reading.batches(at_most=1)
            if not reading.has_more:
                break
        reading.assert_holds(published)
        later = world.publish(2)
        reading.to_the_end()
        reading.assert_holds(published + later)

    def test_nothing_is_lost_or_doubled_at_the_border_of_a_page(self, world: World) -> None:
        for surplus in (-1, 0, 1):
            published = world.publish(within(world, 2 * world.page_size + surplus))
            reading = Reading(world)
            found = reading.to_the_end()
            assert_distinct(found)
            assert set(found) >= set(published)

    def test_what_comes_while_pages_are_read_is_neither_lost_nor_in_the_way(self, world: World) -> None:
        published = world.publish(within(world, 2 * world.page_size))
        reading = Reading(world)
        reading.batches(at_most=1)
        published += world.publish(within(world, world.page_size) // 2 or 1)
        reading.to_the_end()
        reading.to_the_end()
        if world.window is None:
            reading.assert_holds(published)
        else:
            assert set(reading.ids) >= set(published[-world.window :])

    def test_a_poll_takes_no_more_than_its_limit_and_says_that_there_is_more(self, world: World) -> None:
        published = world.publish(within(world, 2 * world.page_size))
        limit = max(1, world.page_size // 2 - 1)
        reading = Reading(world)
        while True:
            assert len(reading.poll(limit=limit)) <= limit
            if not reading.has_more:
                break
        reading.assert_holds(published)

    def test_when_nothing_happened_nothing_new_comes(self, world: World) -> None:
        published = world.publish(within(world, world.page_size + 1))
        reading = Reading(world)
        reading.to_the_end()
        for _ in range(3):
            reading.now += timedelta(hours=1)
            assert len(reading.to_the_end()) <= self.most_repeated
        reading.assert_holds(published)
        assert not reading.deleted

    def test_an_edit_is_the_same_item_with_another_text(self, world: World) -> None:
        if not world.edits:
            pytest.skip("an edit cannot be seen at this source")
        published = world.publish(5)
        reading = Reading(world)
        reading.to_the_end()
        world.edit(published[2])
        later = world.publish(1)
        for _ in range(3):
            reading.now += timedelta(hours=1)
            reading.to_the_end()
        texts = reading.texts()
        assert set(texts) == {*published, *later}
        assert [len(texts[identity]) for identity in published] == [1, 1, 2, 1, 1]

    def test_what_is_deleted_is_said_to_be_gone(self, world: World) -> None:
        if not world.deletes:
            pytest.skip("a deletion cannot be seen at this source")
        published = world.publish(5)
        reading = Reading(world)
        reading.to_the_end()
        world.delete(published[2])
        published += world.publish(1)
        for _ in range(3):
            reading.now += timedelta(hours=1)
            reading.to_the_end()
        reading.assert_holds(published)
        assert set(reading.deleted) == {published[2]}

    def test_a_clock_that_is_wrong_loses_nothing(self, world: World) -> None:
        published = world.publish(2, at=NOW + timedelta(minutes=10))
        reading = Reading(world)
        reading.to_the_end()
        published += world.publish(2, at=NOW + timedelta(minutes=11))
        reading.now = NOW + timedelta(hours=5)  # ours runs ahead, then is set right
        reading.to_the_end()
        published += world.publish(2, at=NOW + timedelta(minutes=12))
        reading.now = NOW + timedelta(minutes=5)
        reading.to_the_end()
        reading.assert_holds(published)

    def test_an_empty_page_is_not_taken_for_the_end_of_all(self, world: World) -> None:
        needs(world, "empty_page")
        published = world.publish(within(world, 3 * world.page_size))
        world.fail("empty_page")
        reading = Reading(world)
        reading.to_the_end()
        reading.to_the_end()
        reading.assert_holds(published)

    def test_an_empty_page_in_the_middle_loses_nothing(self, world: World) -> None:
        needs(world, "empty_page")
        published = world.publish(within(world, 3 * world.page_size))
        reading = Reading(world)
        reading.batches(at_most=1)
        world.fail("empty_page")
        reading.to_the_end()
        reading.to_the_end()
        reading.assert_holds(published)

    def test_a_page_that_comes_twice_is_harmless(self, world: World) -> None:
        needs(world, "duplicate_page")
        published = world.publish(within(world, 3 * world.page_size))
        reading = Reading(world)
        reading.batches(at_most=1)
        world.fail("duplicate_page")
        reading.to_the_end()
        reading.to_the_end()
        reading.assert_holds(published)

    def test_a_source_that_is_busy_is_left_alone_for_as_long_as_it_asks(self, world: World) -> None:
        needs(world, "busy")
        published = world.publish(within(world, 2 * world.page_size))
        reading = Reading(world)
        world.fail("busy")
        with pytest.raises(TryLater) as caught:
            reading.poll()
        assert caught.value.after is not None
        assert timedelta(seconds=25) <= caught.value.after <= timedelta(minutes=20)
        assert_keeps_secrets(world, caught.value)
        reading.to_the_end()
        reading.assert_holds(published)

    @pytest.mark.parametrize(
        ("trouble", "failures"),
        [("broken", (TryLater,)), ("login", (NeedsLogin,)), ("malformed", (TryLater, Misconfigured))],
        ids=["500", "401", "malformed"],
    )
    def test_a_failure_is_named_by_its_remedy_and_nothing_is_lost(
        self, world: World, trouble: Trouble, failures: tuple[type[Exception], ...]
    ) -> None:
        needs(world, trouble)
        published = world.publish(within(world, 2 * world.page_size))
        reading = Reading(world)
        world.fail(trouble, times=4)  # a library may ask again by itself
        with pytest.raises(failures) as caught:
            reading.poll()
        assert_keeps_secrets(world, caught.value)
        world.fail(trouble, times=0)
        reading.to_the_end()
        reading.assert_holds(published)

    @pytest.mark.parametrize("trouble", ["busy", "broken", "malformed"])
    def test_a_failure_between_two_pages_keeps_the_first_and_loses_nothing(
        self, world: World, trouble: Trouble
    ) -> None:
        needs(world, trouble)
        published = world.publish(within(world, 3 * world.page_size))
        reading = Reading(world)
        reading.batches(at_most=1)
        world.fail(trouble)
        reading.to_the_end()
        reading.assert_holds(published)

    def test_ten_thousand_items_come_once_each(self, world: World) -> None:
        reading = Reading(world)
        published: list[str] = []
        while len(published) < 10_000:
            published += world.publish(min(10_000, world.window or 10_000))
            reading.to_the_end(limit=10_000)
        if world.window is None:
            assert_distinct(reading.ids)
        reading.assert_holds(published)
        assert len(json.dumps(reading.cursor)) <= self.largest_cursor

    def test_a_cancelled_poll_ends_and_goes_on_where_it_stood(self, world: World) -> None:
        published = world.publish(within(world, 3 * world.page_size))
        reading = Reading(world)
        cancelled = Event()
        connector = world.connector(**reading.changes)
        pages = 0
        for batch in connector.poll(None, now=NOW, limit=1000, cancelled=cancelled):
            reading._keep(batch)
            cancelled.set()
            pages += 1
        assert pages <= 2, "it goes on although it is cancelled"
        reading.to_the_end()
        reading.assert_holds(published)

    def test_the_first_poll_takes_no_more_items_than_it_may_and_the_newest(self, world: World) -> None:
        world.publish(within(world, 20) // 2, at=NOW - timedelta(hours=20))
        newest = world.publish(within(world, 20) // 2, at=NOW - timedelta(hours=10))
        reading = Reading(world, changes={"first_run_items": len(newest), "first_run_days": 7})
        reading.to_the_end()
        reading.assert_holds(newest)
        later = world.publish(1, at=NOW - timedelta(hours=1))
        reading.to_the_end()
        reading.assert_holds(newest + later)

    def test_the_first_poll_takes_nothing_that_is_older_than_it_may(self, world: World) -> None:
        world.publish(4, at=NOW - timedelta(days=30))
        newest = world.publish(4, at=NOW - timedelta(hours=10))
        reading = Reading(world, changes={"first_run_items": 100, "first_run_days": 7})
        reading.to_the_end()
        reading.assert_holds(newest)
        later = world.publish(1, at=NOW - timedelta(hours=1))
        reading.to_the_end()
        reading.assert_holds(newest + later)


def within(world: World, count: int) -> int:
    """`count`, or what the source can show at once if that is less."""
    return count if world.window is None else min(count, world.window)


def needs(world: World, trouble: Trouble) -> None:
    if trouble not in world.troubles:
        pytest.skip(f"{trouble} cannot befall this source")


def secrets_of(options: Options) -> list[str]:
    """The values of the options that are secret."""
    values = [getattr(options, name) for name in type(options).model_fields]
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def assert_keeps_secrets(world: World, error: BaseException) -> None:
    """Neither the failure nor what it came from says a secret."""
    said = [str(error), str(error.__cause__ or "")]
    assert not [secret for secret in secrets_of(world.options()) if any(secret in words for words in said)]
