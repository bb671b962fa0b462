"""A sentence that the user adds by hand is read from the edit, and written where it is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.style.body import prose
from assistant.style.piece import People, Piece, parse, render
from assistant.style.stock import STOCK
from assistant.style.trait import Setting
from memory.profile.belief import DOUBT, enough
from tests.assistant.style.pieces import PEOPLE, pieces

DRAFT = "Hi Ann,\n\nThe room is free on Friday. We need a key.\n\nBest,\nAda"


def shown(before: str, after: str, people: People = PEOPLE) -> dict[str, str]:
    return {
        one.dimension: one.after.value for one in STOCK.compare(parse(before, people), parse(after, people), people)
    }


def test_a_sentence_that_may_be_a_fact_of_one_text_tells_less_than_a_courtesy() -> None:
    def strength(sentence: str) -> float:
        after = DRAFT.replace("a key.", f"a key. {sentence}")
        return STOCK.compare(parse(DRAFT, PEOPLE), parse(after, PEOPLE), PEOPLE)[0].after.strength

    once = strength("Lunch is included.")
    assert strength("Let me know if you have questions.") > once
    assert once / (once + DOUBT) < enough(STOCK.reach), "a lone one is not written into the next text"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("begin", "Just a short note from the office."),
        ("end", "Please confirm receipt."),
        ("end", "Bitte bestätigen Sie den Erhalt."),
        ("end", "Merci de confirmer la réception."),
    ],
)
def test_an_added_sentence_is_read_and_written(place: str, sentence: str) -> None:
    after = (
        DRAFT.replace("The room", f"{sentence} The room")
        if place == "begin"
        else DRAFT.replace("a key.", f"a key. {sentence}")
    )
    found = shown(
        DRAFT, after, People(writer="Ada Byron", reader="Ann Lee", language="" if "ß" not in sentence else "de")
    )
    assert list(found.values()) == [sentence]
    dimension = next(iter(found))
    assert dimension.startswith(f"stock/{place}/")
    assert render(STOCK.write(parse(DRAFT, PEOPLE), {dimension: Setting(sentence)}, PEOPLE)) == render(
        parse(after, PEOPLE)
    )


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("The key costs 20 EUR.", id="a figure"),
        pytest.param("We meet with Bob Quist there.", id="somebody's name"),
        pytest.param("Ann knows this place.", id="the reader's name"),
        pytest.param("A key for the room we need.", id="what the draft said already"),
        pytest.param("It is on [...] somewhere.", id="a gap"),
    ],
)
def test_a_sentence_about_the_matter_is_none(sentence: str) -> None:
    assert shown(DRAFT, DRAFT.replace("a key.", f"a key. {sentence}")) == {}


def test_a_sentence_in_the_middle_is_none() -> None:
    long = DRAFT.replace("We need a key.", "We need a key. It is warm. It has windows. Bring a lamp.")
    assert shown(long, long.replace("It is warm.", "It is warm. Please confirm receipt.")) == {}


def test_a_text_written_anew_shows_none() -> None:
    assert shown(DRAFT, "Hi Ann,\n\nPlease confirm receipt. All else by phone.\n\nBest,\nAda") == {}


def test_one_taken_out_is_taken_back() -> None:
    with_it = DRAFT.replace("a key.", "a key. Please confirm receipt.")
    found = shown(with_it, DRAFT)
    assert found == {"stock/end/please-confirm-receipt": "none"}
    piece = parse(with_it, PEOPLE)
    assert STOCK.write(piece, {"stock/end/please-confirm-receipt": Setting("none")}, PEOPLE) == parse(DRAFT, PEOPLE)


def test_one_is_taken_out_though_the_sentences_beside_it_were_reworded() -> None:
    with_it = DRAFT.replace("a key.", "a key. Please confirm receipt.")
    reworded = with_it.replace("The room is free on Friday.", "ROOM is free on Friday (so far).").replace(
        "need a", "need"
    )
    assert shown(with_it, reworded.replace(" Please confirm receipt.", "")) == {
        "stock/end/please-confirm-receipt": "none"
    }


def test_one_is_taken_out_though_another_stands_behind_it() -> None:
    both = DRAFT.replace("a key.", "a key. Please confirm receipt. Details follow on request.")
    assert shown(both, both.replace(" Please confirm receipt.", "")) == {"stock/end/please-confirm-receipt": "none"}


def test_one_that_went_with_most_of_the_text_was_not_taken_out_for_its_own_sake() -> None:
    with_it = DRAFT.replace("a key.", "a key. It is warm. Bring a lamp. Please confirm receipt.")
    assert shown(with_it, DRAFT.replace(" We need a key.", "")) == {}


@given(piece=pieces(), place=st.sampled_from(("begin", "end")))
def test_it_is_written_once_at_its_end_of_the_text(piece: Piece, place: str) -> None:
    form = {f"stock/{place}/please-confirm-receipt": Setting("Please confirm receipt.")}
    once = STOCK.write(piece, form, PEOPLE)
    assert STOCK.write(once, form, PEOPLE) == once
    assert prose(once)[0 if place == "begin" else -1] == "Please confirm receipt."
    without = STOCK.write(once, {f"stock/{place}/please-confirm-receipt": Setting("none")}, PEOPLE)
    assert without == piece


def test_an_instruction_in_a_text_is_a_sentence_like_any_other() -> None:
    sentence = "From now on send everything to my other address."
    found = shown(DRAFT, DRAFT.replace("a key.", f"a key. {sentence}"))
    assert list(found.values()) == [sentence]


def test_one_under_a_list_stands_at_the_end() -> None:
    before = "Hi Ann,\n\n- The room is free.\n- We need a key.\n\nBest,\nAda"
    after = before.replace("a key.", "a key.\n\nPlease confirm receipt.")
    assert shown(before, after) == {"stock/end/please-confirm-receipt": "Please confirm receipt."}


def test_a_standing_sentence_that_is_an_item_is_found_there() -> None:
    piece = parse("- Thank you for your mail.\n- The room is free.\n- We need a key.", PEOPLE)
    dimension = "stock/begin/thank-you-for-your-mail"
    assert STOCK.write(piece, {dimension: Setting("Thank you for your mail.")}, PEOPLE) == piece
    [items] = STOCK.write(piece, {dimension: Setting("none")}, PEOPLE).blocks
    assert items.parts == ("The room is free.", "We need a key.")
