"""Prose becomes a list and a list prose, and nothing is lost there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.sentences import words
from assistant.style.layout import LAYOUT
from assistant.style.piece import Block, Piece, parse, render
from assistant.style.trait import Setting
from tests.assistant.style.pieces import PEOPLE, pieces

VALUES = ("prose", "bullets", "numbered")


def laid_out(piece: Piece, value: str) -> Piece:
    return LAYOUT.write(piece, {"layout": Setting(value)}, PEOPLE)


def test_sentences_become_items_and_what_frames_them_stays() -> None:
    piece = parse(
        "Hi Ann,\n\nThank you for your mail. The room is free. We need a key. Let me know if you have questions.",
        PEOPLE,
    )
    assert laid_out(piece, "bullets").blocks == (
        Block("prose", ("Thank you for your mail.",)),
        Block("bullets", ("The room is free.", "We need a key.")),
        Block("prose", ("Let me know if you have questions.",)),
    )


def framed(piece: Piece) -> str | None:
    reading = LAYOUT.read(piece, PEOPLE).get("layout/frames")
    return reading.value if reading else None


def test_what_frames_a_list_is_among_its_items_where_the_user_wants_it_there() -> None:
    piece = parse("Hi Ann,\n\nThank you for your mail. The room is free. We need a key. Sorry for the delay.", PEOPLE)
    form = {"layout": Setting("numbered"), "layout/frames": Setting("items")}
    after = LAYOUT.write(piece, form, PEOPLE)
    items = ("Thank you for your mail.", "The room is free.", "We need a key.", "Sorry for the delay.")
    assert after.blocks == (Block("numbered", items),)
    assert framed(after) == "items"
    assert framed(laid_out(piece, "numbered")) == "prose"
    assert framed(piece) is None


def test_a_line_that_leads_to_a_list_is_never_one_of_its_items() -> None:
    piece = parse("Thank you for your mail. Please bring: the passport; two photos.", PEOPLE)
    after = LAYOUT.write(piece, {"layout": Setting("bullets"), "layout/frames": Setting("items")}, PEOPLE)
    assert after.blocks == (
        Block("prose", ("Thank you for your mail.", "Please bring:")),
        Block("bullets", ("the passport", "two photos")),
    )


SAID = ("Thank you for your mail.", "The room is free.", "We need a key.", "Please bring:", "Sorry for the delay.")


@given(st.lists(st.sampled_from(SAID), min_size=1, unique=True), st.sampled_from(VALUES[1:]))
def test_frames_that_were_written_are_never_read_as_the_other(said: list[str], value: str) -> None:
    piece = Piece(blocks=(Block("prose", tuple(said)),))
    for frames, other in (("items", "prose"), ("prose", "items")):
        after = LAYOUT.write(piece, {"layout": Setting(value), "layout/frames": Setting(frames)}, PEOPLE)
        assert framed(after) != other
        assert sorted(part for block in after.blocks for part in block.parts) == sorted(said)
        assert not any(block.kind == value and part.endswith(":") for block in after.blocks for part in block.parts[:1])


def test_thanks_that_stay_beside_a_new_list_are_no_change_and_thanks_that_became_an_item_are() -> None:
    text = "Thank you for your mail.{}The room is free.{}We need a key."
    before = parse(text.format(" ", " "), PEOPLE)
    beside, among = (parse(text.format(gap, "\n- "), PEOPLE) for gap in ("\n\n- ", "\n- "))
    within = parse("- Thank you for your mail.\n- The room is free.\n- We need a key.", PEOPLE)
    assert {one.dimension for one in LAYOUT.compare(before, beside, PEOPLE)} == {"layout", "layout/stops"}
    assert "layout/frames" in {one.dimension for one in LAYOUT.compare(before, within, PEOPLE)}
    [moved] = [one for one in LAYOUT.compare(beside, within, PEOPLE) if one.dimension == "layout/frames"]
    assert (moved.before, moved.after.value) == ("prose", "items")
    assert framed(among) == "prose"


def test_items_become_sentences_with_capitals_and_full_stops() -> None:
    piece = parse("- the room is free\n- Is there a key?\n- iPhone users first", PEOPLE)
    assert laid_out(piece, "prose").blocks == (
        Block("prose", ("The room is free.", "Is there a key?", "iPhone users first.")),
    )


def test_items_that_a_line_leads_to_go_on_with_it_and_come_back() -> None:
    piece = parse("Please bring:\n- the passport\n- two photos", PEOPLE)
    prose = laid_out(piece, "prose")
    assert prose.blocks == (Block("prose", ("Please bring: the passport; two photos.",)),)
    assert laid_out(prose, "bullets") == piece


def test_an_item_of_two_sentences_is_two_sentences() -> None:
    piece = parse("- It is sent. Ann has it\n- The rest waits", PEOPLE)
    assert laid_out(piece, "prose").blocks[0].parts == ("It is sent.", "Ann has it.", "The rest waits.")


def test_lists_with_lists_in_them_headings_and_tables_stay() -> None:
    piece = parse("# Plan\n\n- bread\n  - dark\n- milk\n\n| a | b |", PEOPLE)
    assert laid_out(piece, "prose") == piece


@given(piece=pieces(), value=st.sampled_from(VALUES))
def test_what_was_written_is_read_and_every_word_stays(piece: Piece, value: str) -> None:
    after = laid_out(piece, value)
    shown = LAYOUT.read(after, PEOPLE).get("layout")
    assert shown is None or shown.value == value
    kept = [word for word in words(render(after)) if not word.isdigit() and len(word) > 1]
    assert kept == [word for word in words(render(piece)) if not word.isdigit() and len(word) > 1]


@given(
    sentences=st.lists(
        st.sampled_from(("The room is free.", "We need a key!", "Is Ann there?")), min_size=2, max_size=6
    )
)
def test_sentences_come_back_from_a_list_as_they_were(sentences: list[str]) -> None:
    piece = Piece(blocks=(Block("prose", tuple(sentences)),))
    assert laid_out(laid_out(piece, "bullets"), "prose") == piece
    assert laid_out(laid_out(piece, "numbered"), "prose") == piece


@pytest.mark.parametrize(
    ("text", "value", "strength"),
    [
        ("One sentence.", "prose", 0.2),
        ("One. And two. And three. And four. And five. And six.", "prose", 1.0),
        ("- one\n- two\n- three", "bullets", 1.0),
        ("1. one\n2. two", "numbered", 0.8),
        ("Thanks for your mail. I hope you are well.\n- one\n- two", "bullets", 0.8),
    ],
)
def test_longer_texts_show_it_more_plainly(text: str, value: str, strength: float) -> None:
    reading = LAYOUT.read(parse(text, PEOPLE), PEOPLE)["layout"]
    assert (reading.value, reading.strength) == (value, strength)


def test_bullets_and_numbers_change_places() -> None:
    piece = parse("* one\n* two\n* three", PEOPLE)
    assert render(laid_out(piece, "numbered")) == "1. one\n2. two\n3. three"


def test_items_end_in_a_full_stop_or_do_not() -> None:
    piece = parse("- The room is free.\n- We need a key\n- Is Ann there?\n- Bread, milk etc.", PEOPLE)
    without, with_stops = (
        render(LAYOUT.write(piece, {"layout/stops": Setting(value)}, PEOPLE)) for value in ("no", "yes")
    )
    assert without == "- The room is free\n- We need a key\n- Is Ann there?\n- Bread, milk etc."
    assert with_stops == "- The room is free.\n- We need a key.\n- Is Ann there?\n- Bread, milk etc."
    assert LAYOUT.read(parse(without, PEOPLE), PEOPLE)["layout/stops"].value == "no"
    assert LAYOUT.read(parse(with_stops, PEOPLE), PEOPLE)["layout/stops"].value == "yes"


@given(piece=pieces(), value=st.sampled_from(("yes", "no")))
def test_stops_that_were_written_are_read(piece: Piece, value: str) -> None:
    after = LAYOUT.write(piece, {"layout/stops": Setting(value)}, PEOPLE)
    shown = LAYOUT.read(after, PEOPLE).get("layout/stops")
    assert shown is None or shown.value == value
