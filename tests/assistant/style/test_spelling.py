"""British and American spelling, both ways; names, quotations, links and code keep theirs."""

from __future__ import annotations

import pytest

from assistant.style.names import People
from assistant.style.spelling import SPELLING
from assistant.style.spelling_words import american, british
from tests.assistant.style.wordings import ENGLISH, body, value_of, written

BOTH_WAYS = {
    "-our": ("The colour is my favourite.", "The color is my favorite."),
    "-ise": ("We recognise the organisation.", "We recognize the organization."),
    "-re": ("The centre of the theatre is 3 kilometres off.", "The center of the theater is 3 kilometers off."),
    "-ll-": ("It was cancelled while travelling.", "It was canceled while traveling."),
    "-l": ("They fulfil the enrolment.", "They fulfill the enrollment."),
    "-yse": ("We analyse it.", "We analyze it."),
    "-ae-": ("The paediatric ward has no anaesthetic.", "The pediatric ward has no anesthetic."),
    "with a prefix": ("We reorganise it, unrecognised.", "We reorganize it, unrecognized."),
    "at the beginning": ("Colours matter.", "Colors matter."),
    "in capitals": ("GREY it is.", "GRAY it is."),
    "others": ("A grey defence of his judgement.", "A gray defense of his judgment."),
}


@pytest.mark.parametrize(("island", "states"), BOTH_WAYS.values(), ids=BOTH_WAYS.keys())
def test_both_spellings_are_written_and_read(island: str, states: str) -> None:
    assert written(SPELLING, island, "en-US") == states
    assert written(SPELLING, states, "en-GB") == island
    assert value_of(SPELLING, island) == "en-GB"
    assert value_of(SPELLING, states) == "en-US"


LEFT = {
    "not of this ending": "We advise, promise, exercise, revise and otherwise raise the size of the prize.",
    "a name": "We went to Pearl Harbor, Labour Day and the Lincoln Center.",
    "a name at the beginning": "Harbour Freight opens.",
    "quoted": 'He wrote "colour" and "color".',
    "a link": "See https://example.org/colour and color.example.org/gray.",
    "code": "Set `color: gray` there.",
}


@pytest.mark.parametrize("value", ["en-GB", "en-US"])
@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT.keys())
def test_what_is_not_spelt_otherwise_stays(text: str, value: str) -> None:
    assert written(SPELLING, text, value) == text
    assert value_of(SPELLING, text) is None


def test_a_word_that_is_british_too_is_never_changed_back() -> None:
    assert american("cheque") == "check"
    assert british("check") is None
    assert written(SPELLING, "The programme has a meter.", "en-US") == "The program has a meter."


def test_more_words_make_surer() -> None:
    few = SPELLING.read(body("The colour is fine."), ENGLISH)["spelling"].strength
    many = SPELLING.read(body("The colour of the centre is grey, as we realise."), ENGLISH)["spelling"].strength
    assert few < many == 1.0


def test_other_languages_are_left() -> None:
    text = "La organisation a un theater."
    assert written(SPELLING, text, "en-US", People(language="fr")) == text
