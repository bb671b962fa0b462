"""Across days: no story is shown twice, what is new in one is, and what a lost digest held is not lost."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.digest.render import render
from memory.models import DeliveryState, MuteKind
from memory.store import mutes
from tests.assistant.newsroom import NOW, Newsroom
from tests.assistant.test_digest import TOPICS, kinds, publish_topics, titles


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def test_a_story_is_not_shown_twice(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    newsroom.send()
    newsroom.wait(days=1)
    digest = newsroom.build()
    assert digest.entries == ()
    assert "empty" in kinds(digest)


def test_a_story_that_moved_is_followed_up_with_what_is_new(newsroom: Newsroom) -> None:
    first = "An earthquake damaged houses in Port Alba. Mayor Ines Calder closed the schools of Port Alba."
    newsroom.publish("town", newsroom.item("Earthquake damages houses in Port Alba", first))
    newsroom.send()
    newsroom.wait(hours=20)
    second = "Mayor Ines Calder opened the schools of Port Alba again. Engineers had checked every roof for cracks."
    newsroom.publish("wire", newsroom.item("Schools in Port Alba open after earthquake damages houses", second))
    (entry,) = newsroom.build().entries
    assert entry.is_follow_up
    assert [citation.source for citation in entry.citations] == ["wire"]
    assert entry.reasons[0] == "new in a story you were shown"
    assert all(sentence.text in second for sentence in entry.sentences)


def test_a_copy_of_what_was_shown_is_no_follow_up(newsroom: Newsroom) -> None:
    newsroom.publish("town", newsroom.item("About tides", TOPICS["tides"]))
    newsroom.send()
    newsroom.wait(hours=20)
    newsroom.publish("wire", newsroom.item("About tides", TOPICS["tides"]))
    assert newsroom.build().entries == ()


def paper(newsroom: Newsroom, text: str, revision: str) -> int:
    """A version of a paper that was published two days before the first digest, as its source lists it now."""
    published = NOW - timedelta(days=2)
    item = replace(
        newsroom.item("Tides of a small moon", text, external_id="2611.001", kind="paper"), revision=revision
    )
    (item_id,) = newsroom.publish("arxiv", replace(item, published=published))
    return item_id


ABSTRACT = "We weigh the tides of a small moon with a swarm of buoys. The moon turns out to be hollow."


def test_a_new_version_of_what_was_shown_is_followed_up_with_what_it_adds(newsroom: Newsroom) -> None:
    item_id = paper(newsroom, ABSTRACT, "v1")
    newsroom.send()
    newsroom.wait(days=10)
    addition = "A second swarm finds a warm ocean under eleven kilometres of ice."
    assert paper(newsroom, f"{ABSTRACT} {addition}", "v2") == item_id
    (entry,) = newsroom.build().entries
    assert entry.is_follow_up
    assert [sentence.text for sentence in entry.sentences] == [addition]
    assert [citation.item_id for citation in entry.citations] == [item_id]
    newsroom.send()
    newsroom.wait(hours=20)
    assert newsroom.build().entries == ()


def test_a_new_version_that_says_nothing_new_is_no_follow_up(newsroom: Newsroom) -> None:
    paper(newsroom, ABSTRACT, "v1")
    newsroom.send()
    newsroom.wait(hours=20)
    paper(newsroom, ABSTRACT.replace("hollow", "hollow inside"), "v2")
    digest = newsroom.build()
    assert digest.entries == ()
    assert "left_out" not in kinds(digest)


def test_a_mute_holds_for_what_the_earlier_version_said(newsroom: Newsroom) -> None:
    paper(newsroom, ABSTRACT, "v1")
    newsroom.send()
    newsroom.wait(hours=20)
    paper(newsroom, f"{ABSTRACT} A second swarm finds a warm ocean under the ice.", "v2")
    with newsroom.database.write() as session:
        mutes.add(session, MuteKind.WORD, "buoys", newsroom.now)
    assert newsroom.build().entries == ()


def test_what_a_failed_digest_held_is_shown_again_and_the_failure_is_said(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    lost = newsroom.send(DeliveryState.FAILED)
    newsroom.wait(days=1)
    digest = newsroom.build()
    assert set(titles(digest)) == set(titles(lost))
    assert digest.notes[0].is_trouble
    assert "20 November could not be delivered" in digest.notes[0].sentence


def test_a_digest_of_unknown_fate_is_named_and_its_stories_are_not_repeated(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    newsroom.send(DeliveryState.UNKNOWN)
    newsroom.wait(days=1)
    digest = newsroom.build()
    assert digest.entries == ()
    assert "`telos digest resend 2026-11-20`" in digest.notes[0].sentence


def test_nothing_older_than_the_age_limit_is_shown_as_new(newsroom: Newsroom) -> None:
    newsroom.publish("town", newsroom.item("Old", TOPICS["birds"], hours_ago=73), newsroom.item("New", TOPICS["chess"]))
    assert titles(newsroom.build()) == ["New"]


def test_items_of_no_configured_source_stay_in_memory(newsroom: Newsroom) -> None:
    publish_topics(newsroom, source="import")
    del newsroom.sources["import"]
    newsroom.publish("town", newsroom.item("New", "A sentence of five words."))
    assert titles(newsroom.build()) == ["New"]


def test_every_voice_of_a_story_is_credited_and_a_public_one_leads(newsroom: Newsroom) -> None:
    """One source tells it eight times, a private mail at the greatest length."""
    page = "https://t.example/quake"
    quake = "An earthquake damaged houses in Port Alba. Mayor Ines Calder closed the schools of Port Alba."
    remark: dict[str, Any] = {"kind": "post", "links": (page,)}
    newsroom.publish(
        "town", newsroom.item("Earthquake damages houses in Port Alba", quake, canonical_url=page, url=page)
    )
    newsroom.publish(
        "social",
        *(
            newsroom.item("", f"Shaken, says {name}.", external_id=name, authors=(f"Ada\n{name}",), **remark)
            for name in "abcdefgh"
        ),
    )
    newsroom.publish("letters", newsroom.item("From home", quake * 9, **(remark | {"kind": "mail"}), private=True))
    newsroom.publish(
        "chat", newsroom.item("", "All well here.", external_id="c", **(remark | {"kind": "message"}), private=True)
    )
    digest = newsroom.build()
    (entry,) = digest.entries
    assert set(entry.sources) == {"town", "social", "letters", "chat"}
    assert entry.title == "Earthquake damages houses in Port Alba"
    assert entry.citations[0].source == "town"
    assert {"town", "social, Ada a"} <= {citation.credited for citation in entry.citations}
    assert re.search(r"^    \[\d+\] social, Ada a, ", render(digest).text, re.MULTILINE)
    (told,) = [reason for reason in entry.reasons if reason.startswith("told by 4 sources: ")]
    assert "letters" in told
