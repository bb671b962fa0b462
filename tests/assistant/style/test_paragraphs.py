"""Paragraphs and sentences are cut as the user cuts them, and no word is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.sentences import words
from assistant.style.heading import HEADING
from assistant.style.paragraphs import PARAGRAPHS
from assistant.style.piece import People, Piece, parse, render
from assistant.style.sentence_length import SENTENCE_LENGTH
from assistant.style.trait import Setting
from tests.assistant.style.pieces import PEOPLE, pieces


def split(text: str, amount: float) -> str:
    return render(SENTENCE_LENGTH.write(parse(text, PEOPLE), {"sentence_length": Setting(str(amount), amount)}, PEOPLE))


@given(piece=pieces(), amount=st.integers(1, 6))
def test_paragraphs_that_were_written_are_read(piece: Piece, amount: int) -> None:
    after = PARAGRAPHS.write(piece, {"paragraphs": Setting(str(amount), amount)}, PEOPLE)
    assert words(render(after)) == words(render(piece))
    runs = [block for block in piece.blocks if block.kind != "prose"]
    if not runs:
        total = sum(len(block.parts) for block in piece.blocks)
        shown = PARAGRAPHS.read(after, PEOPLE).get("paragraphs")
        assert shown is None or shown.amount == min(amount, total)


def test_a_text_with_half_its_sentences_shows_no_other_paragraphs() -> None:
    before, after = parse("One is. Two is. Three is. Four is.", PEOPLE), parse("One is.\n\nTwo is.", PEOPLE)
    assert PARAGRAPHS.compare(before, parse("One is. Two is.\n\nThree is. Four is.", PEOPLE), PEOPLE)
    assert not PARAGRAPHS.compare(parse("One is. Two is. Three is. Four is. Five is.", PEOPLE), after, PEOPLE)
    assert not PARAGRAPHS.compare(before, before, PEOPLE)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (
            "It rained all day long; the children stayed at home.",
            "It rained all day long. The children stayed at home.",
        ),
        ("We sent the report today, and we wait for an answer.", "We sent the report today. We wait for an answer."),
        (
            "We sent the report today, but they have not read it.",
            "We sent the report today. But they have not read it.",
        ),
        ("We bought bread, milk, and a bottle of good wine.", "We bought bread, milk, and a bottle of good wine."),
        (
            "If it rains on Friday, and we stay at home all day, call.",
            "If it rains on Friday, and we stay at home all day, call.",
        ),
        (
            'He said "it is done at last, and we go home now" to us.',
            'He said "it is done at last, and we go home now" to us.',
        ),
    ],
)
def test_sentences_are_split_only_where_two_clauses_meet(text: str, result: str) -> None:
    assert split(text, 6) == result


def test_sentences_that_are_short_enough_stay() -> None:
    text = "It rained all day long; the children stayed at home."
    assert split(text, 12) == text


@given(piece=pieces(), amount=st.integers(3, 30))
def test_sentences_only_get_shorter(piece: Piece, amount: int) -> None:
    after = SENTENCE_LENGTH.write(piece, {"sentence_length": Setting(str(amount), amount)}, PEOPLE)
    was, now = (SENTENCE_LENGTH.read(one, PEOPLE).get("sentence_length") for one in (piece, after))
    assert was is None or (
        now is not None and now.amount is not None and was.amount is not None and now.amount <= was.amount
    )


def test_a_sentence_left_out_is_no_other_length_and_one_split_is() -> None:
    text = "It rained all day long; the children stayed at home. We go."
    before = parse(text, PEOPLE)
    assert SENTENCE_LENGTH.compare(before, parse("We go.", PEOPLE), PEOPLE) == []
    assert SENTENCE_LENGTH.compare(before, parse(split(text, 5), PEOPLE), PEOPLE)


def test_a_heading_goes_where_none_is_wanted_and_is_never_made_up() -> None:
    piece = parse("# Plan\n\nWe go.", People())
    assert HEADING.read(piece, People())["heading"].value == "yes"
    without = HEADING.write(piece, {"heading": Setting("no")}, People())
    assert render(without) == "We go."
    assert HEADING.read(without, People())["heading"].value == "no"
    assert HEADING.write(without, {"heading": Setting("yes")}, People()) == without


@given(piece=pieces())
def test_a_heading_taken_away_is_read_as_none(piece: Piece) -> None:
    after = HEADING.write(piece, {"heading": Setting("no")}, PEOPLE)
    assert (
        HEADING.read(after, PEOPLE)["heading"].value == "no"
        or piece.blocks[1].kind == "heading"
        or len(piece.blocks) == 1
    )
