"""The days, months and weekdays that a text names, in digits and in words of English, German, French and Spanish.

"05/06/2026" may be a day of May or of June: it is read as both. Pure; `check` compares what two texts name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = (
    "january jan januar jänner janvier janv enero ene",
    "february feb februar février févr fév febrero",
    "march mar märz mrz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug août agosto ago",
    "september sep sept septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic",
)
_WEEKDAYS = (
    "monday montag lundi lunes",
    "tuesday dienstag mardi martes",
    "wednesday mittwoch mercredi miércoles",
    "thursday donnerstag jeudi jueves",
    "friday freitag vendredi viernes",
    "saturday samstag sonnabend samedi sábado",
    "sunday sonntag dimanche domingo",
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAYS, start=1) for name in names.split()}
ALSO_WORDS = frozenset(
    ("may", "march", "mar", "mars", "mai", "ago", "dic", "ene", "dec", "sept", "sep", "jan", "august")
)
"""Alone these may be something else; beside a number they are months."""
_CAPITALISED = frozenset(("may", "march", "august"))
"""And these are months beside a number only with a capital: "the 5 may leave"."""

_NAME = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|º|ª|\.)?(?!\d)"
_DAYS = rf"(?P<days>{_DAY}(?:\s?(?:[-–—/&,]|and|und|et|y|to|bis|au|al|o|or|oder|ou)\s?{_DAY})*)"
_YEAR = r"(?P<year>(?:1[5-9]|20|21)\d\d)(?!\d)"
_WORDED = (
    re.compile(
        rf"(?<!\d){_DAYS}\s*(?:of\s+|de\s+)?(?P<month>\b(?:{_NAME}))\b\.?(?:,?\s+(?:de\s+|del\s+)?{_YEAR})?", re.I
    ),
    re.compile(rf"\b(?P<month>{_NAME})\b\.?\s+{_DAYS}(?:,?\s+{_YEAR})?", re.I),
    re.compile(rf"\b(?P<month>{_NAME})\b\.?,?\s+(?:de\s+|del\s+)?{_YEAR}", re.I),
)
_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})([-/.])(?P<first>\d{1,2})\2(?P<second>\d{1,2})(?!\d)")
_DIGITS = re.compile(r"(?<!\d)(?P<first>\d{1,2})([./-])(?P<second>\d{1,2})\2(?P<year>\d{4}|\d\d)?(?!\d)")
_CHINESE = re.compile(r"(?:(?P<year>\d{4})\s?年\s?)?(?P<first>\d{1,2})\s?月(?:\s?(?P<second>\d{1,2})\s?[日号號])?")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Day:
    """A day as far as it is named: `options` are the (month, day) it may be, the day 0 where only a month is named."""

    text: str
    options: frozenset[tuple[int, int]]
    year: int | None = None
    is_sure: bool = True
    """ "3.5." may be a day, or a number at the end of a sentence."""


def days(text: str) -> list[Day]:
    """Every date with a day or a year in `text`, which is as `numerals.plain` gives it."""
    return [*_in_words(text), *_in_digits(text)]


def months(text: str) -> set[int]:
    """The months that are named, in words alone or within a date."""
    named = {MONTHS[word] for word in _folded(text) if word in MONTHS}
    return named | {month for day in days(text) for month, _ in day.options}


def named_alone(text: str) -> Iterator[tuple[str, int]]:
    """Each month in a word that can be nothing else."""
    return ((word, MONTHS[word]) for word in _folded(text) if word in MONTHS and word not in ALSO_WORDS)


def weekdays(text: str) -> dict[str, int]:
    return {word: WEEKDAYS[word] for word in _folded(text) if word in WEEKDAYS}


def _folded(text: str) -> Iterator[str]:
    return (word.casefold() for word in _WORD.findall(text))


def _in_words(text: str) -> Iterator[Day]:
    for pattern in _WORDED:
        for match in pattern.finditer(text):
            name, found = match["month"], match.groupdict()
            if name.casefold() in _CAPITALISED and name[0].islower():
                continue
            year = int(found["year"]) if found["year"] else None
            month = MONTHS[name.casefold()]
            for day in re.findall(r"\d+", found.get("days") or "") or ["0"]:
                if int(day) <= 31:
                    yield Day(match[0], frozenset(((month, int(day)),)), year)


def _in_digits(text: str) -> Iterator[Day]:
    for match in _ISO.finditer(text):
        yield from _day(match[0], [(match["first"], match["second"])], match["year"])
    for match in _DIGITS.finditer(text):
        if match["year"] or match[2] == ".":
            first, second = match["first"], match["second"]
            yield from _day(match[0], [(first, second), (second, first)], match["year"])
    for match in _CHINESE.finditer(text):
        yield from _day(match[0], [(match["first"], match["second"] or "0")], match["year"])


def _day(text: str, options: list[tuple[str, str]], year: str | None) -> Iterator[Day]:
    is_sure = year is not None or not text.endswith(".")
    real = frozenset((int(month), int(day)) for month, day in options if 1 <= int(month) <= 12 and int(day) <= 31)
    if real:
        yield Day(text, real, None if year is None else int(year) + (2000 if len(year) == 2 else 0), is_sure)
