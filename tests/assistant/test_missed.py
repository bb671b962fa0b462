"""What the user missed: conversations, those that speak to them first, told once, and never in an entry's room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.digest import record
from assistant.digest.as_text import as_text
from assistant.digest.render import render
from assistant.digest.view import DigestView, from_json, to_json
from memory.identity import NewItem
from memory.models import DeliveryState, MuteKind
from memory.store import items, mutes, sources
from tests.assistant.newsroom import Newsroom

TIDES = "The tide tables for March put high water at the old harbour forty minutes too early."
FERRY = "Could somebody check whether the ferry timetable was printed with last year's times?"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom(tmp_path)
    yield room
    room.database.close()


def said(room: Newsroom, number: int, text: str, *, by: str = "Ada", minutes_ago: float = 60, **facts: Any) -> NewItem:
    """A message in #harbour, or where `place` says; `thread` is the number of the message it answers."""
    place = facts.pop("place", "#harbour")
    thread = facts.pop("thread", number)
    return NewItem(
        external_id=f"{place}/{number}",
        kind="message",
        title="",
        text=text,
        url=f"https://tidewatch.example/{number}",
        authors=(by,),
        thread_id=f"{place}/{thread}",
        published=room.now - timedelta(minutes=minutes_ago),
        details={"conversation": place, "direct": facts.pop("direct", False), "mentions": facts.pop("mentions", [])},
        **facts,
    )


def talk(room: Newsroom, count: int, *, first: int = 100, **facts: Any) -> list[NewItem]:
    """A thread of `count` messages by two people."""
    return [
        said(
            room, first + n, f"{TIDES} Point {n}.", by=("Ada", "Ben")[n % 2], thread=first, minutes_ago=90 - n, **facts
        )
        for n in range(count)
    ]


def load(room: Newsroom, view: DigestView) -> DigestView:
    """The digest as its rows have it."""
    assert view.id is not None
    with room.database.read() as session:
        return record.load(session, view.id)


def places(view: DigestView) -> list[str]:
    return [one.place for one in view.missed.conversations]


def test_what_speaks_to_the_user_comes_before_where_most_was_said(room: Newsroom) -> None:
    room.publish("work", *talk(room, 6))
    room.publish("work", said(room, 1, FERRY, place="#ferries", to_me=True, minutes_ago=200))
    room.publish("work", said(room, 2, "Lunch at noon?", by="Ben", place="Ben", direct=True, to_me=True))
    view = room.build()
    assert places(view) == ["Ben", "#ferries", "#harbour"]
    assert [one.is_to_me for one in view.missed.conversations] == [True, True, False]
    thread = view.missed.conversations[2]
    assert thread.people == ("Ada", "Ben")
    assert len(thread.item_ids) == 6
    assert thread.quotes[0].url == "https://tidewatch.example/100"
    assert thread.others == 6 - len(thread.quotes)


def test_messages_take_no_room_from_the_entries(room: Newsroom) -> None:
    room.publish("town", room.item("Council votes for the bridge", "The council voted for the bridge over the river."))
    room.publish("work", *talk(room, 30), *(said(room, n, f"{FERRY} {n}") for n in range(1, 10)))
    view = room.build()
    assert [entry.title for entry in view.entries] == ["Council votes for the bridge"]
    assert view.candidates == 1
    assert not any(note.kind in ("left_out", "empty") for note in view.notes)


def test_a_message_is_told_once(room: Newsroom) -> None:
    room.publish("work", said(room, 1, FERRY), said(room, 2, TIDES, place="#tides"))
    assert len(room.send(DeliveryState.SENT).missed.conversations) == 2
    room.now += timedelta(hours=1)
    room.publish("work", said(room, 3, "It was, I am afraid.", by="Ben", thread=1, minutes_ago=10))
    view = room.build()
    assert [[quote.text for quote in one.quotes] for one in view.missed.conversations] == [["It was, I am afraid."]]


