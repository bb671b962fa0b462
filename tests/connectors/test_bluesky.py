"""Bluesky holds to what every connector does, and brings what a reader of it expects: made posts and recorded ones."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.base import Item, Misconfigured, NeedsLogin, TryLater
from connectors.bluesky import Bluesky, BlueskyOptions
from connectors.bluesky.richtext import read_text
from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance
from tests.connectors.reading import Reading
from tests.connectors.world import EVERYTHING, NOW
from tests.connectors.worlds.bluesky import ADA, BEN, CID, ME, MENTIONS, PASSWORD, PROFILES, TIMELINE, BlueskyWorld
from tests.servers import Response, WebServer, loopback_policy

pytestmark = pytest.mark.integration

FEED = "at://did:plc:ben/app.bsky.feed.generator/science"
LIST = "at://did:plc:me/app.bsky.graph.list/3kfriends"


@pytest.fixture
def world(reader: WaysOut) -> Iterator[BlueskyWorld]:
    world = BlueskyWorld(reader)
    yield world
    world.close()


class TestBluesky(Conformance):
    pass


def read(world: BlueskyWorld, **options: Any) -> list[Item]:
    """What a first poll brings, oldest first."""
    reading = Reading(world, changes={**EVERYTHING, **options})
    reading.poll()
    return sorted(reading.items, key=lambda item: item.external_id.rpartition("/")[2])


def facet(text: str, shown: str, **feature: str) -> dict[str, Any]:
    start = len(text[: text.index(shown)].encode())
    kind, value = feature.popitem()
    name = {"link": "uri", "mention": "did", "tag": "tag"}[kind]
    index = {"byteStart": start, "byteEnd": start + len(shown.encode())}
    return {"index": index, "features": [{"$type": f"app.bsky.richtext.facet#{kind}", name: value}]}


# What is read


def test_feeds_lists_and_authors_are_read_by_address_name_and_handle(world: BlueskyWorld) -> None:
    world.lists = [{"name": "Close friends", "uri": LIST}]
    named = {
        world.write("in the feed", into=f"app.bsky.feed.getFeed {FEED}"),
        world.write("in the list", into=f"app.bsky.feed.getListFeed {LIST}"),
        world.write("by Ben", by=BEN, into="app.bsky.feed.getAuthorFeed ben.example"),
    }
    options = {
        "feeds": ("https://bsky.app/profile/ben.example/feed/science",),
        "lists": ("close friends",),
        "authors": ("@ben.example",),
        "timeline": False,
    }
    reading = Reading(world, changes={**EVERYTHING, **options})
    reading.to_the_end()
    assert set(reading.ids) == named
    assert [item.topics for item in reading.items if item.text == "in the list"] == [("close friends",)]
    reading.to_the_end()
    asked = [request.path for request in world.server.requests]
    assert asked.count("/xrpc/com.atproto.identity.resolveHandle") == 1, "addresses are remembered"


def test_names_that_bluesky_does_not_know_are_named_with_the_remedy(world: BlueskyWorld) -> None:
    world.lists = [{"name": "Close friends", "uri": LIST}]
    with pytest.raises(Misconfigured, match=r"no list 'Family'.*there are: Close friends"):
        read(world, lists=("Family",))
    with pytest.raises(Misconfigured, match="is no feed: give its address"):
        read(world, feeds=("science",))
    with pytest.raises(Misconfigured, match=r"Could not be found.*check feeds, lists and authors"):
        read(world, feeds=("https://bsky.app/profile/nobody.example/feed/science",))


def test_a_feed_in_an_order_of_its_own_brings_what_is_new_in_it(world: BlueskyWorld) -> None:
    for _ in range(3):
        world.write("a post", into=f"app.bsky.feed.getFeed {FEED}", at=NOW - timedelta(days=1))
    reading = Reading(world, changes={**EVERYTHING, "feeds": (FEED,), "timeline": False})
    assert len(reading.to_the_end()) == 3
    old = world.write("an old post", into=f"app.bsky.feed.getFeed {FEED}", at=NOW - timedelta(days=9))
    assert reading.to_the_end() == [old]
    assert reading.to_the_end() == []
    world.delete(old)
    reading.to_the_end()
    assert reading.deleted == [old]


def test_mentions_come_first_as_others_see_them_and_not_from_the_muted(
    world: BlueskyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish(2)
    text = "@me.bsky.social hello"
    mention = world.write(text, by=BEN, into=MENTIONS, facets=[facet(text, "@me.bsky.social", mention=ME)])
    muted = {"did": "did:plc:muted", "handle": "muted.example", "viewer": {"muted": True}}
    monkeypatch.setitem(PROFILES, "did:plc:muted", muted)
    world.write("again and again", by="did:plc:muted", into=MENTIONS)
    mine = world.write("by myself", by=ME)
    reading = Reading(world, changes={**EVERYTHING, "mentions": True})
    reading.to_the_end()
    assert reading.ids[0] == mention
    assert [item.external_id for item in reading.items if item.to_me] == [mention]
    assert [item.external_id for item in reading.items if item.by_me] == [mine]
    assert len(reading.items) == 4
    world.delete(mention)
    reading.to_the_end()
    assert reading.deleted == [mention]


def test_answers_to_the_user_and_quotes_of_them_are_for_the_user(world: BlueskyWorld) -> None:
    mine = world.write("said by me", by=ME, into="nowhere")
    strong = {"uri": mine, "cid": CID}
    world.write(
        "an answer", reply={"root": {"uri": "at://did:plc:ben/app.bsky.feed.post/0", "cid": CID}, "parent": strong}
    )
    quoted = {"$type": "app.bsky.embed.record#viewRecord", **strong, "author": PROFILES[ME]}
    quoted |= {"value": world.posts[mine]["record"], "indexedAt": world.posts[mine]["indexedAt"]}
    world.write("a quote", embed={"$type": "app.bsky.embed.record#view", "record": quoted})
    answer, quote = read(world)
    assert answer.to_me
    assert quote.to_me
    assert answer.thread_id == "at://did:plc:ben/app.bsky.feed.post/0"
    assert answer.details["in_reply_to"] == mine
    assert quote.thread_id == quote.external_id
    assert quote.text == "a quote\n\nQuoting @me.bsky.social: said by me"
    assert quote.links == (f"https://bsky.app/profile/me.bsky.social/post/{mine.rpartition('/')[2]}",)


def test_facets_become_links_names_and_tags(world: BlueskyWorld) -> None:
    text = "Ünïcode 🦋 @ada.bsky.social on papers.example/abs/26… and here #maths"
    links = [
        facet(text, "@ada.bsky.social", mention=ADA),
        facet(text, "papers.example/abs/26…", link="https://papers.example/abs/2601.00001"),
        facet(text, "here", link="https://example.org/notes"),
        facet(text, "#maths", tag="maths"),
    ]
    world.write(text, facets=links)
    (item,) = read(world)
    whole = "https://papers.example/abs/2601.00001"
    assert item.text == f"Ünïcode 🦋 @ada.bsky.social on {whole} and here (https://example.org/notes) #maths"
    assert item.links == (whole, "https://example.org/notes")
    assert item.topics == ("maths",)
    assert item.url.startswith("https://bsky.app/profile/ada.bsky.social/post/3k")
    assert item.authors == ("Ada Lovelace (@ada.bsky.social)",)


def test_what_a_post_shows_besides_its_text_is_told_in_words(world: BlueskyWorld) -> None:
    image = {"thumb": "https://files.example/t", "fullsize": "https://files.example/f"}
    shown = [{**image, "alt": "A cat on a roof"}, {**image, "alt": ""}]
    world.write(
        "Look", embed={"$type": "app.bsky.embed.images#view", "images": shown}, labels=("graphic-media", "!hide")
    )
    card = {"uri": "https://example.org/a", "title": "On engines", "description": "A note"}
    world.write("Read", embed={"$type": "app.bsky.embed.external#view", "external": card})
    pictures, link = read(world)
    assert pictures.text == "Look\n\n[Image: A cat on a roof]\n[Image without a description]"
    assert pictures.title == "CW: graphic-media"
    assert pictures.details["warning"] == "graphic-media"
    assert link.links == ("https://example.org/a",)
    assert link.details["card"] == "On engines"


def test_a_repost_is_its_post_with_who_reposted_it_and_its_end_deletes_nothing(world: BlueskyWorld) -> None:
    original = world.write("said once", into="nowhere", at=NOW - timedelta(days=300))
    world.publish(2)
    world.repost(original)
    reading = Reading(world, changes={"first_run_items": 100, "first_run_days": 7})  # the repost is no older
    reading.to_the_end()
    (item,) = [item for item in reading.items if item.external_id == original]
    assert item.authors == ("Ada Lovelace (@ada.bsky.social)",)
    assert item.details["boosted_by"] == "Ben (@ben.example)"
    assert item.published == NOW - timedelta(days=300)
    rows = world.feeds[TIMELINE].rows
    rows[:] = [row for row in rows if row.uri != original]
    reading.to_the_end()
    assert not reading.deleted
    world.delete(original)
    reading.now += timedelta(days=1)
    reading.to_the_end()
    assert reading.deleted == [original]


def test_a_post_is_as_old_as_the_server_knows_whatever_its_author_says(world: BlueskyWorld) -> None:
    at = NOW - timedelta(days=1)
    world.write("from the future", at=at, createdAt="2031-01-01T00:00:00Z")
    world.write("from no time", at=at + timedelta(seconds=1), createdAt="soon")
    assert [item.published for item in read(world)] == [at, at + timedelta(seconds=1)]


def test_one_bad_post_does_not_stop_its_page_and_unknown_embeds_do_no_harm(world: BlueskyWorld) -> None:
    good = world.write("good", embed={"$type": "app.bsky.embed.hologram#view", "depth": 3})
    bad = world.write("bad")
    del world.posts[bad]["author"]
    reading = Reading(world)
    reading.poll()
    assert reading.ids == [good]
    assert any("1 of 2 posts cannot be read" in notice for notice in reading.notices)


def test_a_place_that_the_server_has_forgotten_ends_one_walk_and_no_more(world: BlueskyWorld) -> None:
    world.publish(2 * world.page_size)
    reading = Reading(world)
    reading.poll(at_most=1)
    world.server.routes[f"/xrpc/{TIMELINE}"] = lambda request: (
        Response(status=400, body=b'{"error": "InvalidRequest", "message": "Malformed cursor"}')
        if "cursor" in request.query
        else world.answer(request)
    )
    reading.poll()
    later = world.publish()
    reading.poll()
    assert reading.ids[-1:] == later


# Logins


def test_a_login_is_used_until_it_expires_then_refreshed_then_made_anew(world: BlueskyWorld) -> None:
    world.publish()
    ways_out = world.ways_out()

    def poll(**changes: Any) -> None:
        connector = Bluesky(world.options(**changes), ways_out)
        list(connector.poll(None, now=NOW, limit=10, cancelled=Event()))

    poll()
    poll()
    assert (world.logins, world.refreshes) == (1, 0)
    world.expire()
    poll()
    assert (world.logins, world.refreshes) == (1, 1)
    world.expire(refresh=True)
    poll()
    poll()
    assert (world.logins, world.refreshes) == (2, 1)
    with pytest.raises(NeedsLogin):  # another password is another login
        poll(password=SecretStr("wrong"))


def test_tokens_and_passwords_are_in_nothing_that_is_kept_or_said(world: BlueskyWorld) -> None:
    world.publish()
    reading = Reading(world)
    reading.poll()
    kept = repr(reading.items) + json.dumps(reading.cursor)
    assert "access-" not in kept
    assert "refresh-" not in kept
    with pytest.raises(NeedsLogin, match=r"Invalid identifier or password.*app password") as caught:
        read(world, password=SecretStr("wrong-password"))
    assert "wrong-password" not in str(caught.value)
    with pytest.raises(NeedsLogin, match="password_file"):
        read(world, password=None)


def test_after_the_login_the_users_own_server_is_asked(world: BlueskyWorld, reader: WaysOut) -> None:
    world.publish()
    with WebServer() as own:
        own.otherwise = world.answer
        hosts = {"bsky.social": world.server.url(""), "pds.example": own.url("")}
        ways_out = WaysOut(loopback_policy(hosts=hosts, timeout_s=20))
        ways_out.reader = reader.reader
        list(Bluesky(world.options(), ways_out).poll(None, now=NOW, limit=10, cancelled=Event()))
        assert [request.path for request in world.server.requests] == ["/xrpc/com.atproto.server.createSession"]
        assert [request.path for request in own.requests] == [f"/xrpc/{TIMELINE}"]


def test_a_limit_without_retry_after_is_waited_for_until_it_is_lifted(world: BlueskyWorld) -> None:
    until = str(int((datetime.now(UTC) + timedelta(minutes=3)).timestamp()))
    limited = Response(status=429, headers={"RateLimit-Reset": until}, body=b'{"error": "RateLimitExceeded"}')
    world.server.routes[f"/xrpc/{TIMELINE}"] = lambda request: limited
    with pytest.raises(TryLater) as caught:
        read(world)
    assert caught.value.after is not None
    assert timedelta(minutes=2) < caught.value.after <= timedelta(minutes=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"handle": "ada"},
        {"authors": ("two words",)},
        {"server": "http://pds.example"},
        {"timeline": False, "mentions": False},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BlueskyOptions(**{"handle": "ada.bsky.social", "password": SecretStr(PASSWORD), **wrong})
    assert BlueskyOptions(handle="https://bsky.app/profile/Ada.example").handle == "ada.example"


# Weight


def test_neither_this_process_nor_the_next_holds_the_library_until_an_answer_is_read() -> None:
    modules = "connectors.bluesky, connectors.bluesky.places, connectors.bluesky.posts, connectors.mastodon"
    heavy = "{'atproto_client', 'mastodon', 'requests'}"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; sys.exit(str({heavy} & set(sys.modules)))"], capture_output=True
    )
    assert done.stderr.decode().strip() == "set()"


# Recordings of the real one


def test_a_recorded_post_with_pictures_and_a_quote_is_read(world: BlueskyWorld, shared_data: Path) -> None:
    thread = json.loads((shared_data / "bluesky" / "thread_view_post_with_embed_media.json").read_text())["thread"]
    quoted = thread["post"]["embed"]["record"]["record"]
    world.server.routes[f"/xrpc/{TIMELINE}"] = lambda request: Response(
        headers={"Content-Type": "application/json"}, body=json.dumps({"feed": [{"post": thread["post"]}]}).encode()
    )
    found = read(world)
    assert [item.external_id for item in found] == [thread["post"]["uri"]]
    (item,) = found
    assert (
        item.text
        == f"[Image without a description]\n\nQuoting Python SDK (@test.marshal.dev): {quoted['value']['text']}"
    )
    assert item.details["quotes"] == quoted["uri"]
    assert item.published == datetime(2023, 9, 28, 12, 49, 36, 735000, tzinfo=UTC)
    assert item.language == "en"


@pytest.mark.parametrize("name", ["post_record", "extended_post_record", "custom_record"])
def test_recorded_records_are_read_as_posts_also_with_fields_and_types_of_their_own(
    world: BlueskyWorld, shared_data: Path, name: str
) -> None:
    recorded = json.loads((shared_data / "bluesky" / f"{name}.json").read_text())
    uri = world.write("")
    world.posts[uri]["record"] = recorded["value"]
    (item,) = read(world)
    assert item.text == recorded["value"]["text"]
    assert item.published is not None
    assert item.published.utcoffset() == timedelta(0)


# Facets, whatever they claim

FACETS = st.lists(
    st.builds(
        lambda start, end, kind: SimpleNamespace(
            index=SimpleNamespace(byte_start=start, byte_end=end),
            features=[
                SimpleNamespace(py_type=f"app.bsky.richtext.facet#{kind}", uri="https://x.example/", did=ADA, tag="t")
            ],
        ),
        st.integers(0, 60),
        st.integers(0, 60),
        st.sampled_from(["mention", "tag", "link", "hologram"]),
    ),
    max_size=5,
)


@given(st.text(max_size=30).filter(lambda text: "x.example" not in text), FACETS)
def test_a_facet_adds_its_link_to_the_text_and_nothing_else_is_changed(text: str, facets: list[Any]) -> None:
    reading = read_text(SimpleNamespace(text=text, facets=facets))
    plain = text.encode(errors="replace").decode()
    assert reading.text.replace(" (https://x.example/)", "") == plain
    assert reading.text.count(" (https://x.example/)") == len(reading.links)


def test_a_facet_counts_in_bytes_and_gives_way_where_it_cuts_a_character() -> None:
    cuts, fits = ((1, 4), (2, 4))
    for index, links in ((cuts, 0), (fits, 1)):
        features = [SimpleNamespace(py_type="app.bsky.richtext.facet#link", uri="https://x.example/")]
        given = SimpleNamespace(index=SimpleNamespace(byte_start=index[0], byte_end=index[1]), features=features)
        assert len(read_text(SimpleNamespace(text="éab", facets=[given])).links) == links
