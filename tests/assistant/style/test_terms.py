"""Words that were put in the place of others are found, and put there again; nothing that another trait explains is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.style.names import People
from assistant.style.terms import TERMS
from assistant.style.trait import Setting
from tests.assistant.style.wordings import ENGLISH, edited, in_form

FOUND = {
    "a word": ("We utilize the tool.", "We use the tool.", {"utilize": "use"}),
    "at the beginning": ("Clients like the tool.", "Customers like the tool.", {"clients": "customers"}),
    "two for one": ("We utilize the old tool.", "We make do with the old tool.", {"utilize": "make do with"}),
    "one for two": ("We carry out the test today.", "We run the test today.", {"carry out": "run"}),
    "after an article": ("It is an approach for the team.", "It is a method for the team.", {"approach": "method"}),
    "everywhere": (
        "The report is late.\nSend the report.",
        "The paper is late.\nSend the paper.",
        {"report": "paper"},
    ),
    "several": ("We utilize the report.", "We use the paper.", {"utilize": "use", "report": "paper"}),
    "beside something new": ("We utilize it.", "We use it in the new house.", {}),
    "beside a sentence gone": ("We utilize the tool.\nIt rains a lot.", "We use the tool.", {"utilize": "use"}),
    "German": ("Wir nutzen das Werkzeug.", "Wir verwenden das Werkzeug.", {"nutzen": "verwenden"}),
}


@pytest.mark.parametrize(("before", "after", "terms"), FOUND.values(), ids=FOUND.keys())
def test_a_replaced_word_is_found(before: str, after: str, terms: dict[str, str]) -> None:
    people = People(language="de") if "Wir" in before else ENGLISH
    found = edited(TERMS, before, after, people)
    assert {one.dimension: one.after.value for one in found} == {f"term/{old}": new for old, new in terms.items()}


NONE = {
    "a date": ("It is due on 20 November 2026.", "It is due on 2026-11-20."),
    "a weekday": ("It is due on Monday.", "It is due on Tuesday."),
    "a number": ("We have three reports.", "We have 3 reports."),
    "another number": ("We have 3 reports.", "We have 4 reports."),
    "a time": ("Come at 2:30 pm.", "Come at 14:30."),
    "a name": ("Please ask Ann about it.", "Please ask Bob about it."),
    "the reader": ("Please ask ann about it.", "Please ask bob about it."),
    "a spelling": ("The colour is fine.", "The color is fine."),
    "a contraction": ("I do not know the place.", "I don't know the place."),
    "a person": ("I know that my team waits.", "We know that our team waits."),
    "another form": ("We send the report.", "We sent the reports."),
    "a slip": ("We recieve the mail.", "We receive the mail."),
    "a mark": ("We got the mail!", "We got the mail."),
    "a quotation": ('He said "utilize it now".', 'He said "use it now".'),
    "small words": ("It is in the house.", "It is at the house."),
    "a negation": ("It is never late here.", "It is often late here."),
    "another sentence": ("We utilize the tool.", "Nobody knows what comes next."),
    "seldom": (
        "The report is late.\nSend the report.\nKeep the report.",
        "The paper is late.\nSend the report.\nKeep the report.",
    ),
    "two for the same": ("The report is late.\nSend the report.", "The paper is late.\nSend the letter."),
}


@pytest.mark.parametrize(("before", "after"), NONE.values(), ids=NONE.keys())
def test_what_something_else_explains_is_no_term(before: str, after: str) -> None:
    people = People(language="en", reader="ann", writer="bob")
    assert edited(TERMS, before, after, people) == []


def test_what_was_replaced_in_half_of_the_places_says_less() -> None:
    [half] = edited(TERMS, "The report is late.\nSend the report.", "The paper is late.\nSend the report.")
    [whole] = edited(TERMS, "The report is late.\nSend the report.", "The paper is late.\nSend the paper.")
    assert half.after.strength < whole.after.strength == 1.0


WRITTEN = {
    "in its case": ("Utilize it, UTILIZE it, utilize it.", {"utilize": "use"}, "Use it, USE it, use it."),
    "with word boundaries": ("The reporter reports.", {"port": "harbour"}, "The reporter reports."),
    "its plural": ("The client and the clients.", {"client": "customer"}, "The customer and the customers."),
    "its spelling": ("We utilise it.", {"utilize": "use"}, "We use it."),
    "an article": ("It is an approach.", {"approach": "method"}, "It is a method."),
    "what holds it": ("The report.", {"report": "status report"}, "The status report."),
    "what holds it already": ("The status report.", {"report": "status report"}, "The status report."),
    "one after another": ("The memo.", {"memo": "note", "note": "letter"}, "The letter."),
    "undone": ("We utilize and use it.", {"utilize": "use", "use": "utilize"}, "We utilize and use it."),
    "left": ("We utilize it.", {"utilize": "none"}, "We utilize it."),
    "a name": ("Ask Utilize Inc. or Mr. Utilize.", {"utilize": "use"}, "Ask Utilize Inc. or Mr. Utilize."),
    "a quotation": ('He said "utilize it".', {"utilize": "use"}, 'He said "utilize it".'),
    "a link": ("See https://utilize.org/utilize.", {"utilize": "use"}, "See https://utilize.org/utilize."),
    "a compound": ("The client-side code.", {"client": "customer"}, "The client-side code."),
    "a genitive": ("The client's code.", {"client": "customer"}, "The client's code."),
    "signs": ("We use c++ (a lot).", {"c++": "plain c"}, "We use plain c (a lot)."),
}


@pytest.mark.parametrize(("text", "terms", "made"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_term_is_written(text: str, terms: dict[str, str], made: str) -> None:
    form = {f"term/{old}": Setting(new) for old, new in terms.items()}
    assert in_form(TERMS, text, form) == made
    assert in_form(TERMS, made, form) == made


WORDS = st.sampled_from(["memo", "note", "status note", "letter", "memo letter", "big note"])


@given(st.lists(WORDS, min_size=1, max_size=6), st.dictionaries(WORDS, WORDS, max_size=4))
def test_terms_are_written_once(words: list[str], terms: dict[str, str]) -> None:
    form = {f"term/{old}": Setting(new) for old, new in terms.items()}
    once = in_form(TERMS, " ".join(words), form)
    assert in_form(TERMS, once, form) == once


def test_what_was_taught_is_what_is_written() -> None:
    before, after = "We utilize the tool.\nClients like it.", "We use the tool.\nCustomers like it."
    form = {one.dimension: Setting(one.after.value) for one in edited(TERMS, before, after)}
    assert in_form(TERMS, before, form) == after


def test_what_is_put_back_is_not_replaced_again() -> None:
    there = edited(TERMS, "We utilize the tool.", "We use the tool.")
    back = edited(TERMS, "We use the tool.", "We utilize the tool.")
    form = {one.dimension: Setting(one.after.value) for one in (*there, *back)}
    assert in_form(TERMS, "We utilize the tool.", form) == "We utilize the tool."
