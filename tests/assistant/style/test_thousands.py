"""The mark between thousands changes, the number does not; years, codes and decimals stay."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.support.numerals import numbers, plain
from assistant.style.names import People
from assistant.style.thousands import THOUSANDS
from tests.assistant.style.wordings import value_of, written

SPACE = "\u00a0"
FORMATS = {
    "comma": ("1,000", "It has 12,500 users."),
    "space": ("1 000", f"It has 12{SPACE}500 users."),
    "apostrophe": ("1'000", "It has 12'500 users."),
    "none": ("1000", "It has 12500 users."),
}


@pytest.mark.parametrize(("format", "text"), FORMATS.values(), ids=FORMATS.keys())
def test_each_mark_is_read_and_becomes_any_other(format: str, text: str) -> None:
    assert value_of(THOUSANDS, text) == format
    for other, made in FORMATS.values():
        assert written(THOUSANDS, text, other) == made


LEFT = {
    "a year": "In 1999 people left, in 2026 they came.",
    "a code": "Order 12345 and invoice 4,5.",
    "a telephone": "Call +44 20 1234 5678 or 555 1234.",
    "a decimal point": "It is 1.234 long.",
    "a date": "On 2026-11-20 and 20/11/2026.",
    "a list": "Pages 1,2,3 of 4.",
    "a link": "See https://example.org/12500/users.",
}


@pytest.mark.parametrize("format", ["1,000", "1.000", "1 000", "1000"])
@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT.keys())
def test_what_is_no_count_stays(text: str, format: str) -> None:
    assert written(THOUSANDS, text, format) == text


def test_a_point_is_a_mark_only_where_readers_take_it_for_one() -> None:
    german = People(language="de")
    assert written(THOUSANDS, "It has 12,500 users.", "1.000") == "It has 12,500 users."
    assert written(THOUSANDS, "Das sind 12500 Leute.", "1.000", german) == "Das sind 12.500 Leute."
    assert written(THOUSANDS, "Das sind 1.250,50 Euro.", "1000", german) == "Das sind 1250,50 Euro."
    assert written(THOUSANDS, "Das sind 12.500 Leute.", "1,000", german) == "Das sind 12.500 Leute."


@given(st.integers(2200, 10**9 - 1), st.sampled_from(["", ".50"]), st.sampled_from(["1,000", "1 000", "1'000", "1000"]))
def test_the_number_stays(value: int, decimal: str, format: str) -> None:
    text = f"It cost ${value:,}{decimal} last week."
    [number] = numbers(plain(written(THOUSANDS, text, format)), "en")
    assert Decimal(f"{value}{decimal}") in number.values
