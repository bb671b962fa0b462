"""Greetings are learned with the reader's name left open, and filled for the next reader."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.style.greeting import GREETING
from assistant.style.piece import Block, People, Piece, parse
from assistant.style.trait import Setting
from tests.assistant.style.pieces import PEOPLE, pieces

VALUES = (
    "none",
    "Hi {first},",
    "{first}:",
    "Dear {name},",
    "Hello {first}!",
    "Hi all,",
    "Hello,",
    "Hallo {first},",
    "Hola {first}:",
    "{first} -",
)


def value_of(greeting: str, reader: str = "") -> str:
    return GREETING.read(Piece(greeting=greeting), People(reader=reader))["greeting"].value


def written(value: str, people: People, piece: Piece | None = None, **more: str) -> str:
    form = {"greeting": Setting(value)} | {name.replace("_", "/"): Setting(text) for name, text in more.items()}
    return GREETING.write(piece or Piece(), form, people).greeting


@pytest.mark.parametrize(
    ("greeting", "reader", "value"),
    [
        ("", "Ann Lee", "none"),
        ("Hi Ann,", "Ann Lee", "Hi {first},"),
        ("ann:", "Ann Lee", "{first}:"),
        ("Dear Ann Lee,", "Ann Lee", "Dear {name},"),
        ("Dear Ms. Lee,", "Ann Lee", "Dear {title} {last},"),
        ("Dear Ms. Lee,", "", "Dear {title} {last},"),
        ("Hi Annie,", "Ann Lee", "Hi {first},"),
        ("Nora,", "", "{first},"),
        ("Dear Nora Quist,", "", "Dear {name},"),
        ("Tanya and Rod:", "", "{first}:"),
        ("Hi Ann and team,", "Ann Lee", "Hi {first} and team,"),
        ("Hi all,", "Ann Lee", "Hi all,"),
        ("Hello", "Ann Lee", "Hello"),
        ("Hi, Ann!", "Ann Lee", "Hi, {first}!"),
        ("Sehr geehrte Frau Dr. Lee,", "Ann Lee", "Sehr geehrte {title} {last},"),
        ("Sehr geehrter Herr Quist,", "", "Sehr geehrte {title} {last},"),
        ("Sehr geehrte Damen und Herren,", "", "Sehr geehrte Damen und Herren,"),
        ("Chère Madame Lee,", "", "Cher {title} {last},"),
        ("Estimada Sra. Lee:", "", "Estimado {title} {last}:"),
        ("Hi Anna,", "Anna Maria Lee", "Hi {first},"),
        ("Ahoy Ann,", "Ann Lee", "Ahoy {first},"),
        ("שלום משה,", "משה כהן", "שלום {first},"),
        ("Katherine Ann,", "Ann Katherine Lee", "{name},"),
    ],
)
def test_names_are_left_open(greeting: str, reader: str, value: str) -> None:
    assert value_of(greeting, reader) == value


@pytest.mark.parametrize(
    ("value", "reader", "line"),
    [
        ("Hi {first},", "Ann Lee", "Hi Ann,"),
        ("Hi {first},", "Lee, Ann", "Hi Ann,"),
        ("Hi {first},", "Ann Lee <ann@example.org>", "Hi Ann,"),
        ("Dear {name},", "Anna Maria Lee", "Dear Anna Maria Lee,"),
        ("Dear {title} {last},", "Dr. Ann Lee", "Dear Dr. Lee,"),
        ("Dear {title} {last},", "Ann Lee", "Dear Ann Lee,"),
        ("Dear {title} {last},", "Ann", "Dear Ann,"),
        ("Hi {first},", "Ms. Lee", "Hi Ms. Lee,"),
        ("Hi {first},", "", "Hi,"),
        ("Hi {first},", "ann@example.org", "Hi,"),
        ("{first},", "", ""),
        ("Dear {title} {last},", "", "Hello,"),
        ("Sehr geehrte {title} {last},", "Herr Quist", "Sehr geehrter Herr Quist,"),
        ("Sehr geehrte {title} {last},", "Frau Lee", "Sehr geehrte Frau Lee,"),
        ("Sehr geehrte {title} {last},", "Ann Lee", "Guten Tag Ann Lee,"),
        ("Sehr geehrte {title} {last},", "", "Sehr geehrte Damen und Herren,"),
        ("Cher {title} {last},", "Madame Lee", "Chère Madame Lee,"),
        ("Estimado {title} {last}:", "Ana Ruiz", "Hola Ana Ruiz:"),
        ("none", "Ann Lee", ""),
    ],
)
def test_names_are_filled_and_what_is_not_known_is_left_out(value: str, reader: str, line: str) -> None:
    assert written(value, People(reader=reader)) == line


def test_a_title_that_was_written_serves_the_one_it_was_written_to() -> None:
    title = GREETING.read(Piece(greeting="Dear Ms. Lee,"), PEOPLE)["greeting/title"].value
    assert title == "Ms. Lee"
    assert written("Dear {title} {last},", PEOPLE, greeting_title=title) == "Dear Ms. Lee,"
    assert written("Dear {title} {last},", People(reader="Bob Quist"), greeting_title=title) == "Dear Bob Quist,"


def test_without_a_known_reader_the_names_of_the_greeting_at_hand_are_used() -> None:
    assert written("Dear {first},", People(), Piece(greeting="Hi Nora,")) == "Dear Nora,"
    assert written("Hello {first},", People(), Piece(greeting="Mark and Trina:")) == "Hello Mark and Trina,"
    assert written("Dear {title} {last},", People(), Piece(greeting="Ms. Lee,")) == "Dear Ms. Lee,"


def test_what_follows_a_greeting_that_goes_begins_with_a_capital() -> None:
    piece = parse("Hallo Ann,\n\nanbei das Protokoll.", PEOPLE)
    assert GREETING.write(piece, {"greeting": Setting("none")}, PEOPLE).blocks == (
        Block("prose", ("Anbei das Protokoll.",)),
    )


@given(piece=pieces(), value=st.sampled_from(VALUES))
def test_what_was_written_is_read(piece: Piece, value: str) -> None:
    after = GREETING.write(piece, {"greeting": Setting(value)}, PEOPLE)
    assert GREETING.read(after, PEOPLE)["greeting"].value == value
    if value != "none" or piece.blocks[0].kind != "prose":
        assert after == replace(piece, greeting=after.greeting)


def test_an_edit_shows_both_greetings() -> None:
    before, after = parse("Hi Ann,\n\nIt moved.", PEOPLE), parse("Dear Ms. Lee,\n\nIt moved.", PEOPLE)
    differences = {one.dimension: one for one in GREETING.compare(before, after, PEOPLE)}
    assert (differences["greeting"].before, differences["greeting"].after.value) == (
        "Hi {first},",
        "Dear {title} {last},",
    )
    assert differences["greeting"].quote_before == "Hi Ann,"
    assert GREETING.compare(before, before, PEOPLE) == []


def test_a_nickname_serves_the_one_who_has_it() -> None:
    people = People(reader="Katherine Jones")
    before, after = parse("Hi Katherine,\n\nIt moved.", people), parse("Hi Kate,\n\nIt moved.", people)
    (difference,) = GREETING.compare(before, after, people)
    assert (difference.dimension, difference.after.value) == ("greeting/called", "Kate (Katherine Jones)")
    kate = difference.after.value
    assert written("Dear {first},", people, greeting_called=kate) == "Dear Kate,"
    assert written("Dear {first},", People(reader="Katherine Quist"), greeting_called=kate) == "Dear Katherine,"
    assert GREETING.say("greeting/called", Setting(difference.after.value)) == 'call Katherine Jones "Kate"'
