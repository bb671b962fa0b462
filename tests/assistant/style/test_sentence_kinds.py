"""Plain words tell a sentence's kind; an unwanted kind is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.style.body import units
from assistant.style.kinds import KINDS, kind_of
from assistant.style.piece import Piece, parse, render
from assistant.style.sentence_kinds import SENTENCE_KINDS
from assistant.style.trait import Setting
from tests.assistant.style.pieces import PEOPLE, pieces


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Thank you for your message.", "thanks"),
        ("Many thanks for the quick answer!", "thanks"),
        ("I really appreciate your help.", "thanks"),
        ("vielen Dank für Ihre Nachricht.", "thanks"),
        ("Merci pour votre message.", "thanks"),
        ("Muchas gracias por su mensaje.", "thanks"),
        ("We will thank them tomorrow.", ""),
        ("Sorry for the late reply.", "apology"),
        ("I apologize for the confusion.", "apology"),
        ("Entschuldigen Sie die späte Antwort.", "apology"),
        ("I hope you are well.", "pleasantry"),
        ("Hope this finds you well!", "pleasantry"),
        ("It was great to meet you yesterday.", "pleasantry"),
        ("Have a great weekend!", "pleasantry"),
        ("How are you?", "pleasantry"),
        ("Ich hoffe, es geht Ihnen gut.", "pleasantry"),
        ("J'espère que vous allez bien.", "pleasantry"),
        ("Espero que estés bien.", "pleasantry"),
        ("I hope the price falls.", ""),
        ("Let me know if you have any questions.", "offer"),
        ("Please don't hesitate to call.", "offer"),
        ("Happy to discuss.", "offer"),
        ("Bei Fragen melde dich gern.", "offer"),
        ("N'hésitez pas à me contacter.", "offer"),
        ("No dude en escribirme.", "offer"),
        ("Could you send the figures?", "question"),
        ("¿Puedes venir?", "question"),
        ("明日来ますか？", "question"),
        ("In short, all is well.", "summary"),
        ("TL;DR we go.", "summary"),
        ("Kurz gesagt: alles gut.", "summary"),
        ("I look forward to your reply.", "looking_forward"),
        ("Next steps: we call them.", "next_step"),
        ("I will keep you posted.", "next_step"),
        ("This is not legal advice.", "disclaimer"),
        ("Alle Angaben ohne Gewähr.", "disclaimer"),
        ("Below is a short summary of the meeting.", "introduction"),
        ("The report is ready.", ""),
    ],
)
def test_kinds_are_told_by_plain_words(sentence: str, kind: str) -> None:
    assert kind_of(sentence) == kind


def test_a_long_sentence_says_something_besides() -> None:
    assert kind_of("Thanks for the numbers, " + "which we compared with those of last year " * 3 + ".") == ""


@given(piece=pieces(), kind=st.sampled_from(KINDS))
def test_an_unwanted_kind_is_left_out_and_the_rest_stays(piece: Piece, kind: str) -> None:
    after = SENTENCE_KINDS.write(piece, {f"sentence/{kind}": Setting("no")}, PEOPLE)
    wanted = [unit.text for unit in units(piece) if kind_of(unit.text) != kind]
    if wanted:
        assert [unit.text for unit in units(after)] == wanted
        assert f"sentence/{kind}" not in SENTENCE_KINDS.read(after, PEOPLE)


def test_a_text_is_never_left_empty() -> None:
    piece = parse("Thank you!", PEOPLE)
    assert (
        SENTENCE_KINDS.write(Piece(blocks=piece.blocks), {"sentence/thanks": Setting("no")}, PEOPLE).blocks
        == piece.blocks
    )


def test_an_edit_shows_what_was_taken_out_and_put_in() -> None:
    before = parse("Hi Ann,\n\nI hope you are well. The room is free.", PEOPLE)
    after = parse("Hi Ann,\n\nThe room is free. Let me know if you have questions.", PEOPLE)
    found = {
        one.dimension: (one.before, one.after.value, one.quote_before)
        for one in SENTENCE_KINDS.compare(before, after, PEOPLE)
    }
    assert found == {
        "sentence/pleasantry": ("yes", "no", "I hope you are well."),
        "sentence/offer": ("no", "yes", ""),
    }


@pytest.mark.parametrize(
    "reworded", ["Also, thank you for the report on wages.", "For the report on wages, thank you."]
)
def test_a_sentence_that_was_reworded_was_not_taken_out(reworded: str) -> None:
    before = parse("The room is free. Thank you for the report on wages.", PEOPLE)
    after = parse(f"The room is free. {reworded}", PEOPLE)
    assert SENTENCE_KINDS.compare(before, after, PEOPLE) == []
    assert SENTENCE_KINDS.compare(after, before, PEOPLE) == []


def test_one_kind_among_much_that_went_shows_little() -> None:
    before = parse("Thanks for all. One is. Two is. Three is. Four is. Five is.", PEOPLE)
    plain, faint = (
        SENTENCE_KINDS.compare(before, parse(text, PEOPLE), PEOPLE)[0].after.strength
        for text in ("One is. Two is. Three is. Four is. Five is.", "One is.")
    )
    assert plain == 1.0
    assert faint < 0.5


def test_what_is_kept_as_it_stands_and_quoted_has_no_kinds() -> None:
    piece = parse("The room is free.\n\n```\nThank you for all.\n```\n\n> Thanks for the room.", PEOPLE)
    assert SENTENCE_KINDS.read(piece, PEOPLE) == {}
    assert "Thank you" in render(SENTENCE_KINDS.write(piece, {"sentence/thanks": Setting("no")}, PEOPLE))
