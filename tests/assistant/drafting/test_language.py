"""Which language a draft is in, from few words, and how a user may write it."""

from __future__ import annotations

import pytest

from assistant.drafting.language import language_of, read
from assistant.drafting.material import Material, Statement
from assistant.engine.brief import Passage
from assistant.errors import BadRequest


def of(point: str, incoming: str = "", usual: str = "") -> str:
    return language_of(Material(kind="mail", statements=(Statement(text=point),), incoming=incoming), usual)


@pytest.mark.parametrize(
    ("point", "incoming", "code"),
    [
        ("The ferry leaves at nine.", "", "en"),
        ("Die Folien kommen morgen.", "Kannst du die Folien schicken?", "de"),
        ("Le bateau part à neuf heures. Peux-tu apporter les billets ?", "", "fr"),
        ("Bitte Karten mitbringen.", "", "de"),
        ("¿Puedes traer los billetes?", "", "es"),
        ("Yes.", "Wann fährt die Fähre, und was kostet die Karte?", "de"),
        ("OK.", "", ""),
    ],
)
def test_short_texts_are_told_by_what_they_have(point: str, incoming: str, code: str) -> None:
    assert of(point, incoming) == code


def test_where_nothing_tells_it_is_that_of_the_items_or_the_users() -> None:
    assert of("OK.", usual="fr") == "fr"
    with_item = Material(kind="note", passages=(Passage(1, "Tal", "Tal", "de"),))
    assert language_of(with_item, "fr") == "de"


@pytest.mark.parametrize(
    ("wished", "code"),
    [("de-AT", "de"), ("EN", "en"), ("German", "de"), ("français", "fr"), ("pt_BR", "pt"), (" ", "")],
)
def test_a_language_is_written_in_many_ways(wished: str, code: str) -> None:
    assert read(wished) == code


@pytest.mark.parametrize("wished", ["klingon", "e", "en us", "<b>"])
def test_what_is_no_language_is_refused(wished: str) -> None:
    with pytest.raises(BadRequest, match="not the code of a language"):
        read(wished)
