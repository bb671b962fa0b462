"""What every connector holds to, as tests that a connector's test file takes over: `class TestMastodon(Conformance)`.

They run on the source's `World` (`tests.connectors.world`), which the fixture `world` of that file gives.
"""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Event
from typing import ClassVar

import pytest
from pydantic import SecretStr

from connectors.base import Misconfigured, NeedsLogin, Options, TryLater
from tests.connectors.reading import Reading, assert_distinct
from tests.connectors.world import NOW, Trouble, World

KINDS = {"article", "paper", "post", "message", "mail", "note"}


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

    @pytest.mark.parametrize("trouble", ["empty_page", "duplicate_page"], ids=["empty", "twice"])
    def test_a_page_in_the_middle_that_is_empty_or_comes_twice_loses_nothing(
        self, world: World, trouble: Trouble
    ) -> None:
        needs(world, trouble)
        published = world.publish(within(world, 3 * world.page_size))
        reading = Reading(world)
        reading.batches(at_most=1)
        world.fail(trouble)
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
            reading.keep(batch)
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
