"""Promises with dates: who says in the first person what they will do, and by which day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.mailbox.promises import Promise, day_named, promises

SAID = date(2026, 11, 18)
"""A Wednesday."""
KEPT = {
    "I will send it by Friday.": date(2026, 11, 20),
    "I'll have the list to you by next Wednesday.": date(2026, 11, 25),
    "We will sign on Wednesday.": date(2026, 11, 25),
    "I'll call you tomorrow.": date(2026, 11, 19),
    "I will do it the day after tomorrow.": date(2026, 11, 20),
    "You will have the draft by the end of the week.": date(2026, 11, 20),
    "I will get back to you next week.": date(2026, 11, 27),
    "We'll pay by December 3rd.": date(2026, 12, 3),
    "I will return the keys on 5 January.": date(2027, 1, 5),
    "I will return the keys by the 5th.": date(2026, 12, 5),
    "I'll be sending the figures by 2026-12-01.": date(2026, 12, 1),
    "I can have it done in two weeks.": date(2026, 12, 2),
    "Ich schicke dir die Liste bis Freitag.": date(2026, 11, 20),
    "Wir werden das am 3.12. liefern.": date(2026, 12, 3),
    "Das erledige ich morgen.": date(2026, 11, 19),
    "Je vais vous l'envoyer demain.": date(2026, 11, 19),
    "Te enviaré la lista el viernes.": date(2026, 11, 20),
}
NONE = (
    "I will send it soon.",
    "Will you send it by Friday?",
    "Please send it by Friday.",
    "I sent it on Friday.",
    "I will not be there on Friday.",
    "I will be in Paris on Friday.",
    "I'll see you tomorrow.",
    "If I find it tomorrow",
    "I would send it by Friday.",
    "The ferry leaves on Friday.",
    "Ich war am Freitag dort.",
)


@pytest.mark.parametrize(("sentence", "due"), KEPT.items(), ids=KEPT)
def test_a_promise_is_known_by_its_person_and_its_day(sentence: str, due: date) -> None:
    assert list(promises([sentence], SAID)) == [Promise(sentence, due)]


@pytest.mark.parametrize("sentence", NONE)
def test_what_promises_nothing_by_a_day_is_none(sentence: str) -> None:
    assert list(promises([sentence], SAID)) == []


@given(st.text(max_size=200), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_any_text_is_read_and_no_promise_is_due_before_it_was_made(text: str, said_on: date) -> None:
    day_named(text, said_on)
    assert all(one.due >= said_on for one in promises([f"I will do it {text}"], said_on))


@pytest.mark.parametrize("day", [SAID + timedelta(days=days) for days in range(7)])
def test_a_weekday_is_always_a_day_to_come(day: date) -> None:
    for name in ("Monday", "Friday", "Sunday"):
        due = day_named(f"by {name}", day)
        assert due is not None
        assert timedelta(0) < due - day <= timedelta(days=7)
        assert f"{due:%A}" == name
