"""How long a document is that Telos takes from items: as the user left those before it, unless they said it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import drafts, memories, profile
from assistant.answers.drafts import DraftEdit, DraftView, NewDraft
from assistant.answers.memory import Note
from assistant.answers.profile import NewPreference
from assistant.service import Service
from tests.assistant.talking import talking

PLACES = ("island", "harbour", "village", "valley", "castle")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with talking(tmp_path) as found:
        yield found


SAID = (
    "Most people of the {place} keep bees. A new bridge was opened by the mayor last spring. Nobody remembers a winter as wet "
    "as this one. Three bakers share one oven behind the church. The railway company has promised faster trains. School begins "
    "an hour later since October. Two painters bought the empty mill. Visitors ask for the old lighthouse first. Bread has "
    "become dearer by a fifth. An orchestra plays there on Sundays in summer."
)


def about(service: Service, place: str) -> DraftView:
    """A document drawn from an item that says ten things of a place."""
    item = memories.add(service, Note(title=f"The {place}", text=SAID.format(place=place))).item_id
    return drafts.new(service, NewDraft(kind="document", items=[item]))


def sentences(view: DraftView) -> list[str]:
    return [one for one in view.current.text.split("\n\n", 1)[1].split(". ") if one]


def cut_to(service: Service, view: DraftView, count: int) -> None:
    heading, body = view.current.text.split("\n\n", 1)
    kept = ". ".join(body.rstrip(".").split(". ")[:count]) + "."
    edit = DraftEdit(version=view.current.number, text=f"{heading}\n\n{kept}", is_sure=True)
    drafts.edit(service, view.line.id, edit)


def test_a_document_is_as_long_as_the_user_left_those_before_it(service: Service) -> None:
    usual = len(sentences(about(service, PLACES[0])))
    for place in PLACES[1:3]:
        cut_to(service, about(service, place), 2)
    assert usual > 3
    assert len(sentences(about(service, PLACES[3]))) == 2


def test_what_the_user_said_of_the_length_stands_above_what_they_did(service: Service) -> None:
    for place in PLACES[:2]:
        cut_to(service, about(service, place), 2)
    profile.state(service, NewPreference(dimension="sentences", value="4"))
    assert len(sentences(about(service, PLACES[3]))) == 4


SHORT = (
    "Many people of the {place} keep bees today. The mayor opened a new bridge last spring. Nobody remembers a winter quite so wet. "
    "Three bakers share one oven behind church. The railway company has promised faster trains. School begins one hour later since October. "
    "Two painters bought the old empty mill. Visitors ask for the old lighthouse first."
)
LONG = (
    "Most of the old families who live in the {place} have kept bees in their gardens for many generations. The mayor "
    "and all of the council opened the new bridge over the river with a long speech last spring. Nobody who lives there "
    "can remember any winter that was as wet and as dark as the one before this. Three of the bakers have agreed to share "
    "one large oven that stands in the yard behind the church."
)
WORDS = 40


def drawn(service: Service, text: str, place: str) -> DraftView:
    item = memories.add(service, Note(title=f"The {place}", text=text.format(place=place))).item_id
    return drafts.new(service, NewDraft(kind="document", items=[item]))


def words(view: DraftView) -> int:
    return len(view.current.text.split("\n\n", 1)[1].split())


def test_who_cuts_texts_to_so_many_words_gets_as_many_of_long_sentences_and_of_short_ones(service: Service) -> None:
    for place, text, count in (("island", SHORT, 6), ("harbour", LONG, 2), ("village", SHORT, 6)):
        cut_to(service, drawn(service, text, place), count)
    assert WORDS * 0.7 < words(drawn(service, LONG, "valley")) < WORDS * 1.3
    assert WORDS * 0.7 < words(drawn(service, SHORT, "castle")) < WORDS * 1.3


def test_who_cuts_texts_to_two_sentences_gets_two_long_ones_and_two_short_ones(service: Service) -> None:
    for place, text in (("island", LONG), ("harbour", SHORT), ("village", LONG)):
        cut_to(service, drawn(service, text, place), 2)
    assert len(sentences(drawn(service, SHORT, "valley"))) == 2
    assert len(sentences(drawn(service, LONG, "castle"))) == 2
