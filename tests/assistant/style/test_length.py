"""Texts are shortened by whole sentences, and never lengthened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.style.body import units
from assistant.style.length import SENTENCES, WORDS
from assistant.style.piece import People, Piece, parse, render
from assistant.style.trait import Setting
from tests.assistant.style.pieces import PEOPLE, pieces

LETTER = "Hi Ann,\n\nI hope you are well. The room is free on Friday. We need a key. The caretaker has one. Could you ask him?\n\nBest,\nAda"


def sentences(piece: Piece, amount: float) -> Piece:
    return SENTENCES.write(piece, {"sentences": Setting(str(amount), amount)}, PEOPLE)


@given(piece=pieces(), amount=st.integers(1, 12))
def test_a_text_has_so_many_sentences_or_fewer_afterwards(piece: Piece, amount: int) -> None:
    before, after = units(piece), units(sentences(piece, amount))
    assert len(after) == min(amount, len(before)) or any(unit.text.endswith(":") for unit in before)
    assert after[0].text == before[0].text or not before


@given(piece=pieces(), amount=st.integers(1, 80))
def test_what_is_left_was_there_and_greeting_and_closing_stay(piece: Piece, amount: int) -> None:
    after = WORDS.write(piece, {"words": Setting(str(amount), amount)}, PEOPLE)
    left = [unit.text for unit in units(after)]
    every = iter([unit.text for unit in units(piece)])
    assert all(text in every for text in left)
    assert replace(after, blocks=()) == replace(piece, blocks=())


@given(piece=pieces(), amount=st.integers(1, 80))
def test_words_come_nearer_to_what_is_asked(piece: Piece, amount: int) -> None:
    after = WORDS.write(piece, {"words": Setting(str(amount), amount)}, PEOPLE)
    was, now = (sum(len(unit.text.split()) for unit in units(one)) for one in (piece, after))
    assert now <= was
    assert abs(now - amount) <= abs(was - amount) + 1


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        (
            "The pier is closed until 4 June 2026. Boats wait.",
            "The pier is closed until 2026-06-04. Boats wait.",
            False,
        ),
        ("We use the old dock.", "We use the old dock by the church.", False),
        ("We use the old dock.", "We use the old dock by the church, which was built long ago.", True),
        ("The pier is closed. Boats wait.", "The pier is closed.", True),
    ],
)
def test_another_date_or_a_few_words_are_no_other_length(before: str, after: str, is_told: bool) -> None:
    people = People(language="en")
    assert bool(WORDS.compare(parse(before, people), parse(after, people), people)) is is_told


def test_what_frames_the_matter_goes_first_and_then_the_end() -> None:
    piece = parse(LETTER, PEOPLE)
    after = sentences(piece, 3)
    assert after.blocks[0].parts == ("I hope you are well.", "The room is free on Friday.", "We need a key.")


def test_a_standing_sentence_to_come_is_part_of_the_length() -> None:
    piece = parse(LETTER, PEOPLE)
    form = {"sentences": Setting("3", 3.0), "stock/end/please-confirm": Setting("Please confirm.")}
    assert len(units(SENTENCES.write(piece, form, PEOPLE))) == 2


def test_the_line_above_a_list_goes_with_its_last_item() -> None:
    piece = parse("The room is free. Please bring:\n- a key\n- a lamp", People())
    assert render(sentences(piece, 1)) == "The room is free."


def test_another_word_is_no_other_length() -> None:
    before = parse(LETTER, PEOPLE)
    after = parse(LETTER.replace("has one", "has one too"), PEOPLE)
    assert WORDS.compare(before, after, PEOPLE) == SENTENCES.compare(before, after, PEOPLE) == []


def test_a_shorter_text_shows_both_and_the_more_plainly_the_shorter_it_is() -> None:
    before = parse(LETTER, PEOPLE)
    a_little, a_lot = sentences(before, 4), sentences(before, 2)
    assert [one.after.amount for one in SENTENCES.compare(before, a_lot, PEOPLE)] == [2.0]
    assert [one.before for one in WORDS.compare(before, a_lot, PEOPLE)] == ["23"]
    assert (
        SENTENCES.compare(before, a_lot, PEOPLE)[0].after.strength
        > SENTENCES.compare(before, a_little, PEOPLE)[0].after.strength
    )
