"""Numbers are read by value: in digits of any script, with separators of any habit, in words of four languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.support.numerals import numbers, plain


def values(text: str, language: str = "en") -> list[set[float]]:
    return [{float(value) for value in number.values} for number in numbers(plain(text), language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.5", [{1234.5}]),
        ("1.234,5", [{1234.5}]),
        ("1 234 567", [{1234567}]),
        ("1\u202f234 and 1'234", [{1234}, {1234}]),
        ("12,34,567", [{1234567}]),
        ("1,234", [{1234, 1.234}]),
        ("0.125", [{0.125}]),
        ("3,5", [{3.5}]),
        ("5%", [{5}]),
        ("$3bn, €2.5mn, 7 Mrd. and 4 tn", [{3e9}, {2.5e6}, {7e9}, {4e12}]),
        ("3m and 10k", [{3, 3e6}, {10, 10_000}]),
        ("3.5 million", [{3.5e6}]),
        ("1.234 million", [{1.234e6, 1.234e9}]),
        ("20.11.2026", [{20}, {11}, {2026}]),
        ("10-15", [{10}, {15}]),
        ("7:30 and 7.30", [{7.3}, {7.3}]),
        ("the 2nd and the 1990s", [{2}, {1990}]),
        ("H200 and Q3", []),
        ("GPT-4", [{4}]),
        ("２０; ١٢٣; १२३", [{20}, {123}, {123}]),
        ("3万5千, 1億2000万, 3.5亿, 12,000만", [{35_000}, {120_000_000}, {350_000_000}, {120_000_000}]),
        ("于2026年投产", [{2026}]),
    ],
)  # fmt: skip
def test_digits_are_read_whatever_parts_them(text: str, expected: list[set[float]]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "two hundred and fifty thousand", [250_000]),
        ("en", "twenty-five of thirty-one", [25, 31]),
        ("en", "three million, one million one hundred thousand", [3e6, 1.1e6]),
        ("en", "the twenty-first and the third", [21, 3]),
        ("en", "between two and five", [2, 5]),
        ("en", "two three four", [2, 3, 4]),
        ("en", "one of them came first", []),
        ("en", "it doubled, then tripled", [2, 3]),
        ("de", "fünfundzwanzig, zweihundertfünfzig, dreitausend", [25, 250, 3000]),
        ("de", "eine Million und sieben", [1e6, 7]),
        ("de", "der dritte und ein zweiter", [3, 2]),
        ("fr", "quatre-vingt-dix-sept et soixante-douze", [97, 72]),
        ("fr", "vingt et un, dix-sept, deux mille trois cents", [21, 17, 2300]),
        ("fr", "quatre-vingts pour cent", [80]),
        ("es", "treinta y cinco y doscientos mil", [35, 200_000]),
        ("es", "dos mil millones de euros", [2e9]),
        ("it", "due milioni", []),
        ("it", "3,5 miliardi", [3.5e9]),
        ("ru", "3,5 миллиарда и 2 млн", [3.5e9, 2e6]),
    ],
)
def test_words_are_numbers_in_four_languages(language: str, text: str, expected: list[float]) -> None:
    assert values(text, language) == [{number} for number in expected]


def test_half_is_fifty_percent_too() -> None:
    assert values("half of them") == [{0.5, 50}]


def test_thousands_are_vague_and_a_thousand_counted_is_not() -> None:
    assert [number.is_vague for number in numbers("thousands came, three thousand stayed", "en")] == [True, False]


@given(st.integers(0, 10**12))
def test_a_number_is_the_same_however_it_is_grouped(number: int) -> None:
    for mark in (",", " ", "'", "\u00a0"):
        assert Decimal(number) in numbers(plain(f"{number:,}".replace(",", mark)), "en")[0].values


@given(st.text(max_size=60), st.sampled_from(["en", "de", "fr", "es", "zh", ""]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    assert all(number.values for number in numbers(plain(text), language))
