"""Reddit: by its feeds without credentials, by its API with them; against a server that speaks both, and recordings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from connectors.base import Misconfigured, NeedsLogin, TryLater
from connectors.reddit import RedditOptions
from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance, assert_keeps_secrets
from tests.connectors.reading import Reading
from tests.connectors.world import EVERYTHING, NOW
from tests.connectors.worlds.reddit import (
    CLIENT_ID,
    CLIENT_SECRET,
    PASSWORD,
    REFRESH,
    RedditFeedWorld,
    RedditWorld,
    listing,
)  # fmt: skip
from tests.connectors.worlds.web import as_json
from tests.servers import Request, Response

pytestmark = pytest.mark.integration

USER = {"username": "u/ada", "password": PASSWORD}


class TestRedditByTheApi(Conformance):
    @pytest.fixture
    def world(self) -> Iterator[RedditWorld]:
        world = RedditWorld()
        yield world
        world.close()


class TestRedditByItsFeeds(Conformance):
    @pytest.fixture
    def world(self, reader: WaysOut) -> Iterator[RedditFeedWorld]:
        world = RedditFeedWorld(reader)
        yield world
        world.close()


@pytest.fixture
def world() -> Iterator[RedditWorld]:
    world = RedditWorld()
    yield world
    world.close()


@pytest.fixture
def feeds(reader: WaysOut) -> Iterator[RedditFeedWorld]:
    world = RedditFeedWorld(reader)
    yield world
    world.close()


def reading(world: RedditWorld, **changes: Any) -> Reading:
    return Reading(world, changes={**EVERYTHING, **changes})


def asked(world: RedditWorld, beginning: str) -> list[Request]:
    return [request for request in world.server.requests if request.path.startswith(beginning)]


# Recordings

RECORDED = {
    "TestSubredditListings.test_new": {"subreddits": ("r/askreddit",)},
    "TestSubredditListings.test_hot": {"subreddits": ("r/askreddit",), "sort": "hot"},
    "TestSubredditListings.test_top": {"subreddits": ("r/askreddit",), "sort": "top"},
    "TestFront.test_new": {"subreddits": (), "front": True, **USER},
}


@pytest.mark.parametrize(("name", "options"), RECORDED.items(), ids=RECORDED.keys())
def test_a_recorded_listing_is_read(world: RedditWorld, shared_data: Path, name: str, options: dict[str, Any]) -> None:
    exchange = json.loads((shared_data / "reddit" / f"{name}.json").read_text())["interactions"][-1]
    body = exchange["response"]["body"]["string"].encode()
    end = as_json(listing([]))
    path = urlsplit(exchange["request"]["uri"]).path
    world.server.routes[path] = lambda request: end if "after" in request.query else Response(body=body)
    world.server.routes |= {
        f"/comments/{each['data']['id']}": lambda _: as_json([listing([]), listing([])])
        for each in json.loads(body)["data"]["children"]
    }
    found = reading(world, **options)
    found.to_the_end()
    assert found.ids == [each["data"]["name"] for each in json.loads(body)["data"]["children"]]
    assert all(
        item.title and item.published and item.url.startswith("https://www.reddit.com/r/") for item in found.items
    )
    assert all({"score", "comments"} <= set(item.details) for item in found.items)
    assert not found.notices


# By the API


def test_scores_and_the_best_comments_come_with_a_post_and_again_once_it_has_settled(world: RedditWorld) -> None:
    post = world.add("A question", at=NOW - timedelta(hours=1), score=1, num_comments=0)
    found = reading(world)
    assert found.to_the_end() == [post.name]
    assert found.items[-1].details == {"score": 1, "comments": 0, "upvote_ratio": 0.9}
    post.body |= {"score": 142, "num_comments": 2}
    world.comments[post.name] = [
        {"author": "babbage", "body": "An answer", "score": 90},
        {"body": "[deleted]", "score": 80},
    ]
    found.now += timedelta(hours=2)
    assert found.to_the_end() == [], "too soon to tell"
    found.now += timedelta(hours=8)
    assert found.to_the_end() == [post.name]
    assert found.items[-1].details["score"] == 142
    assert found.items[-1].details["top_comments"] == [{"author": "u/babbage", "score": 90, "text": "An answer"}]
    found.now += timedelta(hours=8)
    assert found.to_the_end() == []
    assert found.items[0].text == found.items[1].text, "its text is as it was: no new version"


def test_comments_are_asked_for_where_most_is_said_and_no_more_often_than_is_right(world: RedditWorld) -> None:
    for number in range(30):
        post = world.add(f"Question {number}", num_comments=number)
        world.comments[post.name] = [{"author": "babbage", "body": "An answer", "score": 9}]
    found = reading(world)
    found.to_the_end()
    with_comments = [item.details["comments"] for item in found.items if "top_comments" in item.details]
    assert sorted(with_comments) == list(range(10, 30))
    assert asked(world, "/comments/")[0].query == {"sort": "top", "limit": "5", "depth": "1", "raw_json": "1"}
    world.server.requests.clear()
    reading(world, top_comments=0).to_the_end()
    assert not asked(world, "/comments/")


@pytest.mark.parametrize("sort", ["hot", "top"])
def test_what_reddit_puts_first_is_one_page(world: RedditWorld, sort: str) -> None:
    published = world.publish(150)
    found = reading(world, sort=sort)
    assert set(found.to_the_end()) == set(published[-100:])
    (request,) = asked(world, f"/r/engines/{sort}")
    assert request.query.get("t") == ("day" if sort == "top" else None)


def test_what_is_deleted_is_gone_though_reddit_sorts_it_by_favour(world: RedditWorld) -> None:
    published = world.publish(5)
    found = reading(world, sort="hot")
    found.to_the_end()
    world.delete(published[2])
    found.to_the_end()
    assert found.deleted == [published[2]]


def test_front_page_and_multireddits_are_read_as_the_user(world: RedditWorld) -> None:
    published = world.publish(3)
    found = reading(world, subreddits=(), front=True, multireddits=("u/ada/m/machines",), **USER)
    found.to_the_end()
    found.assert_holds(published)
    assert [request.path for request in asked(world, "/")] == [
        "/api/v1/access_token",
        "/new",
        "/user/ada/m/machines/new",
    ]
    assert b"grant_type=password" in world.server.requests[0].body
    reading(world, subreddits=(), front=True, refresh_token=REFRESH).poll()
    assert b"grant_type=refresh_token" in asked(world, "/api/v1/access_token")[-1].body


def test_a_subreddit_that_is_private_or_banned_is_said_and_does_not_stop_the_others(world: RedditWorld) -> None:
    published = world.publish(3)
    found = reading(world, subreddits=("r/secret", "banned", "engines", "nowhere"))
    found.to_the_end()
    found.assert_holds(published)
    assert [notice.split(".")[0] for notice in found.notices] == [
        "Reddit does not show r/secret to this app (private)", "Reddit has no r/banned (banned)", "Reddit has no r/nowhere",
    ]  # fmt: skip
    for name, failure in (("secret", NeedsLogin), ("banned", Misconfigured), ("nowhere", Misconfigured)):
        with pytest.raises(failure, match=name):
            reading(world, subreddits=(name,)).poll()


def test_reddit_that_counts_requests_is_left_alone_before_it_refuses(world: RedditWorld) -> None:
    published = world.publish(150)
    world.headers = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "996", "x-ratelimit-reset": "3000"}
    found = reading(world)
    with pytest.raises(TryLater) as caught:
        found.poll()
    assert caught.value.after == timedelta(minutes=10), "Reddit counts over ten minutes"
    assert len(asked(world, "/r/engines/new")) == 1
    world.headers = {}
    found.to_the_end()
    found.assert_holds(published)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"client_secret": "not-the-secret"}, "check client_id and client_secret"),
    ({"username": "ada", "password": "not-the-password"}, "check username and password"),
    ({"refresh_token": "not-the-token"}, "and the refresh_token"),
]


@pytest.mark.parametrize(("wrong", "sentence"), REFUSED, ids=[next(iter(row[0])) for row in REFUSED])
def test_a_login_that_is_refused_says_what_to_check(world: RedditWorld, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NeedsLogin, match=sentence) as caught:
        reading(world, **wrong).poll()
    assert_keeps_secrets(world, caught.value)
    assert "not-the" not in str(caught.value)


def test_nothing_in_the_surroundings_changes_where_praw_goes(
    world: RedditWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "praw.ini").write_text("[elsewhere]\noauth_url=http://127.0.0.1:9\nreddit_url=http://127.0.0.1:9\n")
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "site": "elsewhere",
        "client_id": "theirs",
        "client_secret": "theirs",
        "username": "theirs",
    }.items():
        monkeypatch.setenv(f"praw_{name}", value)
    published = world.publish(2)
    found = reading(world)
    found.to_the_end()
    found.assert_holds(published)


# By its feeds


def test_a_feed_brings_posts_under_the_ids_that_the_api_has(feeds: RedditFeedWorld) -> None:
    post = feeds.add("A title", "A text", is_self=False, url="https://example.org/engine")
    found = reading(feeds)
    found.to_the_end()
    (item,) = found.items
    assert (item.external_id, item.kind, item.title, item.text) == (post.name, "post", "A title", "A text")
    assert (item.authors, item.topics, item.links) == (("u/ada",), ("r/engines",), ("https://example.org/engine",))
    assert item.url == f"https://www.reddit.com{post.permalink}"


def test_an_entry_that_comes_again_and_says_that_it_was_removed_is_gone(feeds: RedditFeedWorld) -> None:
    stays, goes = feeds.add("One"), feeds.add("Another")
    found = reading(feeds)
    found.to_the_end()
    goes.text = "[removed]"
    found.to_the_end()
    assert found.deleted == [goes.name]
    assert sorted(found.ids) == [stays.name, goes.name], "neither came a second time"


def test_feeds_of_several_listings_are_read_each_from_where_it_stood(feeds: RedditFeedWorld) -> None:
    found = reading(feeds, subreddits=("engines", "secret"), multireddits=("ada/machines",), sort="top")
    published = feeds.publish(2)
    assert sorted(found.to_the_end()) == sorted(published * 2), "both listings show them"
    assert found.to_the_end() == []
    assert "Reddit shows r/secret to no stranger: give client_id" in found.notices[-1]
    paths = [request.path for request in feeds.server.requests[:3]]
    assert paths == ["/r/engines/top/.rss", "/r/secret/top/.rss", "/user/ada/m/machines/top/.rss"]
    assert feeds.server.requests[0].query == {"limit": "100", "t": "day"}


def test_what_reddit_has_no_patience_for_comes_first_the_next_time(feeds: RedditFeedWorld) -> None:
    """A stranger may ask some ten times a minute."""
    feeds.publish(1)
    found = reading(feeds, subreddits=("engines",), multireddits=("ada/machines", "ada/looms"))
    busy = Response(status=429, headers={"Retry-After": "30"})
    feeds.server.routes["/user/ada/m/machines/new/.rss"] = lambda _: busy
    with pytest.raises(TryLater):
        found.poll()
    feeds.server.routes.clear()
    for _ in range(2):
        feeds.server.requests.clear()
        found.poll()
        paths = [request.path for request in feeds.server.requests]
        assert paths == ["/user/ada/m/machines/new/.rss", "/user/ada/m/looms/new/.rss", "/r/engines/new/.rss"]


# Options

APP = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "name at least one of subreddits or multireddits"),
    ({"subreddits": ("two words",)}, "is no subreddit"),
    ({"multireddits": ("machines",)}, "is no multireddit"),
    ({"subreddits": ("engines",), "client_id": "x"}, "an app has both"),
    ({"front": True, **APP}, "the front page needs"),
    ({"front": True, **USER}, "the front page needs client_id"),
    ({"subreddits": ("engines",), "password": "x"}, "a password needs its username"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG, ids=[f"{number} {row[1]}" for number, row in enumerate(WRONG)])
def test_options_that_make_no_sense_say_so(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        RedditOptions(**options)


def test_names_are_taken_as_users_write_them() -> None:
    options = RedditOptions(
        subreddits=("r/Python", "https://www.reddit.com/r/Python/", "/r/rust"),
        multireddits=("https://www.reddit.com/user/ada/m/machines/", "u/ada/m/looms"),
    )
    assert options.subreddits == ("Python", "rust")
    assert options.multireddits == ("ada/m/machines", "ada/m/looms")


def test_neither_praw_nor_tweepy_is_loaded_before_a_poll() -> None:
    """What is configured is looked up at every start of every command."""
    line = "import connectors.reddit, connectors.x, sys; print({'praw', 'prawcore', 'tweepy', 'requests'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True).stdout == "set()\n"
