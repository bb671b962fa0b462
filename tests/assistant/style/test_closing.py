"""Closings and signatures are learned with names left open, and written again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.style.closing import CLOSING
from assistant.style.piece import People, Piece, parse, render
from assistant.style.signature import SIGNATURE
from assistant.style.trait import Setting
from tests.assistant.style.pieces import PEOPLE, pieces


@given(piece=pieces(), value=st.sampled_from(("none", "Best regards,", "Thanks {first},", "Viele Grüße", "Cheers")))
def test_a_closing_that_was_written_is_read(piece: Piece, value: str) -> None:
    after = CLOSING.write(piece, {"closing": Setting(value)}, PEOPLE)
    assert CLOSING.read(after, PEOPLE)["closing"].value == value


@given(
    piece=pieces(),
    value=st.sampled_from(("none", "{first}", "{name}", "-- {first}", "{initials}", "{name} / Engines Ltd.", "A.")),
)
def test_a_signature_that_was_written_is_read_from_the_text_too(piece: Piece, value: str) -> None:
    after = SIGNATURE.write(piece, {"signature": Setting(value)}, PEOPLE)
    assert SIGNATURE.read(after, PEOPLE)["signature"].value == value


@pytest.mark.parametrize(
    "value", ["{first}", "{name}", "-- {first}", "{initials}", "{name} / Engines Ltd. / +44 20 1234 567"]
)
def test_a_written_signature_is_found_in_the_text(value: str) -> None:
    piece = SIGNATURE.write(parse("It is done.", PEOPLE), {"signature": Setting(value)}, PEOPLE)
    piece = CLOSING.write(piece, {"closing": Setting("Best,")}, PEOPLE)
    assert SIGNATURE.read(parse(render(piece), PEOPLE), PEOPLE)["signature"].value == value


@pytest.mark.parametrize(
    ("ending", "closing", "signature"),
    [
        ("Ta,\nNora", "Ta,", "Nora"),
        ("Fair winds,\nNora Quist", "Fair winds,", "Nora Quist"),
        ("תודה,\nנורה", "תודה,", "נורה"),
        ("Roses are red,\nSugar", "", ""),
        ("We sail on Friday,\nthen we rest", "", ""),
    ],
)
def test_words_above_the_writers_name_close_in_whatever_words(ending: str, closing: str, signature: str) -> None:
    piece = parse(f"Hi Ann,\n\nIt is done.\n\n{ending}", People(writer="Nora Quist", reader="Ann Lee"))
    assert (piece.closing, piece.signature) == (closing, signature)


def test_without_a_known_writer_a_signature_is_its_own_value_and_none_is_made_up() -> None:
    piece = parse("It is done.\n\nBest,\nNora", People())
    assert SIGNATURE.read(piece, People())["signature"].value == "Nora"
    assert SIGNATURE.write(piece, {"signature": Setting("{first}")}, People()).signature == "Nora"


def test_a_closing_with_a_reader_who_is_not_known_leaves_the_name_out() -> None:
    assert CLOSING.write(Piece(), {"closing": Setting("Thanks {first},")}, People()).closing == "Thanks,"


def test_both_are_said_as_phrases() -> None:
    assert CLOSING.say("closing", Setting("Best,")) == 'close with "Best,"'
    assert SIGNATURE.say("signature", Setting("none")) == "do not sign"
