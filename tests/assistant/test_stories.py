"""Items about the same event become one story; everything else stays apart."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from memory.models import Item, Story
from memory.store import stories
from tests.assistant.newsroom import Newsroom

QUAKE = (
    "A strong earthquake shook the coast of Freeland on Monday and damaged hundreds of houses in Port Alba. Mayor Ines "
    "Calder said that rescue teams from Norden are on their way and that schools will stay closed."
)
QUAKE_RETOLD = (
    "Rescue teams from Norden reached Port Alba after the earthquake on the coast of Freeland. Mayor Ines Calder said "
    "that hundreds of houses were damaged and that schools stay closed until Friday."
)
BREAD = (
    "Bakers in Norden have begun to sell bread made from old rye, after a mill near Lake Orm found a way to grind it "
    "without losing its taste. Prices are a little higher than those of wheat bread."
)


@pytest.fixture(params=["with vectors", "by words alone"])
def newsroom(request: pytest.FixtureRequest, tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path) if request.param == "with vectors" else Newsroom(tmp_path, embedder=None)


def are_one(newsroom: Newsroom, *item_ids: int) -> bool:
    return len({newsroom.story_of(item_id) for item_id in item_ids}) == 1


def test_every_item_is_placed_and_unrelated_ones_stay_apart(newsroom: Newsroom) -> None:
    one, two = newsroom.publish("town", newsroom.item("Quake", QUAKE), newsroom.item("Old rye", BREAD))
    assert newsroom.story_of(one) is not None
    assert not are_one(newsroom, one, two)


CASES: dict[str, Callable[[Newsroom], list[int]]] = {
    "the same text from two sources": lambda room: (
        room.publish("town", room.item("Quake hits Port Alba", QUAKE))
        + room.publish("wire", room.item("Quake hits Port Alba", QUAKE))
    ),
    "the same text with other marks and spaces": lambda room: (
        room.publish("town", room.item("Quake hits Port Alba", QUAKE))
        + room.publish("wire", room.item("Quake hits Port Alba!", QUAKE.replace(" ", "\n ").replace(".", " .")))
    ),
    "an edited copy under another title": lambda room: (
        room.publish("town", room.item("Quake hits Port Alba", QUAKE))
        + room.publish("wire", room.item("Hundreds of houses damaged", QUAKE.replace("Monday", "Monday morning")))
    ),
    "an excerpt": lambda room: (
        room.publish("town", room.item("Quake hits Port Alba", QUAKE + " " + BREAD))
        + room.publish("wire", room.item("Quake", QUAKE))
    ),
    "the same page in two feeds": lambda room: (
        room.publish("town", room.item("Quake", QUAKE, canonical_url="https://t.example/quake"))
        + room.publish("wire", room.item("What we know", "Nothing yet.", canonical_url="https://t.example/quake"))
    ),
    "the same event in other words": lambda room: (
        room.publish("town", room.item("Earthquake damages houses in Port Alba", QUAKE, hours_ago=20))
        + room.publish("wire", room.item("Rescue teams reach Port Alba after earthquake", QUAKE_RETOLD))
    ),
    "a paper and a post that links to its PDF": lambda room: (
        room.publish(
            "arxiv",
            room.item("Walking robots", BREAD, kind="paper", canonical_url="https://arxiv.org/abs/2602.01234v2"),
        )
        + room.publish(
            "social",
            room.item(
                "", "Worth a look.", kind="post", external_id="p", links=("https://www.arxiv.org/pdf/2602.01234",)
            ),
        )
    ),
    "a paper and a message that names its id": lambda room: (
        room.publish(
            "slack", room.item("", "has anybody read arXiv:2602.01234?", kind="message", external_id="m", private=True)
        )
        + room.publish(
            "arxiv", room.item("Walking robots", BREAD, kind="paper", canonical_url="https://arxiv.org/abs/2602.01234")
        )
    ),
    "a paper by its DOI": lambda room: (
        room.publish(
            "journal",
            room.item("Walking robots", BREAD, kind="paper", canonical_url="https://doi.org/10.1234/Robots.5"),
        )
        + room.publish(
            "mail", room.item("Fwd", "See below.", kind="mail", links=("https://pub.example/doi/abs/10.1234/robots.5",))
        )
    ),
    "two posts about a page that no feed brought": lambda room: (
        room.publish(
            "one",
            room.item("", "So it has happened.", kind="post", external_id="1", links=("https://t.example/quake?a=1",)),
        )
        + room.publish(
            "two",
            room.item("", "Unbelievable!", kind="post", external_id="2", links=("http://www.t.example/quake/?a=1",)),
        )
    ),
    "copies within one batch": lambda room: room.publish(
        "town", room.item("Quake", QUAKE, external_id="1"), room.item("Quake", QUAKE, external_id="2")
    ),
}


@pytest.mark.parametrize("publish", CASES.values(), ids=CASES)
def test_one_event_is_one_story(newsroom: Newsroom, publish: Callable[[Newsroom], list[int]]) -> None:
    assert are_one(newsroom, *publish(newsroom))


APART: dict[str, Callable[[Newsroom], list[int]]] = {
    "the front page as the link of both": lambda room: room.publish(
        "town",
        room.item("Quake", QUAKE, canonical_url="https://t.example/"),
        room.item("Old rye", BREAD, canonical_url="https://t.example/"),
    ),
    "two posts that link to a profile and a home page": lambda room: room.publish(
        "social",
        room.item(
            "",
            "My first day at work.",
            kind="post",
            external_id="1",
            links=("https://x.com/ada", "https://t.example/en/"),
        ),
        room.item(
            "",
            "Rain again in Norden.",
            kind="post",
            external_id="2",
            links=("https://x.com/ada", "https://t.example/en/"),
        ),
    ),
    "two mails through one tracker": lambda room: room.publish(
        "mail",
        room.item("Invoice", "Please pay.", kind="mail", links=("https://click.example.org/u/1", "https://t.co/abc")),
        room.item(
            "Greetings", "From Lake Orm.", kind="mail", links=("https://click.example.org/u/1", "https://t.co/abc")
        ),
    ),
    "a list of links and what it links to": lambda room: (
        room.publish("town", room.item("Quake", QUAKE, canonical_url="https://t.example/quake"))
        + room.publish(
            "mail",
            room.item(
                "This week",
                "Bread and tides.",
                kind="mail",
                links=tuple(f"https://t.example/{page}" for page in ("quake", "rye", "tide", "chess")),
            ),
        )
    ),
    "the same words four days apart": lambda room: (
        room.publish("town", room.item("Earthquake damages houses in Port Alba", QUAKE, hours_ago=100))
        + room.publish("wire", room.item("Rescue teams reach Port Alba after earthquake", QUAKE_RETOLD))
    ),
    "two papers on one subject": lambda room: room.publish(
        "arxiv",
        room.item("Earthquake houses of Port Alba", QUAKE, kind="paper"),
        room.item("Rescue teams of Port Alba after an earthquake", QUAKE_RETOLD, kind="paper"),
    ),
    "texts too short to tell": lambda room: room.publish(
        "town", room.item("Weather", "Rain."), room.item("Sports", "Rain.")
    ),
}


@pytest.mark.parametrize("publish", APART.values(), ids=APART)
def test_what_only_looks_alike_stays_apart(newsroom: Newsroom, publish: Callable[[Newsroom], list[int]]) -> None:
    assert not are_one(newsroom, *publish(newsroom))


def story(newsroom: Newsroom, item_id: int) -> Story:
    with newsroom.database.read() as session:
        found = stories.get(session, newsroom.story_of(item_id) or 0)
    assert found is not None
    return found


def test_a_story_moves_when_more_is_told_and_not_when_a_text_is_repeated(newsroom: Newsroom) -> None:
    (first,) = newsroom.publish("town", newsroom.item("Earthquake damages houses in Port Alba", QUAKE))
    began = story(newsroom, first).moved_at
    newsroom.wait(hours=3)
    newsroom.publish("wire", newsroom.item("Earthquake damages houses in Port Alba", QUAKE))
    assert story(newsroom, first).moved_at == began
    newsroom.wait(hours=3)
    newsroom.publish("post", newsroom.item("Rescue teams reach Port Alba after earthquake", QUAKE_RETOLD))
    assert story(newsroom, first).moved_at == newsroom.now > began + timedelta(hours=5)


@pytest.mark.parametrize(
    ("rewritten", "moves"),
    [
        pytest.param(QUAKE + " Divers found the old lighthouse broken in two.", True, id="a sentence is added"),
        pytest.param(QUAKE.replace("hundreds of houses", "hundreds of hoses"), False, id="a letter is lost"),
        pytest.param(". ".join(reversed(QUAKE.rstrip(".").split(". "))) + ".", False, id="sentences change places"),
        pytest.param(QUAKE.partition(". ")[0] + ".", False, id="a sentence is taken out"),
    ],
)
def test_a_new_version_moves_its_story_where_it_says_more(newsroom: Newsroom, rewritten: str, moves: bool) -> None:
    (item_id,) = newsroom.publish("town", newsroom.item("Quake", QUAKE, external_id="1"))
    began = story(newsroom, item_id).moved_at
    newsroom.wait(hours=3)
    assert newsroom.publish("town", newsroom.item("Quake", rewritten, external_id="1")) == [item_id]
    assert story(newsroom, item_id).moved_at == (newsroom.now if moves else began)


def test_a_story_that_moved_since_is_not_put_back_by_an_older_revision(newsroom: Newsroom) -> None:
    (item_id,) = newsroom.publish("town", newsroom.item("Quake", QUAKE))
    with newsroom.database.write() as session:
        stories.move(session, newsroom.story_of(item_id) or 0, newsroom.now)
        stories.move(session, newsroom.story_of(item_id) or 0, newsroom.now - timedelta(hours=2))
    assert story(newsroom, item_id).moved_at == newsroom.now


def test_an_item_waits_for_its_vector_where_there_is_an_embedder(tmp_path: Path) -> None:
    from assistant.stories.placing import place
    from memory.store import items, sources

    newsroom = Newsroom(tmp_path)
    with newsroom.database.write() as session:
        source = sources.ensure(session, "town", "feeds", newsroom.now)
        items.save(session, source.id or 0, [newsroom.item("Quake", QUAKE)], newsroom.now)
    assert place(newsroom.database, embedder_slug="words-test-64", now=newsroom.now) == 0
    assert place(newsroom.database, embedder_slug=None, now=newsroom.now) == 1
    assert place(newsroom.database, embedder_slug=None, now=newsroom.now) == 0


def test_the_exact_duplicates_among_real_news_and_nothing_else_alike_become_one(
    shared_data: Path, tmp_path: Path
) -> None:
    """Without vectors; every exact duplicate is found, and few other texts are joined."""
    lines = (shared_data / "ranking" / "bbc_news.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [str(json.loads(line)["text"]) for line in lines]
    newsroom = Newsroom(tmp_path, embedder=None)
    published = [
        newsroom.item(
            text.partition("\n\n")[0], text.partition("\n\n")[2], external_id=str(number), hours_ago=number / 60
        )
        for number, text in enumerate(texts)
    ]
    ids = newsroom.publish("news", *published)
    with newsroom.database.read() as session:
        story_of = {item.id: item.story_id for item in session.exec(select(Item))}
    copies: defaultdict[str, list[int]] = defaultdict(list)
    for item_id, text in zip(ids, texts, strict=True):
        copies[text].append(item_id)
    repeated = [group for group in copies.values() if len(group) > 1]
    assert repeated
    assert all(len({story_of[item_id] for item_id in group}) == 1 for group in repeated)
    assert len(set(story_of.values())) > 0.93 * len(ids)
