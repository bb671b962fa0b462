"""What all traits keep to, whatever the text: facts stay, nothing is changed twice, and each change has one name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.support.dates import days
from assistant.engine.support.numerals import plain
from assistant.style import traits
from assistant.style.date_formats import FORMATS
from assistant.style.piece import People, Piece, parse, render
from assistant.style.trait import Form, Setting
from tests.assistant.style.letters import OTHER, PEOPLE, letters

VALUES = {
    "person": ("i", "we"),
    "contractions": ("yes", "no"),
    "spelling": ("en-GB", "en-US"),
    "formality": ("formal", "informal"),
    "dates": tuple(FORMATS),
    "times": ("24h", "12h"),
    "numbers": ("digits", "words"),
    "thousands": ("1,000", "1 000", "1000", "1'000", "1.000"),
    "exclamation": ("yes", "no"),
    "emoji": ("yes", "no"),
    "emoji/usual": ("🙂 end", "🎉 start"),
    "term/utilise": ("use", "make use of", "none"),
    "term/report": ("status report", "paper"),
    "term/clients": ("customers",),
}
FORMS = st.dictionaries(st.sampled_from(sorted(VALUES)), st.none(), max_size=5).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(VALUES[name]).map(Setting) for name in names})
)
ONE_SETTING = st.sampled_from([(name, value) for name, values in VALUES.items() for value in values])
WORDING = ("person", "contractions", "spelling", "dates", "times", "numbers", "thousands", "exclamation")


def one(name: str, value: str) -> Form:
    return {name: Setting(value)}


def body_of(piece: Piece) -> str:
    return render(Piece(blocks=piece.blocks, postscript=piece.postscript))


def days_named(piece: Piece) -> list[frozenset[tuple[int, int]]]:
    """Each day as what it may be. Times are no dates, whatever stands between their figures."""
    text = plain(re.sub(r"\d+[:.]\d\d\b(?!\.)", "", body_of(piece)))
    return [day.options for day in days(text) if day.year and all(number for _, number in day.options)]


@settings(max_examples=150, deadline=None)
@given(letters(), FORMS)
def test_a_form_is_written_once(piece: Piece, form: Form) -> None:
    once = traits.write(piece, form, PEOPLE)
    assert traits.write(once, form, PEOPLE) == once


@settings(max_examples=150, deadline=None)
@given(letters(), ONE_SETTING)
def test_what_a_text_shows_already_is_not_written_again(piece: Piece, setting: tuple[str, str]) -> None:
    name, value = setting
    shown = traits.read(piece, PEOPLE).get(name)
    if (
        shown is not None
        and shown.value == value
        and name not in ("dates", "times", "numbers", "thousands", "spelling")
    ):
        assert traits.write(piece, one(name, value), PEOPLE) == piece


@settings(max_examples=200, deadline=None)
@given(letters(), st.sampled_from([(name, value) for name in WORDING for value in VALUES[name]]))
def test_what_was_written_is_read(piece: Piece, setting: tuple[str, str]) -> None:
    name, value = setting
    written = traits.write(piece, one(name, value), PEOPLE)
    shown = traits.read(written, PEOPLE).get(name)
    if written != piece and not (name == "thousands" and value == "1.000"):
        others = {other for other in VALUES[name] if other != value} if len(VALUES[name]) == 2 else set()
        assert shown is None or shown.value not in others


@settings(max_examples=200, deadline=None)
@given(letters(), FORMS)
def test_days_names_and_what_is_not_the_writers_stay(piece: Piece, form: Form) -> None:
    written = traits.write(piece, form, PEOPLE)
    assert (written.quoted, written.signature, written.greeting) == (piece.quoted, piece.signature, piece.greeting)
    assert [block for block in written.blocks if block.kind == "verbatim"] == [
        block for block in piece.blocks if block.kind == "verbatim"
    ]
    before, after = body_of(piece), body_of(written)
    for kept in ("bob@example.org", "https://example.org/colour/2026-11-20", "`we.don't(3)`", "[... the figure]"):
        assert after.count(kept) == before.count(kept)
    for kept in ('"I don\'t organise 3 meetings on 05/06/2026!"', "Harbor Freight", "Ann's"):
        assert after.count(kept) == before.count(kept)
    now = days_named(written)
    assert all(any(day <= options or options <= day for options in now) for day in days_named(piece))


@settings(max_examples=50, deadline=None)
@given(letters())
def test_a_text_that_was_not_edited_shows_no_difference(piece: Piece) -> None:
    assert traits.compare(piece, piece, PEOPLE) == []


@settings(max_examples=100, deadline=None)
@given(letters(), letters(), FORMS, st.data())
def test_the_traits_of_some_dimensions_say_of_an_edit_what_they_say_among_all(
    piece: Piece, other: Piece, form: Form, data: st.DataObject
) -> None:
    after = data.draw(st.sampled_from([other, traits.write(piece, form, PEOPLE)]))
    every = traits.compare(piece, after, PEOPLE)
    asked = data.draw(st.sets(st.sampled_from(sorted({*VALUES, *(one.dimension for one in every)}))))
    names = {trait.name for trait in map(traits.trait_of, asked) if trait}
    wanted = [one for one in every if (trait := traits.trait_of(one.dimension)) and trait.name in names]
    assert traits.compare(piece, after, PEOPLE, asked) == wanted


@settings(max_examples=200, deadline=None)
@given(letters(), st.sampled_from([(name, value) for name in WORDING for value in VALUES[name]]))
def test_what_one_trait_changes_no_other_reports(piece: Piece, setting: tuple[str, str]) -> None:
    name, value = setting
    plain_piece = traits.write(piece, one("person", "i"), PEOPLE)
    found = traits.compare(plain_piece, traits.write(plain_piece, one(name, value), PEOPLE), PEOPLE)
    # a date in words has more of them, and a mark that is gone is a full stop now
    assert {difference.dimension for difference in found} <= {name, "words", "layout/stops"}


@settings(max_examples=60, deadline=None)
@given(letters(OTHER), FORMS)
def test_another_language_keeps_its_words(piece: Piece, form: Form) -> None:
    people = People()
    written = traits.write(piece, {name: one for name, one in form.items() if name in WORDING[:3]}, people)
    assert written.blocks == piece.blocks
    english = {"person", "contractions", "spelling", "times", "numbers", "formality"}
    assert not english & set(traits.read(piece, people))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), FORMS)
def test_any_text_can_be_read_and_written(text: str, form: Form) -> None:
    piece = parse(text, PEOPLE)
    traits.read(piece, PEOPLE)
    written = traits.write(piece, form, PEOPLE)
    traits.compare(piece, written, PEOPLE)


SAID = {
    "a term": ("term/utilize", "use", 'write "use" instead of "utilize"'),
    "a term that is left": ("term/utilize", "none", 'leave "utilize" as it is'),
    "dates": ("dates", "d month y", "dates as 20 November 2026"),
    "we": ("person", "we", 'say "we", not "I"'),
    "nobody": ("person", "impersonal", 'name no writer, neither "I" nor "we"'),
    "contracted": ("contractions", "yes", 'contract ("don\'t", "it\'s")'),
    "spelling": ("spelling", "en-GB", "British spelling"),
    "a phrase": ("phrase/warm", "write warmly", "write warmly"),
    "of another version": ("smell", "roses", "smell: roses"),
    "emoji": ("emoji/usual", "🙂 end", "where an emoji stands, 🙂 after the last sentence"),
}


@pytest.mark.parametrize(("dimension", "value", "phrase"), SAID.values(), ids=SAID.keys())
def test_a_preference_is_said_in_words(dimension: str, value: str, phrase: str) -> None:
    assert traits.say(dimension, Setting(value)) == phrase


def test_every_trait_has_a_name_of_its_own_and_a_share_of_the_text() -> None:
    names = [trait.name for trait in traits.TRAITS]
    assert len(set(names)) == len(names)
    assert all(0 < traits.reach(name) <= 1 for name in (*names, "term/utilize", "phrase/warm", "smell"))
    assert traits.reach("term/utilize") < traits.reach("person") < traits.reach("words")
