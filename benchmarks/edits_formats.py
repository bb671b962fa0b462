"""How the simulated user of `edits` wants dates, times and numbers written.

Each takes a sentence and gives it in the wanted form; done twice is done once. What a figure means is known from the
source: 03/04/2026 is the day that the source speaks of, and 1.500 is a thousand only where the source says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

_MONTHS = "January February March April May June July August September October November December"
MONTHS = tuple(_MONTHS.split())
_MONTH = rf"(?P<month>{'|'.join(MONTHS)}|(?:{'|'.join(month[:3] for month in MONTHS)})\b\.?)"
NAMED = (
    re.compile(rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.? {_MONTH},? (?P<year>\d{{4}})\b"),
)
ISO = re.compile(r"(?<![\d-])(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?![\d-])")
SIGNED = re.compile(
    r"(?<![\d/.])(?P<one>\d{1,2})(?P<sign>[/.])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4})(?!\d)(?![/.]\d)"
)
WRITTEN: dict[str, Callable[[date], str]] = {
    "iso": date.isoformat,
    "d month y": lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    "month d, y": lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    "d/m/y": lambda day: f"{day.day:02}/{day.month:02}/{day.year}",
    "m/d/y": lambda day: f"{day.month:02}/{day.day:02}/{day.year}",
    "d.m.y": lambda day: f"{day.day:02}.{day.month:02}.{day.year}",
}
CLOCK = re.compile(r"(?<![\d:.,$£€])(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s?(?P<half>[ap])\.?m\b\.?", re.IGNORECASE)
CLOCK_24 = re.compile(
    r"(?<![\d:.,])(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?![\d:])(?!\s?[ap]\.?m\b)", re.IGNORECASE
)
SMALL = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_AFTER_NUMBER = rf"(?!\s?(?:[ap]\.?m\b|o'clock|%|per ?cent|million|billion|trillion|bn|m\b|k\b|st\b|nd\b|rd\b|th\b|{'|'.join(MONTHS)}|/|x\b))"
DIGIT = re.compile(rf"(?<![\w$£€#.,:/+%()'’-])(?P<digit>[2-9])(?![\w%/:)'’-])(?![.,]\d){_AFTER_NUMBER}")
_NOT_BEFORE = re.compile(
    rf"(?:\b(?:{'|'.join(MONTHS)}|page|pages|section|article|no|no\.|number|exhibit|chapter|step|part|version|paragraph|op)|[\d.])\s*$",
    re.IGNORECASE,
)
WORD = re.compile(rf"(?<![\w-])(?P<word>{'|'.join(SMALL[2:])})(?![\w-]){_AFTER_NUMBER}")
"""Small letters alone: the Six Nations are a name."""
GROUPED = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w,]|\.\d)")
ANY_GROUPED = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:[., \u00a0\u202f']\d{3})+|\d{4,})(?!\w)(?![.,]\d)")


def dates(sentence: str, value: str, source: tuple[str, ...]) -> str:
    """Every full date as `value`, one of `WRITTEN`."""
    for start, end, day in reversed(_dates_in(sentence, _days_of(source))):
        if not _is_written(sentence[start:end], value, day):
            sentence = sentence[:start] + WRITTEN[value](day) + sentence[end:]
    return sentence


def times(sentence: str, value: str) -> str:
    """`24h` or `12h`. "2 pm", "2:00 pm" and "2 p.m." are one to the user."""
    return CLOCK.sub(_to_24, sentence) if value == "24h" else CLOCK_24.sub(_to_12, sentence)


def numbers(sentence: str, value: str) -> str:
    """Small numbers as `words`, or as `digits`; a sentence's first word is never a digit."""
    if value == "words":
        return DIGIT.sub(_to_word, sentence)
    return WORD.sub(_to_digit, sentence)


def thousands(sentence: str, value: str, source: tuple[str, ...]) -> str:
    """Numbers that the source groups by commas, grouped by `value`: `1,000`, `1.000`, `1 000` or `1000`."""
    known = {re.sub(r"\D", "", found) for one in source for found in GROUPED.findall(one)}
    sign = value[1:-3]

    def written(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match.group())
        is_so = re.sub(r"[\u00a0\u202f]", " ", match.group()) == f"{int(digits):,}".replace(",", sign)
        return match.group() if digits not in known or is_so else f"{int(digits):,}".replace(",", sign)

    return ANY_GROUPED.sub(written, sentence)


@lru_cache(maxsize=256)
def _days_of(source: tuple[str, ...]) -> frozenset[date]:
    """A wish asks for them at each sentence of the same text."""
    return frozenset(day for one in source for _, _, day in _dates_in(one, frozenset()))


def _dates_in(sentence: str, known: frozenset[date]) -> list[tuple[int, int, date]]:
    found: list[tuple[int, int, date]] = []
    for pattern in (*NAMED, ISO):
        for match in pattern.finditer(sentence):
            day = _day(match["year"], _month(match["month"]), match["day"])
            if day is not None:
                found.append((match.start(), match.end(), day))
    for match in SIGNED.finditer(sentence):
        both = (
            _day(match["year"], int(match["two"]), match["one"]),
            _day(match["year"], int(match["one"]), match["two"]),
        )
        meant = next((day for day in both if day in known), None)
        if meant is not None:
            found.append((match.start(), match.end(), meant))
    return sorted(found)


def _is_written(text: str, value: str, day: date) -> bool:
    """Leading zeros are one to the user."""
    return re.sub(r"\b0", "", text) == re.sub(r"\b0", "", WRITTEN[value](day))


def _month(written: str) -> int:
    return int(written) if written.isdigit() else [month[:3] for month in MONTHS].index(written[:3]) + 1


def _day(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None


def _to_24(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if not 1 <= hour <= 12:
        return match.group()
    hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return f"{hour:02}:{minute:02}" + _stop(match)


def _stop(match: re.Match[str]) -> str:
    """The full stop of "2 p.m." is the sentence's own where nothing follows."""
    is_last = not match.string[match.end() :].strip()
    return "." if match.group().endswith(".") and is_last else ""


def _to_12(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), match["minute"]
    half = "pm" if hour >= 12 else "am"
    return f"{(hour - 1) % 12 + 1}" + ("" if minute == "00" else f":{minute}") + f" {half}"


def _to_word(match: re.Match[str]) -> str:
    if _NOT_BEFORE.search(match.string[: match.start()]):
        return match.group()
    word = SMALL[int(match["digit"])]
    return word.capitalize() if not re.search(r"\w", match.string[: match.start()]) else word


def _to_digit(match: re.Match[str]) -> str:
    is_first = not re.search(r"\w", match.string[: match.start()])
    return match.group() if is_first else str(SMALL.index(match["word"]))
