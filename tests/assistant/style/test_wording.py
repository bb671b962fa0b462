"""What may be reworded: the writer's own words, and none of the addresses, links, code and quotations among them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.style.names import People
from assistant.style.piece import Block, Piece
from assistant.style.quotations import quoted_parts
from assistant.style.wording import MASK, begins, language_of, like, masked, replaced, reworded, running
from tests.assistant.style.wordings import body

KEPT = {
    "an address": "Ask [bob.lee+x@example.org] now",
    "a link": "See [https://example.org/a?b=c] now",
    "a bare link": "See [www.example.org/a] now",
    "a host": "See [docs.example.com/a] now",
    "a file": "Open [report-v2.pdf] now",
    "a path": "Open [/etc/hosts/a.conf] now",
    "code": "Run [`make it so`] now",
    "a quotation": 'He said ["not now"] again',
    "typographic": "He said [“not now”] again",
    "German": "Er sagte [„jetzt nicht“] wieder",
    "French": "Il dit [« pas ici »] encore",
    "a placeholder": "Dear [{first}] there",
    "somebody's handle": "Ask [@bob] now",
    "an apostrophe is none": "Ann's car isn't Bob's",
}


@pytest.mark.parametrize("marked", KEPT.values(), ids=KEPT.keys())
def test_what_is_not_running_text_is_masked(marked: str) -> None:
    text = marked.replace("[", "").replace("]", "")
    expected = re.sub(r"\[(.*)\]", lambda match: MASK * len(match[1]), marked)
    assert masked(text) == expected


def test_a_marked_gap_is_masked() -> None:
    assert masked("It costs [... the sum] euros") == "It costs " + MASK * len("[... the sum]") + " euros"


@given(st.text(max_size=300))
def test_a_mask_is_as_long_as_what_it_hides(text: str) -> None:
    assert len(masked(text)) == len(text)


@given(st.text(max_size=300))
def test_replacing_words_by_themselves_changes_nothing(text: str) -> None:
    assert replaced(text, re.compile(r"\w+"), lambda match: match[0]) == text


QUOTED = {
    "over three sentences": (['He said: "We are late.', "We wait.", 'We go."', "I agree."], {0, 1, 2}),
    "within one": (['He said "no".', "I agree."], set()),
    "never closed": (['It is 5" long.', 'He said "no.', "I agree."], {1}),
    "typographic": (["“We wait.", "We go.”", "I agree."], {0, 1}),
}


@pytest.mark.parametrize(("parts", "quoted"), QUOTED.values(), ids=QUOTED.keys())
def test_a_quotation_over_several_sentences_is_found(parts: list[str], quoted: set[int]) -> None:
    assert quoted_parts(parts) == quoted


def test_only_the_writers_own_words_are_reworded() -> None:
    piece = Piece(
        greeting="Hi,",
        blocks=(
            Block("heading", ("a plan",)),
            Block("prose", ('he said: "wait.', 'then go."', "a word.")),
            Block("verbatim", ("a table",)),
            Block("bullets", ("an item",)),
        ),
        closing="bye,",
        signature="ada",
        postscript="p.s. a word.",
        quoted="> a word",
    )
    assert reworded(piece, str.upper) == Piece(
        greeting="Hi,",
        blocks=(
            Block("heading", ("A PLAN",)),
            Block("prose", ('he said: "wait.', 'then go."', "A WORD.")),
            Block("verbatim", ("a table",)),
            Block("bullets", ("AN ITEM",)),
        ),
        closing="bye,",
        signature="ada",
        postscript="P.S. A WORD.",
        quoted="> a word",
    )
    assert running(piece) == "a plan\na word.\nan item\np.s. a word."


LANGUAGES = {
    "told by its words": ("Wir haben das heute nicht gesehen, und der Bericht ist noch nicht da für uns.", "en", "de"),
    "too short to tell": ("Danke sehr.", "de", "de"),
    "a region": ("Thanks.", "en-GB", "en"),
    "nothing known": ("Thanks.", "", "en"),
}


@pytest.mark.parametrize(("text", "given", "language"), LANGUAGES.values(), ids=LANGUAGES.keys())
def test_the_language_is_the_texts(text: str, given: str, language: str) -> None:
    assert language_of(body(text), People(language=given)) == language


def test_a_title_ends_no_sentence() -> None:
    assert begins("It is. Then", 7)
    assert not begins("Ask Dr. Lee", 8)


@pytest.mark.parametrize(
    ("word", "shown", "cased"), [("use", "Utilize", "Use"), ("use", "UTILIZE", "USE"), ("use", "utilize", "use")]
)
def test_a_word_takes_the_case_of_another(word: str, shown: str, cased: str) -> None:
    assert like(word, shown) == cased
