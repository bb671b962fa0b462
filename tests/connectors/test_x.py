"""X: timelines by page and budget, refusals by remedy; against a server that speaks API v2, and recordings of the real one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849 import signature  # type: ignore[import-untyped]
from pydantic import ValidationError

from connectors.base import Misconfigured, NeedsLogin, TryLater
from connectors.x import XOptions
from connectors.x.place import id_at
from tests.connectors.conformance import Conformance
from tests.connectors.reading import Reading
from tests.connectors.world import EVERYTHING, NOW
from tests.connectors.worlds.web import as_json
from tests.connectors.worlds.x import BEARER, KEYS, LIST, ME, XWorld, problem
from tests.servers import Request, Response, Route

pytestmark = pytest.mark.integration


class TestUsersOfX(Conformance):
    """A timeline that can be asked by ids, as the search and the home timeline can."""

    @pytest.fixture
    def world(self) -> Iterator[XWorld]:
        world = XWorld("users")
        yield world
        world.close()


class TestListsOfX(Conformance):
    """A timeline that can only be paged by tokens."""

    @pytest.fixture
    def world(self) -> Iterator[XWorld]:
        world = XWorld("lists")
        yield world
        world.close()


@pytest.fixture
def world() -> Iterator[XWorld]:
    world = XWorld()
    yield world
    world.close()


def reading(world: XWorld, **changes: Any) -> Reading:
    return Reading(world, changes={**EVERYTHING, **changes})


def asked(world: XWorld, ending: str) -> list[Request]:
    return [request for request in world.server.requests if request.path.endswith(ending)]


# Recordings


@pytest.fixture
def recorded(shared_data: Path) -> Any:
    """`recorded(NAME)` is a route that answers as X once did, compressed as it came."""

    def route(name: str) -> Route:
        exchange = yaml.safe_load((shared_data / "x" / f"test_client_{name}.yaml").read_text())["interactions"][0]
        answer = exchange["response"]
        headers = {name: answer["headers"][name][0] for name in ("content-type", "content-encoding")}
        end = as_json({"meta": {"result_count": 0}})
        return lambda request: (
            end if request.query.keys() & {"pagination_token", "next_token"}
            else Response(status=answer["status"]["code"], headers=headers, body=answer["body"]["string"])
        )  # fmt: skip

    return route


RECORDED = {
    "list": ({"lists": ("84839422",)}, "get_list_tweets", "/2/lists/84839422/tweets", 97, 1578510160623853570),
    "home": (
        {"home": True, **KEYS, "access_token": "1072250532645998596-x", "bearer_token": None}, "get_home_timeline",
        "/2/users/1072250532645998596/timelines/reverse_chronological", 98, 1578466218075312129,
    ),
    "search": ({"searches": ("Tweepy",)}, "search_recent_tweets", "/2/tweets/search/recent", 10, 1578516068309794817),
    "user": ({"users": ("Twitter",)}, "get_users_tweets", "/2/users/783214/tweets", 2, 1577730467436138524),
}  # fmt: skip


@pytest.mark.parametrize(("options", "name", "path", "count", "newest"), RECORDED.values(), ids=RECORDED.keys())
def test_a_recorded_timeline_is_read(
    world: XWorld, recorded: Any, options: dict[str, Any], name: str, path: str, count: int, newest: int
) -> None:
    world.server.routes[path] = recorded(name)
    world.server.routes["/2/users/by"] = lambda _: as_json(
        {"data": [{"id": "783214", "username": "Twitter", "name": "T"}]}
    )
    world.server.routes["/2/lists/84839422"] = lambda _: as_json({"data": {"id": "84839422", "name": "Official"}})
    found = reading(world, **{"users": (), **options})
    found.now = datetime.fromisoformat("2022-10-08T00:00:00+00:00")
    found.to_the_end()
    assert len(found.ids) == len(set(found.ids)) == count
    assert found.ids[0] == str(newest)
    assert all(item.text and item.published and item.published.year == 2022 for item in found.items)
    assert not [item.text for item in found.items if re.search("&(amp|lt|gt);", item.text)]
    assert f"{count} of this month's" in found.notices[-1]


# Feeds


def test_the_home_timeline_is_asked_for_with_the_users_signature(world: XWorld) -> None:
    published = world.publish(3)
    world.add("Hello @Myself", entities={"mentions": [{"username": "Myself", "id": ME}]})
    found = reading(world, users=(), home=True, bearer_token=None, **KEYS)
    found.to_the_end()
    assert set(published) < set(found.ids)
    assert [item.to_me for item in found.items] == [True, False, False, False]
    (request,) = asked(world, f"/users/{ME}/timelines/reverse_chronological")
    given = dict(re.findall(r'(oauth_\w+)="([^"]*)"', request.headers["Authorization"]))
    parameters = [(key, value) for key, value in given.items() if key != "oauth_signature"] + list(
        request.query.items()
    )
    base = signature.signature_base_string(
        "GET", "https://api.twitter.com" + request.path, signature.normalize_parameters(parameters)
    )
    client = type("Client", (), {"client_secret": KEYS["api_secret"], "resource_owner_secret": KEYS["access_secret"]})
    assert signature.sign_hmac_sha1_with_client(base, client) == unquote(given["oauth_signature"])


def test_a_search_asks_for_no_id_that_is_older_than_a_week(world: XWorld) -> None:
    world.publish(12)
    found = reading(world, users=(), searches=('"engine" -is:retweet',))
    found.to_the_end()
    found.now += timedelta(days=30)
    published = world.publish(1, at=found.now - timedelta(hours=1))
    assert found.to_the_end() == published
    assert {request.query["query"] for request in asked(world, "/recent")} == {'"engine" -is:retweet'}
    since = int(asked(world, "/recent")[-1].query["since_id"])
    assert since >= id_at(found.now - timedelta(days=7))


def test_a_list_is_called_by_its_name_and_glanced_at_before_it_is_read(world: XWorld) -> None:
    world.publish(30)
    found = reading(world, users=(), lists=(f"https://x.com/i/lists/{LIST}",))
    found.to_the_end()
    assert {item.topics for item in found.items} == {("Engines",)}
    published = world.publish(14)
    assert sorted(found.to_the_end()) == sorted(published)
    sizes = [request.query["max_results"] for request in asked(world, f"/lists/{LIST}/tweets")]
    assert sizes == ["100", "10", "100"]
    assert len(asked(world, f"/lists/{LIST}")) == 1, "its name is asked for once"


@pytest.mark.parametrize("feed", ["users", "lists"])
def test_a_token_that_x_takes_no_more_costs_nothing(feed: str) -> None:
    world = XWorld(feed)
    published = world.publish(350)
    found = Reading(world)
    found.batches(at_most=2)
    assert found.cursor is not None
    world.spent_tokens.update(place["token"] for place in found.cursor["feeds"].values())
    found.to_the_end()
    found.assert_holds(published)
    assert len(found.ids) == 350
    world.close()


def test_x_that_takes_none_of_its_own_tokens_is_asked_again_later(world: XWorld) -> None:
    world.publish(350)
    world.refuses_tokens = True
    with pytest.raises(TryLater, match="takes no token of @ada"):
        reading(world).poll()


def test_one_user_that_is_unknown_is_said_and_does_not_stop_the_others(world: XWorld) -> None:
    published = world.publish(3)
    found = reading(world, users=("@nobody", "ada"))
    found.to_the_end()
    found.assert_holds(published)
    assert any("@nobody" in notice for notice in found.notices)
    with pytest.raises(Misconfigured, match="X does not know @nobody"):
        reading(world, users=("nobody",)).poll()


def test_a_protected_user_is_said_in_the_words_of_x(world: XWorld) -> None:
    refused = problem("user", "7") | {"detail": "Sorry, you are not authorized to see the user with id: [7]."}
    world.server.routes["/2/users/7/tweets"] = lambda _: as_json({"errors": [refused]})
    with pytest.raises(Misconfigured, match="X does not show @ada: Sorry, you are not authorized"):
        reading(world).poll()


def test_posts_are_not_looked_at_again_where_deletions_are_not_followed(world: XWorld) -> None:
    published = world.publish(3)
    found = reading(world, follow_deletions=False)
    found.to_the_end()
    world.delete(published[0])
    found.now += timedelta(hours=3)
    found.to_the_end()
    assert not found.deleted
    assert not asked(world, "/2/tweets")


# The budget


def test_a_poll_asks_for_no_more_than_the_day_has(world: XWorld) -> None:
    """April has 30 days: 900 posts are 30 a day, and on the 13th, when counting begins, 50."""
    world.publish(200)
    found = reading(world, posts_a_month=900)
    assert len(found.to_the_end()) == 50 // 3 + 33 // 3 + 23 // 3 + 16 // 3
    assert sum(int(request.query["max_results"]) for request in asked(world, "/users/7/tweets")) <= 50
    assert found.notices[-1].startswith("39 of this month's 900 posts are read, 11 more may be today; @ada must wait")
    found.now += timedelta(hours=3)
    assert found.to_the_end() == []


def test_a_budget_that_is_too_small_holds_and_each_day_brings_the_newest(world: XWorld) -> None:
    """The last five days of a month of 200 posts, with 50 new ones each: 40 a day may be read."""
    found = reading(world, posts_a_month=200, first_run_items=20)
    found.now = datetime(2026, 4, 26, 0, 30, tzinfo=UTC)
    for day in range(1, 6):
        newest = world.publish(50, at=found.now)[-1]
        for _ in range(2):
            found.to_the_end()
            found.now += timedelta(hours=12)
        assert newest in found.ids
        assert found.cursor is not None
        assert found.cursor["budget"]["read"] <= 40 * day
    assert found.cursor is not None
    assert found.cursor["budget"]["read"] > 180, "and it is not left lying"
    assert any("left out, because the budget did not reach them" in notice for notice in found.notices)


def test_what_a_post_brings_along_counts_too(world: XWorld) -> None:
    quoted = world.add("The engine runs", at=NOW - timedelta(days=60))
    world.add("At last!", referenced_tweets=[{"type": "quoted", "id": str(quoted.id)}])
    found = reading(world, first_run_days=7)
    found.to_the_end()
    assert found.cursor is not None
    assert found.cursor["budget"]["read"] == 2
    assert found.items[0].text.endswith("> Ada Lovelace (@ada): The engine runs")


def test_a_budget_that_is_small_goes_round(world: XWorld) -> None:
    """Two searches of which a page has ten posts at least, and a budget that pays for one page on the first day."""
    world.publish(40)
    found = reading(world, users=(), searches=("one", "two"), posts_a_month=18 * 30)
    found.to_the_end()
    found.now += timedelta(days=1)
    found.to_the_end()
    assert [request.query["query"] for request in asked(world, "/recent")][:2] == ["one", "two"]


# Refusals

USED_UP = {"title": "UsageCapExceeded", "detail": "Usage cap exceeded: Monthly product cap", "type": "about:blank"}
REFUSALS = [
    (401, {"title": "Unauthorized"}, NeedsLogin, "X does not take the keys"),
    (402, {"detail": "No credits"}, NeedsLogin, r"wants to be paid \(No credits\)"),
    (403, {"reason": "client-not-enrolled", "detail": "Your app has no project"}, NeedsLogin, "must belong to a project"),
    (400, {"errors": [{"message": "There were errors processing your request: missing quote"}]}, Misconfigured, "quote"),
    (404, {"title": "Not Found"}, Misconfigured, "Check the users, lists and searches"),
    (429, USED_UP, TryLater, "used up for this month"),
    (503, {}, TryLater, "503"),
    (200, [], TryLater, "cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "failure", "sentence"), REFUSALS, ids=[str(row[0]) for row in REFUSALS])
def test_a_refusal_says_what_to_do(
    world: XWorld, status: int, body: Any, failure: type[Exception], sentence: str
) -> None:
    world.server.routes["/2/users/7/tweets"] = lambda _: as_json(body, status=status)
    with pytest.raises(failure, match=sentence) as caught:
        reading(world).poll()
    assert BEARER not in str(caught.value)


def test_the_wait_after_too_many_requests_is_until_the_next_quarter_of_an_hour(world: XWorld) -> None:
    reset = str(int(datetime.now(UTC).timestamp()) + 300)
    answer = Response(status=429, headers={"x-rate-limit-reset": reset}, body=b"{}")
    world.server.routes["/2/users/7/tweets"] = lambda _: answer
    with pytest.raises(TryLater) as caught:
        reading(world).poll()
    assert caught.value.after is not None
    assert timedelta(minutes=4) < caught.value.after <= timedelta(minutes=5)


# Options

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"users": ("ada",), "bearer_token": BEARER}, "posts_a_month"),
    ({"bearer_token": BEARER, "posts_a_month": 100}, "name at least one of users, lists or searches"),
    ({"users": ("ada",), "posts_a_month": 100}, "give a bearer_token, or the four keys"),
    ({"users": ("ada",), "posts_a_month": 100, "api_key": "k"}, "a user's keys are four"),
    ({"home": True, "posts_a_month": 100, "bearer_token": BEARER}, "the home timeline is read with a user's four keys"),
    ({"users": ("not a handle",), "posts_a_month": 100, "bearer_token": BEARER}, "is no handle on X"),
    ({"lists": ("engines",), "posts_a_month": 100, "bearer_token": BEARER}, "is no list"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG, ids=[row[1] for row in WRONG])
def test_options_that_make_no_sense_say_so(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        XOptions(**options)


def test_handles_are_taken_as_users_write_them() -> None:
    options = XOptions(users=("@Ada", "https://x.com/babbage", "ADA"), bearer_token=BEARER, posts_a_month=1)
    assert options.users == ("ada", "babbage")
