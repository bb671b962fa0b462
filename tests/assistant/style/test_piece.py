"""Texts are taken apart without loss, and put together again as they were."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.sentences import words
from assistant.style.piece import Block, People, Piece, parse, render
from tests.assistant.style.pieces import PEOPLE, pieces

NOBODY = People()


def solid(text: str) -> str:
    return "".join(text.split())


LETTERS = st.text(max_size=300)
ODD_LINES = (
    *"""
        Hi Ann,|Dear Ms. Lee,|Ann:|Note:|-- |--|-- Ada|Ada|SS|Thanks,|Thanks, Ada|Best regards|P.S. More|> quoted|>|- item|-|* other
        1. one|2. two|1.|5.|a) first|b)|# Title|#|```|    code = 1|  - inner|A title|It rains.|And it snows; we stay.|We need:|***
        | a | b ||On Mon, 3 Mar 2025, Ann wrote:|From: Ann|To: Bob|Subject: x|-----Original Message-----|Where: here|...|😊|你好。我们走！
        مرحبا بك.|Call +44 20 1234 567|LG Ada|Cheers|wrapped without an end|and going on.|Sent from my iPhone|[...]|1. März ist gut.
    """.replace("\n", "|")
    .replace("        ", "")
    .split("|"),
    *("", "\t", "\x0c", "\x1c", "\u2028", "| a | b |", "x\t y\tz"),
)
LINES = st.lists(st.sampled_from(ODD_LINES), max_size=14).map("\n".join)


@settings(max_examples=400)
@given(text=st.one_of(LETTERS, LINES), people=st.sampled_from([NOBODY, PEOPLE]))
def test_any_text_is_taken_apart_and_keeps_all_but_its_white_space(text: str, people: People) -> None:
    piece = parse(text, people)
    assert solid(render(piece)) == solid(text)
    assert words(render(piece)) == words(text)


@settings(max_examples=400)
@given(text=st.one_of(LETTERS, LINES), people=st.sampled_from([NOBODY, PEOPLE]))
def test_a_text_put_together_again_is_taken_apart_alike(text: str, people: People) -> None:
    piece = parse(text, people)
    assert parse(render(piece), people) == piece


@settings(max_examples=300)
@given(piece=pieces())
def test_a_usual_piece_is_found_again_in_its_text(piece: Piece) -> None:
    assert parse(render(piece), PEOPLE) == piece


@given(piece=pieces())
def test_line_ends_of_windows_and_old_macs_change_nothing(piece: Piece) -> None:
    text = render(piece)
    assert parse(text.replace("\n", "\r\n"), PEOPLE) == piece
    assert parse(text.replace("\n", "\r"), PEOPLE) == piece


@pytest.mark.parametrize(
    ("text", "greeting", "first"),
    [
        pytest.param(
            "Nora,  Here are some comments.", "Nora,", "Here are some comments.", id="a bare name and two spaces"
        ),
        pytest.param("Nora:  please call me.", "Nora:", "please call me.", id="a bare name and a colon"),
        pytest.param("Hi Ann - could you call?", "Hi Ann -", "could you call?", id="a dash"),
        pytest.param("Hi Ann! It works.", "Hi Ann!", "It works.", id="an exclamation"),
        pytest.param("Dear Ms. Lee,\n\nIt moved.", "Dear Ms. Lee,", "It moved.", id="a title"),
        pytest.param(
            "Dear Ann, Bob and Carl,\nIt moved.", "Dear Ann, Bob and Carl,", "It moved.", id="several readers"
        ),
        pytest.param("Ann,\nok then", "Ann,", "ok then", id="a bare name on its line"),
        pytest.param("ann, the report is done.", "ann,", "the report is done.", id="the reader in small letters"),
        pytest.param("Hi Ann I have news.", "Hi Ann", "I have news.", id="the reader without a mark"),
        pytest.param("Ahoy Ann!\n\nWe sail.", "Ahoy Ann!", "We sail.", id="an unknown greeting to the reader"),
        pytest.param("Hi all,\n\nWe sail.", "Hi all,", "We sail.", id="a group"),
        pytest.param("Team,\n\nWe sail.", "Team,", "We sail.", id="a bare group"),
        pytest.param("Good morning,\n\nWe sail.", "Good morning,", "We sail.", id="nobody named"),
        pytest.param("Hello\n\nWe sail.", "Hello", "We sail.", id="no mark at all"),
        pytest.param(
            "To whom it may concern:\n\nWe sail.", "To whom it may concern:", "We sail.", id="whom it may concern"
        ),
        pytest.param(
            "Sehr geehrte Frau Dr. Lee,\n\nanbei.", "Sehr geehrte Frau Dr. Lee,", "anbei.", id="formal German"
        ),
        pytest.param("Hallo zusammen,\nanbei.", "Hallo zusammen,", "anbei.", id="a German group"),
        pytest.param("Bonjour Marie,\n\nVoilà.", "Bonjour Marie,", "Voilà.", id="French"),
        pytest.param("Hola Ana:\n\nTe escribo.", "Hola Ana:", "Te escribo.", id="Spanish"),
        pytest.param("Nora, please call me.", "Nora,", "please call me.", id="somebody else, asked for something"),
        pytest.param("Sadly, I cannot come.", "", "Sadly, I cannot come.", id="another adverb"),
        pytest.param("Oslo, the capital, is cold.", "", "Oslo, the capital, is cold.", id="a city"),
        pytest.param("To all,\n\nWe sail.", "To all,", "We sail.", id="to all"),
        pytest.param("Note: this is it.", "", "Note: this is it.", id="a label"),
        pytest.param("However, we go.", "", "However, we go.", id="a linking word"),
        pytest.param("Berlin, Paris and Rome are big.", "", "Berlin, Paris and Rome are big.", id="a list of names"),
        pytest.param("Hi is a word.", "", "Hi is a word.", id="a greeting word in a sentence"),
        pytest.param("Yesterday, Bob called us.", "", "Yesterday, Bob called us.", id="an adverb"),
    ],
)
def test_greetings_are_told_from_what_only_looks_like_one(text: str, greeting: str, first: str) -> None:
    piece = parse(text, PEOPLE)
    assert piece.greeting == greeting
    assert piece.blocks[0].parts[0] == first


@pytest.mark.parametrize(
    ("text", "closing", "signature"),
    [
        pytest.param("It is done.\n\nBest regards,\nAda", "Best regards,", "Ada", id="the usual"),
        pytest.param("It is done.\nThanks.\nSara", "Thanks.", "Sara", id="lines without gaps"),
        pytest.param("It is done.\n\nViele Grüße\nAda Byron", "Viele Grüße", "Ada Byron", id="German"),
        pytest.param("It is done.\n\nLG Ada", "LG", "Ada", id="no mark before the writer's name"),
        pytest.param("C'est fait.\n\nBien cordialement,\nAda", "Bien cordialement,", "Ada", id="French"),
        pytest.param("Está hecho.\n\nUn saludo,\nAda", "Un saludo,", "Ada", id="Spanish"),
        pytest.param("It is done. Thanks, Ada", "Thanks,", "Ada", id="after the last sentence"),
        pytest.param("It is done.\n\nThanks and best wishes,\nAda", "Thanks and best wishes,", "Ada", id="two at once"),
        pytest.param("It is done.\n\nThanks Ann!\nAda", "Thanks Ann!", "Ada", id="with the reader's name"),
        pytest.param("It is done.\n\nBest,", "Best,", "", id="no name"),
        pytest.param("It is done.\n\nSS", "", "SS", id="initials"),
        pytest.param("It is done.\n--Sally", "", "--Sally", id="a dash before the name"),
        pytest.param("It is done.\n\nada", "", "ada", id="the writer in small letters"),
        pytest.param(
            "It is done.\n\nRegards\n\nAda Byron\nEngines Ltd.\nTel: +44 20 1234 567",
            "Regards",
            "Ada Byron\nEngines Ltd.\nTel: +44 20 1234 567",
            id="a block of lines",
        ),
        pytest.param(
            "It is done.\n\nCheers\nAda\n\n--\nEngines Ltd.", "Cheers", "Ada\n\n-- \nEngines Ltd.", id="under dashes"
        ),
        pytest.param("It is done.\n\nSent from my iPhone", "", "Sent from my iPhone", id="a device"),
        pytest.param("Thanks for the numbers you sent.", "", "", id="a sentence of thanks"),
        pytest.param("We ask two.\n\nAgreed", "", "", id="an answer in one word"),
        pytest.param("We bring:\n- Milk\n- Eggs", "", "", id="items"),
    ],
)
def test_closings_and_signatures_are_told_from_sentences(text: str, closing: str, signature: str) -> None:
    piece = parse(text, PEOPLE)
    assert (piece.closing, piece.signature) == (closing, signature)


@pytest.mark.parametrize(
    ("own", "quoted"),
    [
        pytest.param(
            "Fine.", "On Mon, 3 Mar 2025 at 10:00, Ann Lee <ann@example.org> wrote:\n> Shall we?\n> Ann", id="English"
        ),
        pytest.param("Gut.", "Am 3. März 2025 schrieb Ann Lee <ann@example.org>:\n> Gehen wir?", id="German"),
        pytest.param("Oui.", "Le 3 mars 2025, Marie a écrit :\n> On y va ?", id="French"),
        pytest.param("Fine.", "-----Original Message-----\nFrom: Ann\nSent: Monday\n\nShall we?\n\nAnn", id="Outlook"),
        pytest.param(
            "Fine.",
            "________________________________\nVon: Ann\nGesendet: Montag\nAn: Ada\n\nGehen wir?",
            id="a header under a rule",
        ),
        pytest.param(
            "See below.", "---------- Forwarded message ---------\nFrom: Ann\n\nHi Bob,\nThanks,\nAnn", id="forwarded"
        ),
        pytest.param("Fine.", "> Shall we?\n>\n> Ann", id="marks alone"),
    ],
)
def test_what_others_wrote_is_set_aside(own: str, quoted: str) -> None:
    piece = parse(f"Hi Ann,\n\n{own}\n\nAda\n\n{quoted}", PEOPLE)
    assert piece == Piece(greeting="Hi Ann,", blocks=(Block("prose", (own,)),), signature="Ada", quoted=quoted)


def test_an_answer_between_quotations_leaves_them_as_they_stand() -> None:
    piece = parse("On 3 March Ann wrote:\n> Shall we?\n\nYes.\n\n> When?\n\nAt noon.\n\nAda", PEOPLE)
    assert [block.kind for block in piece.blocks] == ["verbatim", "prose", "verbatim", "prose"]
    assert piece.signature == "Ada"


def test_a_postscript_stands_under_the_name() -> None:
    piece = parse("It is done.\n\nBest,\nAda\n\nP.S. Bring milk.", PEOPLE)
    assert (piece.signature, piece.postscript) == ("Ada", "P.S. Bring milk.")


def test_a_document_has_headings_lists_code_and_tables() -> None:
    text = (
        "Quarterly report\n\nSales rose. Costs fell.\n\n## Risks\n\nWe see:\n* rain\n* wind, which\n  blows\n\n"
        "1) first\n2) second\n\n```\nx = 1\n\ny\n```\n\n| a | b |\n| 1 | 2 |"
    )
    assert parse(text, NOBODY).blocks == (
        Block("heading", ("Quarterly report",)),
        Block("prose", ("Sales rose.", "Costs fell.")),
        Block("heading", ("## Risks",)),
        Block("prose", ("We see:",)),
        Block("bullets", ("rain", "wind, which blows"), "*"),
        Block("numbered", ("first", "second"), "1)"),
        Block("verbatim", ("```", "x = 1", "", "y", "```")),
        Block("verbatim", ("| a | b |", "| 1 | 2 |")),
    )


def test_lists_of_two_depths_stay_one_list() -> None:
    text = "- bread\n  - dark\n  - light\n- milk"
    piece = parse(text, NOBODY)
    assert piece.blocks == (Block("bullets", ("bread\n  - dark\n  - light", "milk")),)
    assert render(piece) == text


def test_a_date_at_the_beginning_of_a_line_makes_no_list() -> None:
    assert parse("1. März ist der Termin.", NOBODY).blocks == (Block("prose", ("1. März ist der Termin.",)),)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("مرحبا بالجميع. كيف حالكم؟ نحن بخير.", id="Arabic"),
        pytest.param("שלום לכולם. מה שלומכם? הכול טוב.", id="Hebrew"),
        pytest.param("你好。我们明天见！请带上报告。", id="Chinese"),
        pytest.param("報告を送ります。明日までにお願いします。", id="Japanese"),
    ],
)
def test_other_scripts_come_back_as_they_were_and_in_sentences(text: str) -> None:
    piece = parse(text, NOBODY)
    assert render(piece) == text
    assert len(piece.blocks[0].parts) in (2, 3)


def test_wrapped_lines_are_one_paragraph_and_short_ones_broken_by_hand_are_kept() -> None:
    wrapped = parse("The first line of a paragraph that goes\non in a second line. And a sentence.", NOBODY)
    assert wrapped.blocks[0].parts == (
        "The first line of a paragraph that goes on in a second line.",
        "And a sentence.",
    )
    kept = parse("We meet as follows.\n\nWhere: Room 4\nWhen: Friday 10:00", NOBODY)
    assert kept.blocks[1] == Block("verbatim", ("Where: Room 4", "When: Friday 10:00"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("We meet in room 4. We have tea.", 2),
        ("Am 3. März kommen wir. Der 2. Entwurf ist da.", 2),
        ("It is version 12. Ann has it.", 2),
        ("We need No. 5. It is late.", 1),
        ("Great job 😊 See you soon 🎉🎉 Bye", 3),
        ('He said "Stop." Then he left (at last). We went.', 3),
        ("Is it? yes. no.", 1),
    ],
)
def test_numbers_end_sentences_where_they_count_nothing(text: str, count: int) -> None:
    parts = parse(text, NOBODY).blocks[0].parts
    assert len(parts) == count


def test_gaps_and_abbreviations_end_no_sentence() -> None:
    piece = parse("We meet Dr. Lee on [...] Monday, e.g. at noon. Bring it.", NOBODY)
    assert piece.blocks[0].parts == ("We meet Dr. Lee on [...] Monday, e.g. at noon.", "Bring it.")


HOSTILE = {
    "a letter": "a" * 50_000,
    "names": "Hi " + "Ann " * 5_000,
    "names and commas": "Ann, " * 4_000,
    "titles": "Sir A and " * 4_000,
    "groups": "Team/" * 4_000 + "x",
    "quotation marks": "> " * 9_000,
    "bullets": "- \n" * 9_000,
    "items": "- a\n" * 4_000,
    "thanks": "Thanks and " * 3_000,
    "exclamations": "!" * 50_000 + "x",
    "loose exclamations": "! " * 20_000 + "a",
    "emoji": "😊" * 9_000 + "x",
    "ordinals": "3. A " * 9_000,
    "white space": "Ann" + " " * 50_000 + "and",
    "attributions": "On 3 wrote:\n" * 3_000,
    "headers": "From: a\n" * 3_000,
    "seams": "we need; " * 5_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_taken_apart_too(text: str) -> None:
    assert solid(render(parse(text, PEOPLE))) == solid(text)


def test_real_mails_keep_everything_and_show_who_greets_and_signs(shared_data: Path) -> None:
    path = shared_data / "mail" / "sent_mails.jsonl"
    if not path.is_file():
        pytest.skip(f"no {path}")
    texts = [
        json.loads(line)["text"].partition("@subject")[0] for line in path.read_text(encoding="utf-8").splitlines()
    ]
    found = [parse(text, NOBODY) for text in texts]
    for text, piece in zip(texts, found, strict=True):
        assert solid(render(piece)) == solid(text)
        assert parse(render(piece), NOBODY) == piece
    greeted = [piece.greeting for piece in found if piece.greeting]
    assert 0.2 < len(greeted) / len(found) < 0.45
    assert all(len(greeting.split()) <= 6 for greeting in greeted)
    assert 0.15 < sum(bool(piece.closing) for piece in found) / len(found) < 0.45
    assert 0.15 < sum(bool(piece.signature) for piece in found) / len(found) < 0.45


@settings(max_examples=50, deadline=None)
@given(pieces(), st.sampled_from([one.name for one in fields(Piece) if one.init and one.name != "blocks"]))
def test_equal_pieces_have_one_hash_and_a_changed_one_another(piece: Piece, name: str) -> None:
    first = hash(piece)
    other: dict[str, Any] = {name: f"{getattr(piece, name)} and more"}
    same: dict[str, Any] = {name: getattr(piece, name)}
    changed = replace(piece, **other)
    assert hash(changed) != first
    assert changed != piece
    again = replace(changed, **same)
    assert (again, hash(again)) == (piece, first)
