"""The dates of a text with their places and formats, and a day in a format: `d month y`, `month d, y`, `iso`, `d/m/y` ...

Pure. Words of English, German, French and Spanish; "05/06/2026" is no date unless somebody says which of the two it is.
What names no single day ("20-22 November", "November 2026") is left out, and so is what is no day of any calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from assistant.engine.support.dates import MONTHS

ISO = "iso"
FORMATS = {
    "iso": "2026-11-20",
    "d month y": "20 November 2026",
    "dth month y": "20th November 2026",
    "month d, y": "November 20, 2026",
    "month dth, y": "November 20th, 2026",
    "d mon y": "20 Nov 2026",
    "mon d, y": "Nov 20, 2026",
    "d/m/y": "20/11/2026",
    "m/d/y": "11/20/2026",
    "d.m.y": "20.11.2026",
}
"""A value of the trait, and how it looks."""
SLASHED = ("d/m/y", "m/d/y")
_LONG = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_LONG_NAMES = {language: names.split() for language, names in _LONG.items()}
_EVERY_LONG = frozenset(name.casefold() for names in _LONG_NAMES.values() for name in names)
_NAME = "|".join(sorted(MONTHS, key=len, reverse=True))
_SPAN = r"(?:[-–—/]|\s?(?:[-–—]|to|bis|au|al|and|und|et|y|or)\s)"
_NOT_IN_SPAN = r"(?<![\d\w/.:–—-])" + "".join(
    rf"(?<!\s{digits} {word} )"
    for digits in (r"\d", r"\d\d")
    for word in ("to", "and", "or", "bis", "und", "oder", "au", "al", "et", "y", "[-–—]")
)
_YEAR = r"(?P<year>(?:1[5-9]|20|21)\d\d)(?!\d|[-–—/]\d|[.,]\d)"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_DAY_FIRST = re.compile(
    rf"{_NOT_IN_SPAN}{_DAY}(?P<th>st|nd|rd|th|er|\.)?\s(?:of\s|de\s)?(?P<month>{_NAME})\b(?P<dot>\.(?=,?\s(?:\d{{4}}|(?-i:[a-z]))))?(?!\s?{_SPAN}\d)"
    rf"(?P<rest>,?\s(?:de\s|del\s)?{_YEAR})?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_NAME})\b(?P<dot>\.)?\s{_DAY}(?P<th>st|nd|rd|th)?(?![\d:%]|[.,]\d|{_SPAN}\d|\s?(?:am|pm)\b)(?P<rest>,?\s{_YEAR})?",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<![\w/.-])(?P<year>(?:1[5-9]|20|21)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\w/-]|\.\w)")
_DIGITS = re.compile(
    r"(?<![\w/.,-])(?P<first>\d{1,2})(?P<mark>[./])(?P<second>\d{1,2})(?P=mark)(?P<year>(?:1[5-9]|20|21)\d\d|\d\d(?=\D|$))(?![\w/-]|[.,]\d)"
)
_CAPITALISED = frozenset(("may", "march", "august", "mars", "mai"))
"""Beside a number these are months only with a capital, in English."""


@dataclass(frozen=True, slots=True)
class Found:
    """A date from `start` to `end`. `format` is empty where it is none of ours, `day` `None` where it is ambiguous."""

    start: int
    end: int
    format: str
    day: date | None
    has_year: bool = True


@lru_cache(maxsize=256)
def dates_in(text: str, slashed: str = "") -> tuple[Found, ...]:
    """The dates of `text`, in order. `slashed` says what "05/06/2026" is (`d/m/y`, `m/d/y`) where the text does not."""
    found: dict[int, Found] = {}
    if any(character.isdigit() for character in text):
        slashed = _slashes(text) or slashed
        for one in (*_worded(text), *_iso(text), *_in_digits(text, slashed)):
            found.setdefault(one.start, one)
    return tuple(found[start] for start in sorted(found))


def written(day: date, format: str, language: str, *, has_year: bool = True) -> str | None:
    """The day so, or `None` where the language has no such form or a form in digits has no year to show."""
    if not has_year and format in (ISO, *SLASHED, "d.m.y"):
        return None
    if format == ISO:
        return day.isoformat()
    if format in (*SLASHED, "d.m.y"):
        return ("." if format == "d.m.y" else "/").join(_numbers(day, format))
    names = _LONG_NAMES.get(language)
    if names is None or (language != "en" and format != "d month y"):
        return None
    name = names[day.month - 1]
    if language != "en":
        return _foreign(day, name, language, has_year)
    name = name[:3] if " mon" in f" {format}".replace("month", "") else name
    number = f"{day.day}{_ordinal(day.day)}" if "dth" in format else str(day.day)
    if format.startswith("d"):
        return f"{number} {name}" + (f" {day.year}" if has_year else "")
    return f"{name} {number}" + (f", {day.year}" if has_year else "")


def _numbers(day: date, format: str) -> tuple[str, str, str]:
    first, second = (day.month, day.day) if format == "m/d/y" else (day.day, day.month)
    return f"{first:02}", f"{second:02}", f"{day.year}"


def _foreign(day: date, name: str, language: str, has_year: bool) -> str:
    match language:
        case "de":
            return f"{day.day}. {name}" + (f" {day.year}" if has_year else "")
        case "fr":
            return f"{'1er' if day.day == 1 else day.day} {name}" + (f" {day.year}" if has_year else "")
        case _:
            return f"{day.day} de {name}" + (f" de {day.year}" if has_year else "")


def _ordinal(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _worded(text: str) -> Iterator[Found]:
    for match, is_first in (
        *((match, True) for match in _DAY_FIRST.finditer(text)),
        *((match, False) for match in _MONTH_FIRST.finditer(text)),
    ):
        name = match["month"]
        if name.casefold() in _CAPITALISED and name[0].islower() and not match["year"]:
            continue
        day = _real(match["year"] or "2024", MONTHS[name.casefold()], match["day"])
        end = match.end()
        if not match["year"] and match["dot"]:
            end = match.end("day") if not is_first else match.end("month")
        if day:
            yield Found(match.start(), end, _format(match, is_first), day, bool(match["year"]))


def _format(match: re.Match[str], is_first: bool) -> str:
    is_long = match["month"].casefold() in _EVERY_LONG
    is_ordinal = (match["th"] or "").casefold() in ("st", "nd", "rd", "th")
    if is_first:
        return ("dth month y" if is_ordinal else "d month y") if is_long else "" if is_ordinal else "d mon y"
    return ("month dth, y" if is_ordinal else "month d, y") if is_long else "" if is_ordinal else "mon d, y"


def _iso(text: str) -> Iterator[Found]:
    for match in _ISO.finditer(text):
        day = _real(match["year"], int(match["month"]), match["day"])
        if day:
            yield Found(match.start(), match.end(), ISO, day)


def _in_digits(text: str, slashed: str) -> Iterator[Found]:
    for match in _DIGITS.finditer(text):
        first, second, year = match["first"], match["second"], match["year"]
        day_first = _real(year, int(second), first)
        month_first = _real(year, int(first), second)
        if match["mark"] == ".":
            if day_first and len(year) == 4:
                yield Found(match.start(), match.end(), "d.m.y", day_first)
        elif day_first and month_first and first != second:
            day = {"d/m/y": day_first, "m/d/y": month_first}.get(slashed)
            yield Found(match.start(), match.end(), slashed if day else "", day)
        elif day_first or month_first:
            same = bool(day_first and month_first)
            format = slashed if same else "d/m/y" if day_first else "m/d/y"
            yield Found(match.start(), match.end(), format, day_first or month_first)


def _slashes(text: str) -> str:
    """What a date of the text that can be only one of the two says of the others."""
    kinds = set()
    for match in _DIGITS.finditer(text):
        first, second = int(match["first"]), int(match["second"])
        if match["mark"] == "/" and (first > 12) != (second > 12) and max(first, second) <= 31:
            kinds.add("d/m/y" if first > 12 else "m/d/y")
    return kinds.pop() if len(kinds) == 1 else ""


def _real(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))
    except ValueError:
        return None
