"""Mastodon holds to what every connector does, and brings what a reader of it expects: made posts and recorded ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from pydantic import SecretStr, ValidationError

from connectors.base import Item, Misconfigured, NeedsLogin, TryLater
from connectors.mastodon import MastodonOptions
from connectors.mastodon.statuses import entry_of, item_of
from tests.connectors.conformance import Conformance
from tests.connectors.reading import Reading
from tests.connectors.world import EVERYTHING, NOW
from tests.connectors.worlds.mastodon import BEN, HOST, ME, MYSELF, TOKEN, MastodonWorld
from tests.servers import Response

pytestmark = pytest.mark.integration

HOME = "/api/v1/timelines/home"


@pytest.fixture
def world() -> Iterator[MastodonWorld]:
    world = MastodonWorld()
    yield world
    world.close()


class TestMastodon(Conformance):
    pass


def read(world: MastodonWorld, **options: Any) -> list[Item]:
    """What a first poll brings, oldest first."""
    reading = Reading(world, changes={**EVERYTHING, **options})
    reading.poll()
    return sorted(reading.items, key=lambda item: item.external_id)


def paths(world: MastodonWorld) -> list[str]:
    return [request.path.removeprefix("/api/v1/") for request in world.server.requests]


# What is read


def test_lists_tags_and_accounts_are_read_by_their_names(world: MastodonWorld) -> None:
    world.lists = [{"id": "6", "title": "Close friends"}]
    listed = world.write("<p>for friends</p>", into=["/api/v1/timelines/list/6"])
    tagged = world.write("<p>tagged</p>", into=["/api/v1/timelines/tag/weather"])
    posted = world.write("<p>by Ben</p>", by=BEN, into=[f"/api/v1/accounts/{BEN['id']}/statuses"])
    named = {"lists": ("close friends",), "tags": ("#weather",), "accounts": ("@ben@elsewhere.example",)}
    reading = Reading(world, changes={**EVERYTHING, **named, "home": False})
    reading.to_the_end()
    reading.assert_holds([listed, tagged, posted])
    assert {item.external_id: item.topics for item in reading.items}[listed] == ("Close friends",)
    reading.to_the_end()
    assert paths(world).count("accounts/lookup") == 1, "an account's id is remembered"


def test_names_that_the_server_does_not_know_are_named_with_the_remedy(world: MastodonWorld) -> None:
    world.lists = [{"id": "6", "title": "Close friends"}]
    with pytest.raises(Misconfigured, match=r"no list 'Family'.*there are: Close friends"):
        read(world, lists=("Family",))
    with pytest.raises(Misconfigured, match="knows no account 'nobody'"):
        read(world, accounts=("nobody",))


def test_mentions_come_first_and_are_said_to_be_for_the_user(world: MastodonWorld) -> None:
    world.publish(2)
    name = {"id": ME, "acct": "me", "url": f"https://{HOST}/@me"}
    mention = world.write("<p>@me hello</p>", by=BEN, into=[], mentions=[name])
    world.notify(mention)
    mine = world.write("<p>by myself</p>", by=MYSELF)
    reading = Reading(world, changes={**EVERYTHING, "mentions": True})
    reading.to_the_end()
    assert reading.ids[0] == mention
    assert [item.external_id for item in reading.items if item.to_me] == [mention]
    assert [item.external_id for item in reading.items if item.by_me] == [mine]


def test_a_boost_is_its_post_with_who_boosted_it_and_its_end_deletes_nothing(world: MastodonWorld) -> None:
    original = world.write("<p>said once</p>", into=[], at=NOW - timedelta(days=300))
    key = world.boost(original)
    (item,) = read(world, first_run_days=7)  # the boost is no older
    assert (item.external_id, item.authors) == (original, (f"Ada Lovelace (@ada@{HOST})",))
    assert item.details["boosted_by"] == "Ben (@ben@elsewhere.example)"
    reading = Reading(world)
    reading.to_the_end()
    del world.feeds[HOME].rows[key]
    world.publish()
    reading.to_the_end()
    assert not reading.deleted
    world.delete(original)
    reading.now += timedelta(days=1)
    reading.to_the_end()
    assert reading.deleted == [original]


def test_what_a_post_shows_besides_its_text_is_told_in_words(world: MastodonWorld) -> None:
    images = [
        {"type": "image", "url": "https://files.example/1.png", "description": "A cat on a roof"},
        {"type": "video", "url": "https://files.example/2.mp4", "description": None},
    ]
    options = [{"title": "Tea", "votes_count": 3}, {"title": "Coffee", "votes_count": 5}]
    poll = {"id": "1", "options": options, "multiple": False, "expired": False}
    world.write("<p>Look</p>", media_attachments=images, poll=poll, spoiler_text="cats")
    (item,) = read(world)
    assert item.title == "CW: cats"
    assert item.details["warning"] == "cats"
    assert item.text == "Look\n\n[Image: A cat on a roof]\n[Video without a description]\n\nPoll:\n- Tea\n- Coffee"
    assert item.details["votes"] == [3, 5]


def test_votes_make_no_new_version_and_an_edit_does(world: MastodonWorld) -> None:
    poll = {"id": "1", "options": [{"title": "Tea", "votes_count": 0}], "multiple": True}
    identity = world.write("<p>Which?</p>", poll=poll)
    reading = Reading(world)
    reading.to_the_end()
    world.statuses[identity]["poll"]["options"][0]["votes_count"] = 9
    assert reading.to_the_end() == []
    world.edit(identity)
    assert reading.to_the_end() == [identity]
    assert reading.items[-1].text.startswith("Which?\n\nCorrected.")
    assert reading.items[-1].updated is not None


def test_names_and_tags_stay_words_and_links_are_whole(world: MastodonWorld) -> None:
    content = (
        '<p><span class="h-card"><a href="https://elsewhere.example/@ben" class="u-url mention">@<span>ben</span></a></span> see '
        '<a href="https://papers.example/abs/2601.00001?full=1"><span class="invisible">https://</span><span class="ellipsis">'
        'papers.example/abs/2601</span><span class="invisible">.00001?full=1</span></a> '
        f'<a href="https://{HOST}/tags/maths" class="mention hashtag" rel="tag">#<span>maths</span></a></p>'
    )
    card = {"url": "https://papers.example/abs/2601.00001?full=1", "title": "On engines"}
    world.write(content, tags=[{"name": "maths", "url": f"https://{HOST}/tags/maths"}], card=card)
    (item,) = read(world)
    assert item.text == "@ben see https://papers.example/abs/2601.00001?full=1 #maths"
    assert item.links == ("https://papers.example/abs/2601.00001?full=1",)
    assert item.topics == ("maths",)
    assert item.details["card"] == "On engines"


def test_a_thread_is_named_by_its_first_post_wherever_it_is_entered(world: MastodonWorld) -> None:
    root = world.write("<p>first</p>", into=[])
    middle = world.write("<p>second</p>", by=BEN, into=[], in_reply_to_id=root)
    world.write("<p>third</p>", in_reply_to_id=middle)
    world.write("<p>fourth</p>", in_reply_to_id=middle)
    assert {item.thread_id for item in read(world)} == {world.statuses[root]["uri"]}
    assert len([path for path in paths(world) if path.endswith("/context")]) == 1


def test_a_thread_that_is_all_there_needs_no_asking(world: MastodonWorld) -> None:
    root = world.write("<p>first</p>")
    answer = world.write("<p>second</p>", by=BEN, in_reply_to_id=root)
    world.write("<p>third</p>", in_reply_to_id=answer)
    assert {item.thread_id for item in read(world)} == {world.statuses[root]["uri"]}
    assert not [path for path in paths(world) if path.endswith("/context")]


@pytest.mark.parametrize("answer", ["[]", "{}", '"hello"'])
def test_a_server_that_is_no_mastodon_is_asked_again_later(world: MastodonWorld, answer: str) -> None:
    credentials = "/api/v1/accounts/verify_credentials"
    json_type = {"Content-Type": "application/json"}
    world.server.routes[credentials] = lambda request: Response(headers=json_type, body=answer.encode())
    with pytest.raises(TryLater, match="something other than Mastodon"):
        read(world)


def test_no_poll_asks_for_more_than_ten_contexts(world: MastodonWorld) -> None:
    for number in range(15):
        world.write(f"<p>reply {number}</p>", in_reply_to_id=str(1000 + number))
    assert len(read(world)) == 15
    assert len([path for path in paths(world) if path.endswith("/context")]) == 10


def test_what_the_users_own_filters_hide_stays_hidden(world: MastodonWorld) -> None:
    hidden = [{"filter": {"title": "spoilers", "filter_action": "hide"}}]
    warned = [{"filter": {"title": "politics", "filter_action": "warn"}}]
    world.write("<p>hidden</p>", filtered=hidden)
    shown = world.write("<p>shown</p>", filtered=warned)
    assert [item.external_id for item in read(world)] == [shown]


def test_private_posts_are_private(world: MastodonWorld) -> None:
    for visibility in ("public", "unlisted", "private", "direct"):
        world.write("<p>said</p>", visibility=visibility)
    assert [item.private for item in read(world)] == [False, False, True, True]


def test_a_late_arrival_comes_in_and_one_bad_post_does_not_stop_its_page(world: MastodonWorld) -> None:
    world.publish(3)
    reading = Reading(world)
    reading.to_the_end()
    late = world.write("<p>late</p>", at=world.timeline.newest - timedelta(seconds=1))
    broken = world.write("<p>broken</p>")
    del world.statuses[broken]["content"]
    assert reading.to_the_end() == [late]
    assert any("1 posts of" in notice for notice in reading.notices)


def test_another_account_is_read_anew(world: MastodonWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    (identity,) = world.publish()
    reading = Reading(world)
    reading.to_the_end()
    monkeypatch.setitem(MYSELF, "id", "99")
    assert reading.to_the_end() == [identity]


# What can go wrong


def test_a_missing_scope_is_told_in_the_servers_words(world: MastodonWorld) -> None:
    refused = {"error": "This action is outside the authorized scopes"}
    world.server.routes[HOME] = lambda request: Response(status=403, body=json.dumps(refused).encode())
    with pytest.raises(NeedsLogin, match=r"outside the authorized scopes.*scopes read:accounts"):
        read(world)


def test_a_wrong_token_is_refused_without_being_shown(world: MastodonWorld) -> None:
    with pytest.raises(NeedsLogin, match="The access token is invalid") as caught:
        read(world, token=SecretStr("another-token"))
    assert "another-token" not in str(caught.value)
    with pytest.raises(NeedsLogin, match="token_file"):
        read(world, token=None)


def test_a_limit_without_retry_after_is_waited_for_until_it_is_lifted(world: MastodonWorld) -> None:
    until = (datetime.now(UTC) + timedelta(minutes=3)).isoformat()
    world.server.routes[HOME] = lambda request: Response(status=429, headers={"X-RateLimit-Reset": until}, body=b"{}")
    with pytest.raises(TryLater) as caught:
        read(world)
    assert caught.value.after is not None
    assert timedelta(minutes=2) < caught.value.after <= timedelta(minutes=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": "http://mastodon.example"},
        {"server": "https://mastodon.example/@me"},
        {"server": ""},
        {"tags": ("two words",)},
        {"home": False, "mentions": False},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MastodonOptions(**{"server": HOST, "token": SecretStr(TOKEN), **wrong})
    assert MastodonOptions(server="https://Mastodon.Example/").server == "mastodon.example"


# Recordings of a real server


def recorded(folder: Path, name: str) -> list[tuple[str, Any]]:
    """What a server answered in a recording: "VERB path" and the body."""
    exchanges = yaml.load((folder / "mastodon" / f"test_{name}.yaml").read_text(), Loader=yaml.CSafeLoader)[
        "interactions"
    ]
    found = []
    for exchange in exchanges:
        path = exchange["request"]["uri"].partition("localhost:3000")[2].partition("?")[0]
        body = exchange["response"]["body"]["string"]
        if exchange["response"]["status"]["code"] == 200 and body:
            found.append((f"{exchange['request']['method']} {path}", json.loads(body)))
    return found


def posts_in(value: Any) -> Iterator[dict[str, Any]]:
    """The posts anywhere in an answer."""
    if isinstance(value, dict):
        if {"content", "account", "uri", "visibility"} <= value.keys():
            yield value
        for inner in value.values():
            yield from posts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from posts_in(inner)


def item(status: dict[str, Any]) -> Item:
    return item_of(status, host="localhost", me="117020565966271181")


def test_every_recorded_post_is_an_item(shared_data: Path) -> None:
    names = [path.stem.removeprefix("test_") for path in (shared_data / "mastodon").glob("*.yaml")]
    read = [item(post) for name in names for _, answer in recorded(shared_data, name) for post in posts_in(answer)]
    assert len(read) > 150
    for found in read:
        assert found.text
        assert "<" not in found.text
        assert found.authors[0].endswith("@localhost") or found.authors[0].endswith("@localhost)")
        assert found.published is not None
        json.dumps(found.details)


def test_a_recorded_list_is_read_by_name(world: MastodonWorld, shared_data: Path) -> None:
    answers = dict(recorded(shared_data, "list_timeline"))
    world.lists = [answers["POST /api/v1/lists"]]
    posts = answers["GET /api/v1/timelines/list/6"]
    world.feeds["/api/v1/timelines/list/6"] = type(world.feeds[HOME])({post["id"]: post for post in posts})
    read_from_it = read(world, lists=("ham burglars",), home=False)
    assert [found.external_id for found in read_from_it] == sorted(post["id"] for post in posts)
    assert {found.topics[0] for found in read_from_it} == {"ham burglars"}


def test_a_recorded_boost_mention_edit_quote_and_warning_are_read_as_such(shared_data: Path) -> None:
    boosts = [
        answer for request, answer in recorded(shared_data, "status_reblog_unreblog") if request.endswith("/reblog")
    ]
    entry = entry_of(boosts[0], host="localhost", me=ME)
    assert entry.item is not None
    assert (entry.key, entry.external_id) == (boosts[0]["id"], boosts[0]["reblog"]["id"])
    assert entry.item.details["boosted_by"]
    assert entry.item.text == "Toot!"

    (told,) = dict(recorded(shared_data, "notifications_mentions_only"))["GET /api/v1/notifications"]
    entry = entry_of(told, host="localhost", me="117020565966271181")
    assert entry.item is not None
    assert entry.item.to_me
    assert entry.item.text == "@mastodonpy_test hello!"
    assert not entry.item.links

    first, *_, last = [answer for _, answer in recorded(shared_data, "status_edit") if "uri" in answer]
    assert item(first).updated is None
    assert item(last).updated is not None
    assert item(first).text != item(last).text

    quoting = next(post for _, post in recorded(shared_data, "status_post_with_quote") if post.get("quote"))
    assert item(quoting).text.startswith("yoooooooo\n\nQuoting ")
    assert quoting["quote"]["quoted_status"]["url"] in item(quoting).links

    (warned, *_) = [post for _, post in recorded(shared_data, "status_post[Content warning-public]")]
    assert item(warned).title.startswith("CW: ")
    (secret, *_) = [post for _, post in recorded(shared_data, "status_post[None-direct]")]
    assert item(secret).private
