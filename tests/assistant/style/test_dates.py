"""Dates are read in their format and written in another, the day never moves, and what may be two days stays."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.style.date_formats import FORMATS, dates_in, written
from assistant.style.dates import DATES
from assistant.style.names import People
from tests.assistant.style.wordings import ENGLISH, in_form, value_of
from tests.assistant.style.wordings import written as rewritten

READ = {
    "iso": ("It is due on 2026-11-20.", "iso"),
    "the day first": ("It is due on 20 November 2026.", "d month y"),
    "of": ("It is due on the 20th of November 2026.", "dth month y"),
    "the month first": ("It is due on November 20, 2026.", "month d, y"),
    "with an ordinal": ("It is due on November 20th, 2026.", "month dth, y"),
    "short": ("It is due on 20 Nov 2026.", "d mon y"),
    "short with a point": ("It is due on Nov. 20, 2026.", "mon d, y"),
    "slashes, the day first": ("It is due on 20/11/2026.", "d/m/y"),
    "slashes, the month first": ("It is due on 11/20/2026.", "m/d/y"),
    "points": ("It is due on 20.11.2026.", "d.m.y"),
    "without a year": ("It is due on 20 November.", "d month y"),
    "ambiguous": ("It is due on 05/06/2026.", None),
    "decided by another": ("It runs from 05/06/2026 to 20/06/2026.", "d/m/y"),
    "mixed": ("It runs from 2026-06-05 to 20 June 2026.", None),
    "a span": ("It is on 20-22 November 2026.", None),
    "a month": ("It is due in November 2026.", None),
    "no day": ("It is due on 31/02/2026.", None),
    "a version": ("It needs 1.2.2026.4.", None),
    "a file": ("See report-2026-11-20.pdf.", None),
    "a verb": ("The 5 may leave.", None),
    "a code": ("It is ticket 2026-11-20-7.", None),
    "a time after a month": ("In March 10:30 is early.", None),
}


@pytest.mark.parametrize(("text", "format"), READ.values(), ids=READ.keys())
def test_a_format_is_read(text: str, format: str | None) -> None:
    assert value_of(DATES, text) == format


LANGUAGES = {
    "German": ("Es ist am 3.5.2026 fällig.", "de", "d month y", "Es ist am 3. Mai 2026 fällig."),
    "French": ("C'est pour le 1er mai 2026.", "fr", "d/m/y", "C'est pour le 01/05/2026."),
    "French, in words": ("C'est pour le 01/05/2026.", "fr", "d month y", "C'est pour le 1er mai 2026."),
    "Spanish": ("Es para el 2026-05-03.", "es", "d month y", "Es para el 3 de mayo de 2026."),
    "no such form": ("Es ist am 3.5.2026 fällig.", "de", "month d, y", "Es ist am 3.5.2026 fällig."),
    "the other slashes": ("C'est pour le 1er mai 2026.", "fr", "m/d/y", "C'est pour le 1er mai 2026."),
    "a region decides": ("Due on 05/06/2026.", "en-GB", "iso", "Due on 2026-06-05."),
    "another region": ("Due on 05/06/2026.", "en-US", "iso", "Due on 2026-05-06."),
    "no region": ("Due on 05/06/2026.", "en", "iso", "Due on 05/06/2026."),
    "another date decides": ("Due on 05/06/2026, not 06/20/2026.", "en", "iso", "Due on 2026-05-06, not 2026-06-20."),
}


@pytest.mark.parametrize(("text", "language", "format", "made"), LANGUAGES.values(), ids=LANGUAGES.keys())
def test_a_date_is_written_in_the_language_of_the_text(text: str, language: str, format: str, made: str) -> None:
    assert rewritten(DATES, text, format, People(language=language)) == made


@settings(deadline=None)
@given(
    st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from(sorted(FORMATS)), st.sampled_from(sorted(FORMATS))
)
def test_a_day_stays_from_format_to_format(day: date, one: str, other: str) -> None:
    text = f"The report of Ann is due on {written(day, one, 'en')}, and no later."
    made = rewritten(DATES, text, other)
    is_left = made == text  # of two formats with strokes nothing tells which it is in
    [found] = dates_in(made, other if "/" in other and not is_left else one)
    assert found.day == day
    assert made == f"The report of Ann is due on {written(day, other, 'en')}, and no later." or "/" in one


KEPT = {
    "the year that is not there": ("Come on 20 November.", "iso", "Come on 20 November."),
    "the weekday": ("Come on Friday, 20 November 2026.", "month d, y", "Come on Friday, November 20, 2026."),
    "the end of the sentence": ("Come on 20 Nov.", "d month y", "Come on 20 November."),
    "a quotation": ('He wrote "on 20 November 2026".', "iso", 'He wrote "on 20 November 2026".'),
    "a link": ("See https://example.org/2026-11-20/a.", "d month y", "See https://example.org/2026-11-20/a."),
}


@pytest.mark.parametrize(("text", "format", "made"), KEPT.values(), ids=KEPT.keys())
def test_what_is_around_a_date_stays(text: str, format: str, made: str) -> None:
    assert rewritten(DATES, text, format) == made


def test_a_format_that_nobody_knows_changes_nothing() -> None:
    assert in_form(DATES, "Come on 2026-11-20.", {}, ENGLISH) == "Come on 2026-11-20."
    assert rewritten(DATES, "Come on 2026-11-20.", "y/d/m") == "Come on 2026-11-20."
