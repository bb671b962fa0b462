"""The connector of Hacker News against a server that plays its search and its own API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import TryLater
from connectors.hackernews import HackerNewsOptions
from connectors.hackernews.items import item_of, text_of
from tests.connectors.conformance import Conformance
from tests.connectors.reading import Reading
from tests.connectors.world import NOW, World
from tests.connectors.worlds.hackernews import HackerNewsWorld
from tests.servers import Response

pytestmark = pytest.mark.integration


@pytest.fixture
def world() -> Iterator[HackerNewsWorld]:
    made = HackerNewsWorld()
    yield made
    made.close()


class TestConformance(Conformance):
    pass


class TestConformanceOfTheFrontPage(Conformance):
    @pytest.fixture
    def world(self) -> Iterator[HackerNewsWorld]:
        made = HackerNewsWorld(is_front=True)
        yield made
        made.close()

    @pytest.mark.skip(
        reason="the front page never shows so many; new stories are read the same way, ten thousand of them"
    )
    def test_ten_thousand_items_come_once_each(self, world: World) -> None: ...


@pytest.fixture
def reading(world: HackerNewsWorld) -> Reading:
    return Reading(world)


class TestStories:
    def test_a_story_leads_to_its_page_and_to_its_discussion(self, world: HackerNewsWorld, reading: Reading) -> None:
        (identity,) = world.publish(title="A &amp; B", points=120)
        item = reading.only()
        discussion = f"https://news.ycombinator.com/item?id={identity}"
        assert (item.kind, item.title, item.text, item.authors) == ("post", "A & B", "", ("ada",))
        assert item.url == f"https://site.example/{identity}"
        assert item.links == (item.url, discussion)
        assert item.thread_id == identity
        assert item.details == {"score": 120, "comments": 0, "discussion": discussion}

    def test_a_question_is_its_text_with_whole_links(self, world: HackerNewsWorld, reading: Reading) -> None:
        text = 'How?<p>See <a href="https:&#x2F;&#x2F;arxiv.org&#x2F;abs&#x2F;2404.05530v2" rel="nofollow">https:&#x2F;&#x2F;arxiv.org&#x2F;abs&#x2F;24...</a>'
        (identity,) = world.publish(tags=("story", "ask_hn"), title="Ask HN: How?", url=None, story_text=text)
        item = reading.only()
        assert item.text == "How?\n\nSee https://arxiv.org/abs/2404.05530v2"
        assert item.url == f"https://news.ycombinator.com/item?id={identity}"
        assert item.links == (item.url, "https://arxiv.org/abs/2404.05530v2")
        assert item.topics == ("Ask HN",)

    def test_scores_and_comments_follow_without_new_texts(self, world: HackerNewsWorld, reading: Reading) -> None:
        (identity,) = world.publish(points=10)
        first = reading.only()
        for points, brings in [(11, False), (14, False), (15, True), (19, False), (400, True)]:
            world.things[identity].facts["points"] = points
            assert reading.to_the_end() == [identity] * brings
        assert reading.items[-1].details["score"] == 400
        assert {(item.title, item.text) for item in reading.items} == {(first.title, first.text)}

    def test_what_is_too_old_is_followed_no_more(self, world: HackerNewsWorld, reading: Reading) -> None:
        (identity,) = world.publish(points=10)
        reading.only()
        world.things[identity].facts["points"] = 1000
        reading.now += timedelta(days=4)
        assert reading.to_the_end() == []

    def test_the_best_comments_come_along_once_it_is_discussed(self, world: HackerNewsWorld, reading: Reading) -> None:
        (identity,) = world.publish()
        first = reading.only()
        world.comment(identity, "", deleted=True)
        world.comment(identity, "flagged", dead=True)
        best = [world.comment(identity, f"<p>Remark {number}", author=f"user{number}") for number in range(4)]
        world.things[identity].facts["num_comments"] = 4
        assert reading.to_the_end() == []
        world.things[identity].facts["num_comments"] = 6
        item = reading.only()
        assert item.details["top_comments"] == [
            {
                "author": f"user{number}",
                "text": f"Remark {number}",
                "url": f"https://news.ycombinator.com/item?id={best[number]}",
            }
            for number in range(3)
        ]
        assert (item.title, item.text) == (first.title, first.text)
        assert reading.to_the_end() == []

    def test_long_comments_are_cut_to_what_fits(self, world: HackerNewsWorld, reading: Reading) -> None:
        reading.changes["top_comments"] = 10
        (identity,) = world.publish(num_comments=20)
        for _ in range(10):
            world.comment(identity, "Ж" * 5000)
        reading.to_the_end()
        kept = reading.items[-1].details["top_comments"]
        assert [len(comment["text"]) for comment in kept] == [1000]

    def test_comments_stay_when_only_the_score_grows(self, world: HackerNewsWorld, reading: Reading) -> None:
        (identity,) = world.publish(num_comments=8)
        world.comment(identity, "Remark")
        reading.to_the_end()
        world.things[identity].facts["points"] = 300
        assert reading.only().details["top_comments"][0]["text"] == "Remark"

    def test_of_many_discussions_a_poll_reads_ten_and_the_next_the_others(
        self, world: HackerNewsWorld, reading: Reading
    ) -> None:
        for identity in (published := world.publish(12, num_comments=20)):
            world.comment(identity, "Remark")
        reading.to_the_end()
        assert len([item for item in reading.items if "top_comments" in item.details]) == 10
        reading.to_the_end()
        assert {item.external_id for item in reading.items if "top_comments" in item.details} == set(published)

    @pytest.mark.parametrize("state", [{"deleted": True}, {"dead": True}], ids=["deleted", "dead"])
    def test_what_is_gone_stays_gone_even_if_the_search_shows_it(
        self, world: HackerNewsWorld, reading: Reading, state: dict[str, Any]
    ) -> None:
        (identity,) = world.publish()
        reading.only()
        world.things[identity].state = state
        world.things[identity].facts["num_comments"] = 9
        reading.to_the_end()
        assert reading.deleted == [identity]
        world.things[identity].is_indexed = False
        reading.to_the_end()
        world.things[identity].is_indexed = True
        reading.to_the_end()
        assert (reading.deleted, len(reading.items)) == ([identity], 1)

    def test_what_the_search_merely_forgot_is_not_gone(self, world: HackerNewsWorld, reading: Reading) -> None:
        (identity,) = world.publish()
        reading.only()
        world.things[identity].is_indexed = False
        reading.to_the_end()
        assert reading.deleted == []


class TestListings:
    def test_what_came_since_a_poll_was_killed_comes_with_the_next(
        self, world: HackerNewsWorld, reading: Reading
    ) -> None:
        published = world.publish(250)
        reading.batches(at_most=1)
        published += world.publish(3)
        reading.poll()
        reading.assert_holds(published)

    def test_stories_of_one_second_come_once_each_far_below_what_is_remembered(
        self, world: HackerNewsWorld, reading: Reading
    ) -> None:
        published = world.publish(1900)
        for place, identity in enumerate(published):
            world.things[identity].at = int(NOW.timestamp()) - 90_000 + place // 7
        found = reading.to_the_end(limit=130)
        assert sorted(found) == sorted(published)

    def test_more_of_one_second_than_a_page_holds_stop_nothing(self, world: HackerNewsWorld, reading: Reading) -> None:
        published = world.publish(150)
        for identity in published[20:140]:
            world.things[identity].at = world.things[published[20]].at
        reading.to_the_end()
        assert {*published[:20], *published[140:]} <= set(reading.ids)

    def test_an_empty_answer_that_counts_hits_is_asked_again(self, world: HackerNewsWorld, reading: Reading) -> None:
        published = world.publish(3)
        world.fail("empty_page")
        with pytest.raises(TryLater, match="another page"):
            reading.poll()
        assert sorted(reading.poll()) == published

    def test_a_story_comes_when_it_reaches_the_score(self, world: HackerNewsWorld, reading: Reading) -> None:
        reading.changes.update(lists=(), min_points=100)
        (slow,) = world.publish(points=3, at=NOW - timedelta(hours=30))
        (fast,) = world.publish(points=250)
        assert reading.to_the_end() == [fast]
        world.publish(50, points=250)
        reading.to_the_end()
        world.things[slow].facts["points"] = 101
        reading.now += timedelta(hours=20)
        assert reading.to_the_end() == [slow]

    def test_words_find_stories_and_two_listings_bring_one_item(self, world: HackerNewsWorld, reading: Reading) -> None:
        reading.changes.update(lists=(), queries=("local first", "software"))
        (wanted,) = world.publish(title="Local first software")
        world.publish(title="Something else")
        assert reading.to_the_end() == [wanted]

    def test_ask_and_show_are_lists(self, world: HackerNewsWorld, reading: Reading) -> None:
        reading.changes.update(lists=("ask", "show"))
        wanted = world.publish(tags=("story", "ask_hn")) + world.publish(tags=("story", "show_hn"))
        world.publish()
        assert set(reading.to_the_end()) == set(wanted)
        assert [item.topics for item in reading.items] == [("Ask HN",), ("Show HN",)]

    def test_a_user_is_read_with_comments_which_are_followed(self, world: HackerNewsWorld, reading: Reading) -> None:
        reading.changes.update(lists=(), users=("grace",))
        world.publish()
        (story,) = world.publish(author="grace")
        told: dict[str, Any] = {
            "title": None,
            "url": None,
            "author": "grace",
            "points": None,
            "story_title": "On ships",
        }
        written = [
            world.publish(tags=("comment",), comment_text=f"<i>Remark</i> {number}", story_id=7, story_url="https://ships.example/", **told)[0]
            for number in range(2)
        ]  # fmt: skip
        reading.to_the_end()
        assert set(reading.ids) == {story, *written}
        comment = next(item for item in reading.items if item.external_id == written[0])
        assert (comment.title, comment.text, comment.thread_id) == ("", "Remark 0", "7")
        assert comment.links == ("https://ships.example/", "https://news.ycombinator.com/item?id=7")
        assert comment.details == {"story": "On ships", "discussion": "https://news.ycombinator.com/item?id=7"}
        world.things[written[0]].facts["comment_text"] = "Another remark"
        assert reading.only().text == "Another remark"
        world.delete(written[1])
        reading.to_the_end()
        assert reading.deleted == [written[1]]

    def test_an_old_story_on_the_front_page_is_left_there(self, world: HackerNewsWorld, reading: Reading) -> None:
        reading.changes.update(lists=("front",))
        world.publish(at=NOW - timedelta(hours=3))
        reading.to_the_end()
        world.publish(at=NOW - timedelta(days=30))
        (new,) = world.publish(at=NOW - timedelta(days=3))
        assert reading.to_the_end() == [new]

    def test_a_failure_of_the_official_site_is_for_later(self, world: HackerNewsWorld, reading: Reading) -> None:
        (identity,) = world.publish(num_comments=9)
        world.server.routes[f"/v0/item/{identity}.json"] = lambda request: Response(status=404)
        with pytest.raises(TryLater, match="does not answer as it should"):
            reading.poll()
        assert reading.ids == [identity]


def test_options_name_something_to_read() -> None:
    assert HackerNewsOptions().lists_read == ("front",)
    assert HackerNewsOptions(min_points=50).lists_read == ("new",)
    assert HackerNewsOptions(queries=(" a ", "", "a")).queries == ("a",)
    assert HackerNewsOptions(users=("ada",)).lists_read == ()
    assert HackerNewsOptions(lists=("front", "ask"), users=("ada",)).shown == "front page, Ask HN, by ada"
    assert HackerNewsOptions(queries=("local first",), min_points=9).shown == "'local first' (from 9 points)"
    with pytest.raises(ValidationError, match="no name of a user"):
        HackerNewsOptions(users=("no name",))


JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3)


@given(
    hit=st.dictionaries(
        st.sampled_from(
            ["title", "url", "author", "points", "num_comments", "story_text", "comment_text", "_tags", "story_url"]
        ),
        JSON,
    ),
    is_comment=st.booleans(),
)
def test_any_hit_is_an_item(hit: dict[str, Any], is_comment: bool) -> None:
    tags = {"_tags": ["comment"]} if is_comment else {}
    item = item_of({"objectID": "1", "created_at_i": 1, **hit, **tags})
    assert item.external_id == "1"
    assert all(link.startswith(("http://", "https://")) for link in item.links)


@given(written=st.text())
def test_any_text_reads(written: str) -> None:
    assert "\x00" not in text_of(written)
