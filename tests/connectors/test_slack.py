"""Slack holds to what every connector does, and brings what a reader of it expects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from connectors.base import Item, NeedsLogin
from connectors.slack import SlackOptions
from tests.connectors.conformance import Conformance
from tests.connectors.reading import Reading
from tests.connectors.world import NOW
from tests.connectors.worlds.slack import ADA, BEN, GENERAL, ME, SlackWorld, user

pytestmark = pytest.mark.integration


@pytest.fixture
def world() -> Iterator[SlackWorld]:
    world = SlackWorld()
    yield world
    world.close()


class TestSlack(Conformance):
    pass


def _by_id(reading: Reading) -> dict[str, Item]:
    return {item.external_id: item for item in reading.items}


def test_a_message_reads_as_a_person_reads_it(world: SlackWorld) -> None:
    marks = f"<@{ME}> see <https://tides.example/a?b=1&amp;c=2|the table> in <#{GENERAL}|general> &lt;3 <!here>"
    files = [{"name": "tides.pdf", "title": "Tides", "permalink": "https://tidewatch.slack.com/files/1/tides.pdf"}]
    said = world.say(marks, files=files)
    mine = world.say("Thanks", by=ME)
    reading = Reading(world)
    reading.to_the_end()
    item, own = _by_id(reading)[said], _by_id(reading)[mine]
    assert item.text == (
        "@Maria Engel see the table (https://tides.example/a?b=1&c=2) in #general <3 @here\n[File: Tides]"
    )
    assert item.links == ("https://tides.example/a?b=1&c=2", "https://tidewatch.slack.com/files/1/tides.pdf")
    assert item.authors == ("Ada Lovelace",)
    assert item.topics == ("#general",)
    assert item.url == f"https://tidewatch.slack.com/archives/{GENERAL}/p{said.partition('/')[2].replace('.', '')}"
    assert (item.to_me, item.by_me, item.private) == (True, False, True)
    assert (own.to_me, own.by_me) == (False, True)
    assert item.details == {
        "conversation": "#general",
        "direct": False,
        "mentions": ["Maria Engel"],
        "files": ["Tides"],
    }


def test_joins_and_bots_are_left_out_unless_they_are_wanted(world: SlackWorld) -> None:
    world.say("has joined", subtype="channel_join")
    bot = world.say("", by="", subtype="bot_message", username="Gauge", attachments=[{"text": "Water is high"}])
    kept = world.say("* waves *", subtype="me_message")
    reading = Reading(world)
    assert reading.to_the_end() == [kept]
    with_bots = Reading(world, changes={**reading.changes, "bots": True})
    assert sorted(with_bots.to_the_end()) == sorted([bot, kept])
    assert (_by_id(with_bots)[bot].text, _by_id(with_bots)[bot].authors) == ("Water is high", ("Gauge",))


def test_direct_messages_speak_to_the_user_and_are_named_after_the_other(world: SlackWorld) -> None:
    world.room("D0ADA", "im", user=ADA)
    world.room("D0BEN", "im", user=BEN)
    world.room("G0ALL", "mpim", name="mpdm-me--ada--ben-1")
    from_ada = world.say("Are you there?", into="D0ADA")
    from_ben = world.say("Hello", by=BEN, into="D0BEN")
    to_all = world.say("Lunch?", by=BEN, into="G0ALL")
    reading = Reading(world)
    assert set(reading.to_the_end()) == {from_ada, from_ben, to_all}
    found = _by_id(reading)
    assert {item.details["conversation"] for item in reading.items} == {"Ada Lovelace", "Ben Okri", "me, ada, ben"}
    assert all(item.to_me and item.private and not item.topics for item in found.values())
    only_ben = Reading(world, changes={**reading.changes, "direct_messages": ("Ben Okri",), "channels": ("general",)})
    assert only_ben.to_the_end() == [from_ben]
    assert not only_ben.notices


def test_a_name_with_which_there_are_no_direct_messages_is_said(world: SlackWorld) -> None:
    world.room("D0BEN", "im", user=BEN)
    world.room("G0ALL", "mpim", name="mpdm-me--ada--cy-1")
    reading = Reading(world, changes={"direct_messages": ("Okri", "@cy", "Bem", "!ada")})
    reading.to_the_end()
    assert [notice for notice in reading.notices if "direct messages with" in notice] == [
        "There are no direct messages with bem yet. If that is a slip, correct direct_messages."
    ]


def test_channels_are_chosen_by_name(world: SlackWorld) -> None:
    for identity, name in (("C1", "tides"), ("C2", "tides-noise"), ("C3", "random")):
        world.room(identity, name=name)
        world.say(f"Said in {name}", into=identity)
    reading = Reading(world, changes={"channels": ("#tides*", "!tides-noise", "harbour")})
    reading.to_the_end()
    assert [item.details["conversation"] for item in reading.items] == ["#tides"]
    assert any("no channel #harbour" in notice for notice in reading.notices)


def test_answers_in_a_thread_are_one_conversation_with_its_first_message(world: SlackWorld) -> None:
    asked = world.say("When is high water?")
    reading = Reading(world)
    reading.to_the_end()
    first = world.say("At nine", by=BEN, thread=asked)
    second = world.say("Five past", thread=asked)
    reading.to_the_end()
    assert reading.ids == [asked, first, second]
    assert {item.thread_id for item in reading.items} == {asked}
    assert _by_id(reading)[first].details["in_reply_to"] == asked
    assert "thread_ts=" in _by_id(reading)[first].url


def test_answers_come_although_their_thread_is_out_of_sight(world: SlackWorld) -> None:
    asked = world.say("When is high water?")
    world.say("At nine", by=BEN, thread=asked)
    reading = Reading(world)
    reading.to_the_end()
    world.publish(250)
    reading.to_the_end()
    late = world.say("Sorry, at ten", by=BEN, thread=asked)
    reading.to_the_end()
    assert late in reading.ids


def test_edits_and_deletions_in_threads_are_followed(world: SlackWorld) -> None:
    asked = world.say("When is high water?")
    answers = [world.say(f"Answer {number}", by=BEN, thread=asked) for number in range(3)]
    reading = Reading(world)
    reading.to_the_end()
    world.edit(answers[0])
    world.delete(answers[1])
    reading.to_the_end()
    assert reading.deleted == [answers[1]]
    assert reading.texts()[answers[0]][-1] == ("", "Answer 0 (corrected)")
    world.delete(asked)
    reading.to_the_end()
    assert reading.deleted == [answers[1], asked], "what stands where it was is no message"
    assert len(reading.ids) == 5


def test_one_answer_that_cannot_be_read_holds_up_no_other(world: SlackWorld) -> None:
    asked = world.say("When does the ferry leave?")
    world.say("Odd", by=BEN, thread=asked, edited={"ts": "never"}, files=[{"name": "a"}], attachments=7)
    good = world.say("At nine", by=BEN, thread=asked)
    reading = Reading(world)
    reading.to_the_end()
    assert set(reading.ids) == {asked, good}
    assert reading.notices == ["An answer in a thread cannot be read and was left out."]


def test_an_empty_answer_about_a_thread_deletes_nothing(world: SlackWorld) -> None:
    asked = world.say("When does the ferry leave?")
    first = world.say("At nine", by=BEN, thread=asked)
    reading = Reading(world)
    reading.to_the_end()
    second = world.say("Five past", by=BEN, thread=asked)
    world.empty_threads = 1
    reading.to_the_end()
    assert not reading.deleted
    reading.to_the_end()
    assert set(reading.ids) == {asked, first, second}


def test_a_thread_is_read_once_although_it_is_cut_short(world: SlackWorld) -> None:
    asked = world.say("When is high water?")
    answers = [world.say(f"Answer {number}", by=BEN, thread=asked) for number in range(40)]
    reading = Reading(world)
    reading.to_the_end(limit=7)
    assert reading.ids == [asked, *answers]


def test_the_first_poll_takes_few_answers_of_threads(world: SlackWorld) -> None:
    asked = world.say("When is high water?", at=NOW - timedelta(hours=20))
    answers = [world.say(f"Answer {number}", by=BEN, thread=asked) for number in range(10)]
    reading = Reading(world, changes={"first_run_items": 4, "first_run_days": 7})
    assert reading.to_the_end() == [asked, *answers[-3:]]
    later = world.say("One more", by=BEN, thread=asked)
    assert reading.to_the_end() == [later]


def test_what_a_token_may_not_read_is_said_with_the_scope_and_the_rest_is_read(world: SlackWorld) -> None:
    world.room("D0ADA", "im", user=ADA)
    world.say("Secret", into="D0ADA")
    public = world.say("Open")
    world.lacking = {"conversations.history im": "im:history", "users.conversations mpim": "mpim:read"}
    reading = Reading(world)
    assert reading.to_the_end() == [public]
    assert sum("im:history" in notice for notice in reading.notices) == 1
    assert any("mpim:read" in notice and "install the app again" in notice for notice in reading.notices)
    world.lacking["conversations.history public_channel"] = "channels:history"
    with pytest.raises(NeedsLogin, match="channels:history"):
        Reading(world).to_the_end()


def test_one_channel_that_cannot_be_read_stops_no_other(world: SlackWorld) -> None:
    world.room("C1", name="harbour")
    said = world.say("Said in general")
    world.errors["conversations.history C1"] = "not_in_channel"
    reading = Reading(world)
    assert reading.to_the_end() == [said]
    assert any("#harbour" in notice and "Invite the app" in notice for notice in reading.notices)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "docs/sources/slack.md"),
        ("xapp-1-A", "app_token"),
        ("xoxc-1-A", "browser"),
        ("xoxe-1-A", "refresh token"),
        ("https://hooks.slack.com/services/T/B/X", "webhook"),
    ],
)
def test_a_token_of_the_wrong_kind_is_explained(world: SlackWorld, token: str, said: str) -> None:
    with pytest.raises(NeedsLogin, match=said) as caught:
        Reading(world, changes={"token": SecretStr(token)}).poll()
    assert not token or token not in str(caught.value)
    assert not world.asked


def test_with_the_token_of_a_bot_the_user_is_who_the_options_name(world: SlackWorld) -> None:
    world.identity |= {"user_id": "U0BOT", "bot_id": "B0BOT"}
    mine = world.say("I write this", by=ME)
    to_me = world.say(f"<@{ME}> look")
    unnamed = Reading(world)
    unnamed.to_the_end()
    assert any("name yourself in me" in notice for notice in unnamed.notices)
    assert not any(item.to_me or item.by_me for item in unnamed.items)
    named = Reading(world, changes={**unnamed.changes, "me": "Maria Engel"})
    named.to_the_end()
    assert [(item.external_id, item.to_me, item.by_me) for item in named.items] == [
        (to_me, True, False),
        (mine, False, True),
    ]


def test_names_are_asked_for_once(world: SlackWorld) -> None:
    world.users |= {f"U{number}": user(f"U{number}", f"u{number}", f"Person {number}") for number in range(12)}
    reading = Reading(world)
    for number in range(12):
        world.say(f"From {number}", by=f"U{number}")
    reading.to_the_end()
    world.say("Once more", by="U3")
    reading.to_the_end()
    looked_up = [method for method, _ in world.asked if method.startswith("users.") and method != "users.conversations"]
    assert looked_up == ["users.list"]
    assert reading.items[-1].authors == ("Person 3",)


def test_of_many_conversations_each_is_read_in_its_turn(world: SlackWorld) -> None:
    for number in range(60):
        world.room(f"C{number:02}", name=f"room-{number:02}")
    said = [world.say(f"Said in {number}", into=f"C{number:02}") for number in range(60)]
    reading = Reading(world)
    reading.to_the_end()
    reading.to_the_end()
    reading.assert_holds(said)


def test_options_say_what_is_wrong_with_them() -> None:
    with pytest.raises(ValueError, match="nothing is to be read"):
        SlackOptions(channels=(), direct_messages=())
