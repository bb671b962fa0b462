"""Days are read as pairs of day and month, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.support.dates import days, months, named_alone, weekdays
from assistant.engine.support.numerals import plain


@pytest.mark.parametrize(
    "text",
    [
        "20 November 2026", "November 20, 2026", "the 20th of November 2026", "20. November 2026", "20 de noviembre de 2026",
        "le 20 novembre 2026", "2026-11-20", "20.11.2026", "11/20/2026", "20/11/26", "2026年11月20日", "Nov. 20 2026",
    ],
)  # fmt: skip
def test_one_day_is_written_in_many_ways(text: str) -> None:
    assert (frozenset(((11, 20),)), 2026) in [(day.options, day.year) for day in days(plain(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20–22 November", [(11, 20), (11, 22)]),
        ("am 20.11. um acht", [(11, 20)]),
        ("in March 2026", [(3, 0)]),
        ("on May 5", [(5, 5)]),
        ("the 5 may leave", []),
        ("le 1er mai", [(5, 1)]),
        ("12月", [(12, 0)]),
        ("version 1.2.3 of 3/4", []),
        ("32 November", []),
    ],
)
def test_days_and_months_are_found(text: str, expected: list[tuple[int, int]]) -> None:
    assert sorted(option for day in days(plain(text)) for option in day.options) == expected


def test_what_may_be_day_or_month_is_read_as_both() -> None:
    (day,) = days("05/06/2026")
    assert day.options == {(5, 6), (6, 5)}


def test_a_number_at_the_end_of_a_sentence_is_no_sure_day() -> None:
    assert [day.is_sure for day in days("It grew by 3.5.")] == [False]


def test_months_and_weekdays_are_known_by_name() -> None:
    assert months("Im Dezember, en abril") == {12, 4}
    assert list(named_alone("They may march in Dezember")) == [("dezember", 12)]
    assert weekdays("am Montag or on Tuesday") == {"montag": 1, "tuesday": 2}


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert all(day.options for day in days(plain(text)))
