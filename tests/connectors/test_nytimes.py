"""The connector of The New York Times against a server that plays its RSS and its Top Stories API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.base import Misconfigured, NeedsLogin, TryLater
from connectors.nytimes import NewYorkTimes, NewYorkTimesOptions
from connectors.nytimes.bylines import names
from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance
from tests.connectors.reading import Reading
from tests.connectors.world import NOW
from tests.connectors.worlds.nytimes import KEY, NewYorkTimesWorld
from tests.servers import Request, Response, loopback_policy

pytestmark = pytest.mark.integration


@pytest.fixture
def by_feed(reader: WaysOut) -> Iterator[NewYorkTimesWorld]:
    made = NewYorkTimesWorld(reader, has_key=False)
    yield made
    made.close()


@pytest.fixture
def by_key(reader: WaysOut) -> Iterator[NewYorkTimesWorld]:
    made = NewYorkTimesWorld(reader, has_key=True)
    yield made
    made.close()


class TestConformanceOfTheFeeds(Conformance):
    @pytest.fixture
    def world(self, by_feed: NewYorkTimesWorld) -> NewYorkTimesWorld:
        return by_feed


class TestConformanceOfTheTopStories(Conformance):
    @pytest.fixture
    def world(self, by_key: NewYorkTimesWorld) -> NewYorkTimesWorld:
        return by_key


class TestTopStories:
    def test_a_story_comes_with_sections_authors_and_abstract(self, by_key: NewYorkTimesWorld) -> None:
        by_key.publish(
            byline="By Ada Lovelace and Grace Hopper", subsection="europe", kicker="The Weather", org_facet=["Some Agency"],
            short_url="https://nyti.ms/3xYz",
        )  # fmt: skip
        item = Reading(by_key).only()
        assert (item.title, item.text) == ("Story 1", "What happened in number 1.")
        assert item.authors == ("Ada Lovelace", "Grace Hopper")
        assert item.topics == ("world", "europe", "Weather", "Some Agency", "Here")
        assert item.links == ("https://nyti.ms/3xYz",)
        assert item.details == {"uri": item.external_id, "item_type": "Article", "kicker": "The Weather"}

    def test_an_update_is_the_same_story_with_a_new_date_and_text(self, by_key: NewYorkTimesWorld) -> None:
        (identity,) = by_key.publish()
        reading = Reading(by_key)
        reading.to_the_end()
        by_key.edit(identity)
        assert reading.to_the_end() == [identity]
        first, second = reading.items
        assert first.updated
        assert second.updated
        assert (second.published, second.updated > first.updated) == (first.published, True)
        assert second.text.endswith("More is known by now.")

    def test_a_new_date_without_a_new_text_is_no_update(self, by_key: NewYorkTimesWorld) -> None:
        by_key.publish()
        reading = Reading(by_key)
        reading.to_the_end()
        by_key.stories[0].updated += timedelta(hours=1)
        assert reading.to_the_end() == []

    def test_a_promotion_that_leads_nowhere_is_passed_over(self, by_key: NewYorkTimesWorld) -> None:
        by_key.publish(title="", abstract="", url="null", uri="", item_type="Promo")
        assert Reading(by_key).to_the_end() == []

    def test_a_story_in_two_sections_is_taken_once(self, by_key: NewYorkTimesWorld) -> None:
        published = by_key.publish(3, sections=("world", "science"))
        reading = Reading(by_key)
        reading.changes["sections"] = ("world", "science")
        assert reading.to_the_end() == published

    def test_of_many_sections_each_poll_asks_five_and_all_have_their_turn(self, by_key: NewYorkTimesWorld) -> None:
        sections = (
            "arts",
            "books",
            "business",
            "food",
            "health",
            "home",
            "movies",
            "science",
            "sports",
            "us",
            "world",
            "upshot",
        )
        published = [by_key.publish(sections=("review" if section == "books" else section,))[0] for section in sections]
        reading = Reading(by_key)
        reading.changes["sections"] = sections
        for asked in (5, 10, 15):
            reading.to_the_end()
            assert len(by_key.server.requests) == asked
        assert set(reading.ids) == set(published)

    def test_a_key_given_later_brings_nothing_a_second_time(
        self, by_feed: NewYorkTimesWorld, by_key: NewYorkTimesWorld
    ) -> None:
        by_feed.publish(3)
        reading = Reading(by_feed)
        reading.to_the_end()
        by_key.stories = by_feed.stories
        reading.world = by_key
        by_key.timeline = by_feed.timeline
        fresh = by_key.publish(1)
        assert reading.to_the_end() == fresh
        by_key.stories[0].abstract = "Quite another text."
        assert reading.to_the_end() == [by_feed.stories[0].url]

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refused_key_is_named_and_never_shown(
        self, by_key: NewYorkTimesWorld, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        by_key.server.otherwise = lambda request: Response(status=status, body=KEY.encode())
        with pytest.raises(NeedsLogin, match="api_key_file") as caught:
            Reading(by_key).poll()
        assert KEY not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
        assert KEY not in caplog.text
        assert KEY not in repr(by_key.options())

    def test_a_connection_that_breaks_does_not_tell_the_key(self, by_key: NewYorkTimesWorld) -> None:
        nobody = WaysOut(loopback_policy(hosts={"api.nytimes.com": "http://127.0.0.1:9"}))
        with pytest.raises(TryLater, match="cannot be reached") as caught:
            list(NewYorkTimes(by_key.options(), nobody).poll(None, now=NOW, limit=10, cancelled=Event()))
        nobody.close()
        assert KEY not in str(caught.value)
        assert caught.value.__cause__ is None  # it would hold the request, with the key


class TestFeeds:
    def test_bylines_are_told_apart_and_the_section_is_a_topic(self, by_feed: NewYorkTimesWorld) -> None:
        by_feed.publish(byline="Ada Lovelace, Alan Turing and Grace Hopper")
        item = Reading(by_feed).only()
        assert item.authors == ("Ada Lovelace", "Alan Turing", "Grace Hopper")
        assert item.topics == ("world", "Here")
        assert item.external_id == item.url == by_feed.stories[0].url

    def test_a_feed_that_did_not_change_is_not_sent_again(self, by_feed: NewYorkTimesWorld) -> None:
        by_feed.publish(3)
        reading = Reading(by_feed)
        reading.to_the_end()
        sent: list[int] = []
        answer = by_feed.answer

        def noted(request: Request) -> Response:
            sent.append((response := answer(request)).status)
            return response

        by_feed.server.otherwise = noted
        assert reading.to_the_end() == []
        assert sent == [304]

    def test_a_section_that_is_no_more_costs_no_other(self, by_feed: NewYorkTimesWorld) -> None:
        published = by_feed.publish(2)
        answer = by_feed.answer
        by_feed.server.otherwise = lambda request: Response(status=404) if "Space" in request.path else answer(request)
        reading = Reading(by_feed)
        reading.changes["sections"] = ("space", "world")
        assert reading.to_the_end() == published
        assert ["Space.xml answered 404" in notice for notice in reading.notices] == [True]
        reading.changes["sections"] = ("space",)
        with pytest.raises(Misconfigured, match="404"):
            reading.poll()

    def test_caps_hold_for_a_section_that_is_added_later(self, by_feed: NewYorkTimesWorld) -> None:
        by_feed.publish(2)
        old = by_feed.publish(1, at=NOW - timedelta(days=30), sections=("science",))
        new = by_feed.publish(1, at=NOW - timedelta(hours=1), sections=("science",))
        reading = Reading(by_feed)
        reading.to_the_end()
        reading.changes.update(sections=("world", "science"), first_run_days=7)
        assert reading.to_the_end() == new
        assert old[0] not in reading.ids

    def test_caps_hold_for_the_first_stories_of_a_section_that_was_empty(self, by_feed: NewYorkTimesWorld) -> None:
        reading = Reading(by_feed)
        reading.changes.update(first_run_days=7)
        assert reading.to_the_end() == []
        by_feed.publish(2, at=NOW - timedelta(days=30))
        (new,) = by_feed.publish(1, at=NOW - timedelta(hours=1))
        assert reading.to_the_end() == [new]

    def test_the_recorded_feed_reads(self, by_feed: NewYorkTimesWorld, shared_data: Path) -> None:
        recorded = (shared_data / "feeds/publishers/cn_nytimes_com.xml").read_bytes()
        by_feed.server.answer("/rss.html", recorded, content_type="application/rss+xml")
        reading = Reading(by_feed, now=datetime(2025, 3, 19, tzinfo=UTC))
        reading.changes["sections"] = ("chinese",)
        reading.to_the_end()
        assert len(reading.items) == recorded.count(b"<item>")
        assert len(set(reading.ids)) == len(reading.items)
        for item in reading.items:
            assert item.title
            assert item.text
            assert item.published
            assert item.external_id.startswith("https://cn.nytimes.com/")
            assert not [name for name in item.authors if name.isupper() or " and " in name.lower() or "," in name]
        assert reading.to_the_end() == []


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("By Ada Lovelace", ("Ada Lovelace",)),
        ("By ADA LOVELACE, ALAN TURING and GRACE HOPPER", ("Ada Lovelace", "Alan Turing", "Grace Hopper")),
        ("By Martin King, Jr. and Ann O'Neil", ("Martin King, Jr.", "Ann O'Neil")),
        ("By Anders And, Andy Sand and Brandy", ("Anders And", "Andy Sand", "Brandy")),
        ("By Ada Lovelace; Photographs by Man Ray", ("Ada Lovelace",)),
        ("By Ada Lovelace and Photographs and Video by Man Ray", ("Ada Lovelace",)),
        ("Text by Ada Lovelace, and Grace Hopper", ("Ada Lovelace", "Grace Hopper")),
        ("The New York Times", ("The New York Times",)),
        ("By", ()),
        ("", ()),
    ],
)
def test_a_byline_is_names(byline: str, expected: tuple[str, ...]) -> None:
    assert names(byline) == expected


NAME = st.text(st.characters(categories=("Lu", "Ll")), min_size=1, max_size=8).filter(
    lambda word: word.lower() not in ("and", "by", "jr", "sr", "ii", "iii", "iv", "md", "phd") and not word.isupper()
)


@given(people=st.lists(st.lists(NAME, min_size=2, max_size=3).map(" ".join), min_size=1, max_size=5, unique=True))
def test_names_come_back_out_of_a_byline(people: list[str]) -> None:
    byline = f"By {', '.join(people[:-1])} and {people[-1]}" if len(people) > 1 else f"By {people[0]}"
    assert names(byline) == tuple(people)


@given(byline=st.text())
def test_any_byline_gives_names_without_gaps(byline: str) -> None:
    assert all(name == " ".join(name.split()) and name for name in names(byline))


def test_an_unknown_section_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match="did you mean 'technology'"):
        NewYorkTimesOptions(sections=("tecnology",))
    with pytest.raises(ValidationError, match="has no section 'climate'"):
        NewYorkTimesOptions(sections=("climate",), api_key=SecretStr(KEY))
    assert NewYorkTimesOptions(sections=("Books/Review", "National", "t magazine")).sections == (
        "books",
        "us",
        "t-magazine",
    )
