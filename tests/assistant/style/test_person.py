"""Who speaks is read, and written for another with the verbs that agree; what both do together stays."""

from __future__ import annotations

import pytest

from assistant.style.person import PERSON, in_plural, in_singular
from assistant.style.piece import parse
from tests.assistant.style.pieces import PEOPLE
from tests.assistant.style.wordings import value_of, written

BOTH_WAYS = {
    "to be": ("I am here, and I was there.", "We are here, and we were there."),
    "short": ("I'm glad that I've asked, and I'll wait.", "We're glad that we've asked, and we'll wait."),
    "typographic": ("I’m late and I wasn’t told.", "We’re late and we weren’t told."),
    "asked": ("Am I late? Was I asked?", "Are we late? Were we asked?"),
    "others": ("My team told me that this is mine.", "Our team told us that this is ours."),
    "myself": ("I did it myself.", "We did it ourselves."),
    "an adverb between": ("Here I also am, and I still was.", "Here we also are, and we still were."),
    "later": ("I came and am glad.", "We came and are glad."),
    "inside": ("Yesterday I went.", "Yesterday we went."),
    "unreal": ("If I were you, I would go.", "If we were you, we would go."),
}


@pytest.mark.parametrize(("one", "many"), BOTH_WAYS.values(), ids=BOTH_WAYS.keys())
def test_one_and_many_are_written_for_one_another(one: str, many: str) -> None:
    assert in_plural(one) == many
    assert in_singular(many) == one


LEFT = {
    "another with a name": "Ann and I agreed.",
    "a relative": "My wife called.",
    "a numeral": "Part I is done.",
    "a mine": "The mine is closed.",
    "before a point": "It starts at 10 am.",
    "quoted": '"I am late," he said.',
    "code": "Use `my_name = I` there.",
    "an address": "Write to me@example.org.",
}


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT.keys())
def test_what_is_one_persons_alone_stays(text: str) -> None:
    assert in_plural(text) == text


SHARED = {
    "a proposal": "Shall we meet?",
    "a talk": "As we discussed, it is late.",
    "a call": "Thanks for our call.",
    "both": "It suits both of us.",
    "let us": "Let us begin.",
    "the country": "US law is clear.",
}


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED.keys())
def test_what_writer_and_reader_do_together_stays(text: str) -> None:
    assert in_singular(text) == text


READ = {
    "one": ("I think my part is done.", "i"),
    "many": ("We think our part is done.", "we"),
    "both": ("I think we are done.", None),
    "a short text without": ("The part is done.", None),
    "a long text without": ("The part is done and the rest will follow in the week after. " * 3, "impersonal"),
    "a proposal says nothing": ("I am free. Shall we meet before our call?", "i"),
    "German": ("Ich bin der Meinung, dass die Sache noch nicht fertig ist und wir warten.", None),
}


@pytest.mark.parametrize(("text", "value"), READ.values(), ids=READ.keys())
def test_who_speaks_is_read(text: str, value: str | None) -> None:
    assert value_of(PERSON, text) == value


def test_a_text_that_mostly_speaks_so_is_left() -> None:
    text = "We sent it. We wrote it. We paid it, I think."
    assert written(PERSON, text, "we") == text


def test_a_text_that_names_nobody_and_grows_is_not_changed_in_who_speaks() -> None:
    short = parse("The invoice is due on 25/12/2026. The key is with Ann.", PEOPLE)
    longer = parse("The invoice is due on the 25th of December in the year 2026. " * 3 + "The key is with Ann.", PEOPLE)
    mine = parse("I have the invoice. I sent it today. " * 2, PEOPLE)
    assert "person" in PERSON.read(longer, PEOPLE)
    assert PERSON.compare(short, longer, PEOPLE) == []
    assert [one.after.value for one in PERSON.compare(mine, longer, PEOPLE)] == ["impersonal"]


def test_nobody_is_never_written() -> None:
    assert written(PERSON, "I am late.", "impersonal") == "I am late."
