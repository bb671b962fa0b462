"""Timelines read by a cursor: whatever happens there and to us, nothing is lost, and what is gone is said to be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from connectors import timelines
from connectors.base import Cursor, Item, Options
from connectors.timelines import Entry, Page

NOW = datetime(2026, 4, 13, 12, tzinfo=UTC)
LONG_AGO = Options(first_run_items=10_000, first_run_days=30_000)


@dataclass
class Wall:
    """A timeline in memory, of numbered posts. So many answers are `empty` or `repeated`, but unless it `is_stuck` never
    two running at one place: that would be believed."""

    posts: dict[int, str] = field(default_factory=dict)
    name: str = "wall"
    page_size: int = 4
    window: int = 10
    is_ranked: bool = False
    empty: int = 0
    lied_at: str | None = "nowhere"
    repeated: int = 0
    is_stuck: bool = False
    last: Page = field(default_factory=Page)
    standing: set[int] = field(default_factory=set)
    """Posts that are there, though the timeline shows them no more."""
    asked_after: list[str] = field(default_factory=list)

    def page(self, at: str | None, most: int) -> Page:
        assert 0 < most <= self.page_size
        is_honest = at == self.lied_at and not self.is_stuck
        self.lied_at = "nowhere"
        if self.repeated and not is_honest:
            self.repeated -= 1
            self.lied_at = at
            return self.last
        numbers = sorted((number for number in self.posts if at is None or number < int(at)), reverse=True)[:most]
        if self.empty and not is_honest:
            self.empty -= 1
            self.lied_at = at
            numbers = []
        following = str(numbers[-1]) if numbers else None
        self.last = Page(entries=tuple(map(self._entry, numbers)), following=following)
        return self.last

    def gone(self, external_ids: Sequence[str]) -> set[str]:
        self.asked_after += external_ids
        return {external_id for external_id in external_ids if int(external_id) not in self.standing | set(self.posts)}

    def completed(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return tuple(items)

    def _entry(self, number: int) -> Entry:
        at = NOW - timedelta(days=100) + timedelta(minutes=number)
        item = Item(external_id=str(number), kind="post", text=self.posts[number], published=at)
        return Entry(key=str(number), order=f"{number:09}", at=at, external_id=str(number), item=item)


@dataclass
class Reader:
    """Reads as ingest does, and remembers the last text of each post."""

    wall: Wall
    options: Options = LONG_AGO
    cursor: Cursor | None = None
    texts: dict[int, str] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    has_more: bool = False
    now: datetime = NOW

    def poll(self, *, limit: int = 1000, batches: int = 1000) -> list[int]:
        came: list[int] = []
        poll = timelines.read([self.wall], self.cursor, self.options, now=self.now, limit=limit, cancelled=Event())
        for _, batch in zip(range(batches), poll, strict=False):
            self.cursor = json.loads(json.dumps(dict(batch.cursor)))
            self.has_more = batch.more
            self.deleted |= {int(external_id) for external_id in batch.deleted}
            for item in batch.items:
                self.texts[int(item.external_id)] = item.text
                came.append(int(item.external_id))
        assert len(came) <= limit
        return came

    def settle(self) -> None:
        quiet = 0
        for _ in range(100):
            self.now += timedelta(days=1)
            quiet = 0 if self.poll() or self.has_more else quiet + 1
            if quiet == 5:
                return
        raise AssertionError("it never comes to an end")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(1, 15)),
        st.tuples(st.just("late"), st.integers(1, 5)),
        st.tuples(st.just("edit"), st.integers(1, 5)),
        st.tuples(st.just("delete"), st.integers(1, 5)),
        st.tuples(st.just("empty"), st.integers(1, 2)),
        st.tuples(st.just("repeat"), st.integers(1, 2)),
        st.tuples(st.just("poll"), st.integers(1, 20)),
        st.tuples(st.just("killed"), st.integers(1, 3)),
    ),
    max_size=25,
)


@given(STEPS)
def test_whatever_happens_all_posts_come_and_no_post_that_stands_is_said_to_be_gone(
    steps: list[tuple[str, int]],
) -> None:
    wall = Wall(posts={10: "the first"})
    reader = Reader(wall)
    newest = 10
    late: set[int] = set()
    reader.poll()
    for what, count in steps:
        recent = sorted(wall.posts)[-5:]
        if what == "publish":
            for _ in range(count):
                newest += 10
                wall.posts[newest] = f"post {newest}"
        elif what == "late" and newest > 10 and newest - count not in late:
            late.add(newest - count)
            wall.posts[newest - count] = "late"
        elif what == "edit" and recent:
            wall.posts[recent[-min(count, len(recent))]] += ", corrected"
        elif what == "delete" and recent[-min(count, len(recent)) :][0] != 10:  # the oldest tells where to end
            del wall.posts[recent[-min(count, len(recent))]]
        elif what == "empty":
            wall.empty = count
        elif what == "repeat":
            wall.repeated = count
        elif what == "poll":
            reader.poll(limit=count)
        elif what == "killed":
            reader.poll(batches=count)
    wall.empty = wall.repeated = 0
    reader.settle()
    assert not reader.deleted & set(wall.posts)
    assert {number: text for number, text in reader.texts.items() if number in wall.posts} == wall.posts
    assert not [number for number in reader.texts if number not in wall.posts | dict.fromkeys(reader.deleted)]


def test_what_was_taken_out_of_a_timeline_but_stands_is_asked_after_once_a_day() -> None:
    wall = Wall(posts=dict.fromkeys(range(1, 9), "a post"))
    reader = Reader(wall)
    reader.settle()
    hidden = wall.posts.pop(5)
    wall.standing = {5}
    for _ in range(5):
        reader.poll()
    assert wall.asked_after == ["5"]
    assert not reader.deleted
    wall.posts[5] = hidden
    assert reader.poll() == []
    wall.standing = set()
    del wall.posts[5]
    reader.settle()
    assert reader.deleted == {5}


def test_the_deletion_of_the_oldest_is_seen_where_nothing_follows_any_more() -> None:
    wall = Wall(posts=dict.fromkeys(range(1, 9), "a post"))
    reader = Reader(wall)
    reader.settle()
    del wall.posts[1], wall.posts[2]
    reader.settle()
    assert reader.deleted == {1, 2}
    wall.posts.clear()
    reader.settle()
    assert reader.deleted == set(range(1, 9))


def test_who_follows_no_deletions_asks_after_nothing() -> None:
    wall = Wall(posts=dict.fromkeys(range(1, 9), "a post"))
    reader = Reader(wall, options=LONG_AGO.model_copy(update={"follow_deletions": False}))
    reader.settle()
    del wall.posts[5]
    reader.settle()
    assert not reader.deleted
    assert not wall.asked_after


def test_what_the_first_poll_left_out_never_comes_in() -> None:
    wall = Wall(posts=dict.fromkeys(range(1, 31), "a post"))
    reader = Reader(wall, options=Options(first_run_items=6, first_run_days=30_000))
    assert sorted(reader.poll()) == [25, 26, 27, 28, 29, 30]
    for number in (26, 27, 28, 29, 30):
        del wall.posts[number]
    reader.settle()
    wall.posts[31] = "a new post"
    reader.settle()
    assert set(reader.texts) == {25, 26, 27, 28, 29, 30, 31}


def test_the_bound_of_the_first_poll_holds_for_all_timelines_together_and_leaves_none_out() -> None:
    quiet = Wall(posts={1: "a post"}, name="quiet")
    busy = Wall(posts=dict.fromkeys(range(100, 200), "a post"), name="busy")
    busier = Wall(posts=dict.fromkeys(range(300, 400), "a post"), name="busier")
    options = Options(first_run_items=13, first_run_days=30_000)
    poll = timelines.read([quiet, busy, busier], None, options, now=NOW, limit=1000, cancelled=Event())
    came = [int(item.external_id) for batch in poll for item in batch.items]
    assert sorted(came) == [1, *range(194, 200), *range(394, 400)]


def test_a_server_that_gives_the_same_page_for_ever_stops_no_poll() -> None:
    wall = Wall(posts=dict.fromkeys(range(1, 31), "a post"))
    reader = Reader(wall)
    reader.poll(batches=1)
    wall.is_stuck, wall.repeated = True, 10_000
    reader.settle()
    wall.repeated = 0
    wall.posts[31] = "a new post"
    assert 31 in reader.poll()


def test_of_a_ranked_timeline_comes_what_is_new_on_its_first_page_in_whatever_order() -> None:
    wall = Wall(posts=dict.fromkeys(range(1, 9), "a post"), is_ranked=True, window=12)
    reader = Reader(wall, options=Options(first_run_items=2, first_run_days=30_000))
    assert reader.poll() == [8, 7]
    wall.posts[9] = "a new post"
    wall.standing = {6, 7}
    del wall.posts[7], wall.posts[6]  # so that 4 moves up to the first page
    assert reader.poll() == [9, 4]
    assert reader.poll() == []
    wall.posts[8] += ", corrected"
    assert reader.poll() == [8]
    assert not reader.deleted


def test_what_has_left_a_ranked_page_is_asked_after_and_is_gone_only_where_the_source_has_it_no_more() -> None:
    wall = Wall(posts=dict.fromkeys(range(1, 9), "a post"), is_ranked=True, window=12)
    reader = Reader(wall)
    assert reader.poll() == [8, 7, 6, 5]
    wall.standing = {7}
    del wall.posts[7], wall.posts[6]
    for _ in range(3):
        reader.poll()
    assert sorted(wall.asked_after) == ["6", "7"]
    assert reader.deleted == {6}
    wall.standing = set()
    reader.now += timedelta(days=1)
    reader.poll()
    assert reader.deleted == {6, 7}


def test_who_follows_no_deletions_asks_after_nothing_that_left_a_ranked_page() -> None:
    wall = Wall(posts=dict.fromkeys(range(1, 9), "a post"), is_ranked=True, window=12)
    reader = Reader(wall, options=LONG_AGO.model_copy(update={"follow_deletions": False}))
    reader.poll()
    del wall.posts[7]
    reader.poll()
    assert not reader.deleted
    assert not wall.asked_after