def test_a_digest_that_did_not_arrive_has_told_nothing(room: Newsroom) -> None:
    room.publish("work", said(room, 1, FERRY))
    room.send(DeliveryState.FAILED)
    room.now += timedelta(hours=1)
    assert len(room.build().missed.conversations) == 1


def test_what_the_user_wrote_after_is_known_to_them(room: Newsroom) -> None:
    room.publish(
        "work",
        said(room, 1, FERRY, minutes_ago=60),
        said(room, 2, "I shall look.", by="Maria", thread=1, by_me=True, minutes_ago=50),
        said(room, 3, "Thank you, it is urgent.", thread=1, minutes_ago=40),
    )
    view = room.build()
    assert [quote.text for one in view.missed.conversations for quote in one.quotes] == ["Thank you, it is urgent."]
    assert view.missed.seen == 1
    assert "wrote after" in render(view).text


def test_what_is_left_out_is_counted(room: Newsroom) -> None:
    for number in range(9):
        room.publish("work", *talk(room, 3, first=1000 * (number + 1), place=f"#room-{number}"))
    view = room.build()
    assert len(view.missed.conversations) == 5
    assert (view.missed.left_out, view.missed.left_out_messages) == (4, 12)
    assert "4 more conversations, with 12 messages in all" in " ".join(render(view).text.split())


def test_who_is_muted_is_not_quoted(room: Newsroom) -> None:
    room.publish("work", said(room, 1, FERRY, by="Ada"), said(room, 2, TIDES, by="Ben", place="#tides"))
    with room.database.write() as session:
        mutes.add(session, MuteKind.AUTHOR, "Ben", room.now)
    view = room.build()
    assert places(view) == ["#harbour"]
    assert [note.facts["n"] for note in view.notes if note.kind == "muted"] == [1]


def test_messages_that_nobody_made_a_thread_of_are_grouped_by_what_they_say(room: Newsroom) -> None:
    room.publish(
        "work",
        said(room, 1, FERRY, by="Ada", minutes_ago=600),
        said(room, 2, "@Ada the ferry timetable was printed in time", by="Ben", minutes_ago=599, mentions=["Ada"]),
        said(room, 3, "@Ben so the ferry timetable is right", by="Ada", minutes_ago=598, mentions=["Ben"]),
        said(room, 4, "Good morning, has anyone seen my umbrella?", by="Cleo", minutes_ago=30),
    )
    view = room.build()
    assert sorted(len(one.item_ids) for one in view.missed.conversations) == [1, 3]


def test_a_digest_is_shown_again_as_it_was_told_without_what_was_deleted(room: Newsroom) -> None:
    room.publish("work", *talk(room, 4), said(room, 1, FERRY, place="#ferries"))
    sent = room.send(DeliveryState.SENT)
    assert from_json(to_json(sent)) == sent
    assert load(room, sent).missed == sent.missed
    with room.database.write() as session:
        source = sources.by_name(session, "work")
        assert source is not None
        assert source.id is not None
        items.mark_deleted(session, source.id, ["#ferries/1"], room.now)
    assert places(load(room, sent)) == ["#harbour"]


def test_the_mail_tells_it_in_both_forms_and_escapes_it(room: Newsroom) -> None:
    room.publish("work", said(room, 1, "Look at <script>alert(1)</script> please", to_me=True, by="Ada <b>"))
    rendered = render(room.build())
    assert "<script>" not in rendered.html
    assert "Ada &lt;b&gt;" in rendered.html
    assert "Speaks to you" in rendered.html
    assert "https://tidewatch.example/1" in rendered.text
    assert rendered.subject.endswith("a conversation you missed")


def test_a_digest_without_messages_says_nothing_of_them(room: Newsroom) -> None:
    room.publish("town", room.item("Council votes for the bridge", "The council voted for the bridge."))
    view = room.build()
    assert "missed" not in render(view).text.lower()
    assert "missed" not in as_text(view).lower()
