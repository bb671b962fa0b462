"""Days and times as people write them, made definite by the day it is: "from 3 to 8 May", "next weekend", "before 9".

A day that may be read two ways (03/05) is kept as written. Months in English, German, French and Spanish; "tomorrow",
"next weekend" and the like in English, with the commonest words of the others.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = (
    "jan january januar janvier enero ene jänner", "feb february februar février fevrier febrero", "mar march märz mars marzo", "apr april avril abril", "may mai mayo", "jun june juni juin junio",
    "jul july juli juillet julio", "aug august août aout agosto", "sep sept september septembre septiembre", "oct october oktober octobre octubre okt", "nov november novembre noviembre", "dec december dezember décembre diciembre dez",
)  # fmt: skip
MONTH_NUMBERS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_DAYS = ("mon monday montag lundi lunes", "tue tues tuesday dienstag mardi martes", "wed wednesday mittwoch mercredi miércoles", "thu thur thurs thursday donnerstag jeudi jueves", "fri friday freitag vendredi viernes", "sat saturday samstag samedi sábado", "sun sunday sonntag dimanche domingo")  # fmt: skip
WEEKDAY_NUMBERS = {word: number for number, words in enumerate(_DAYS) for word in words.split()}
_M = rf"(?P<month{{0}}>{'|'.join(sorted(MONTH_NUMBERS, key=len, reverse=True))})(?!\w)\.?"
_D = r"(?P<day{0}>\d{{1,2}})(?:st|nd|rd|th|er|\.)?"
_Y = r"(?:,?\s+(?:de\s+|del\s+)?(?P<year{0}>(?:19|20)\d\d)(?!\d))?"
_TO = r"\s*(?:-|–|to|until|till|through|and|bis(?: zum)?|au|al|hasta el|y)\s*(?:the\s+)?"
_OF = r"\s*(?:of\s+|de\s+)?"
_RANGES = (
    re.compile(rf"(?<![\w.,/]){_D.format(1)}{_TO}{_D.format(2)}{_OF}{_M.format(2)}{_Y.format(2)}", re.IGNORECASE),
    re.compile(rf"(?<!\w){_M.format(1)}\s+{_D.format(1)}{_TO}{_D.format(2)}(?!\w){_Y.format(2)}", re.IGNORECASE),
    re.compile(rf"(?<![\w.,/]){_D.format(1)}{_OF}{_M.format(1)}{_Y.format(1)}{_TO}{_D.format(2)}{_OF}{_M.format(2)}{_Y.format(2)}", re.IGNORECASE),
    re.compile(rf"(?<!\w){_M.format(1)}\s+{_D.format(1)}{_Y.format(1)}{_TO}{_M.format(2)}\s+{_D.format(2)}(?!\w){_Y.format(2)}", re.IGNORECASE),
    re.compile(r"(?<!\d)(?P<iso1>\d{4}-\d\d-\d\d)\s*(?:-|–|to|until|through|/|and|bis)\s*(?P<iso2>\d{4}-\d\d-\d\d)(?!\d)", re.IGNORECASE),
)  # fmt: skip
_SINGLE = (
    re.compile(r"(?<!\d)(?P<iso1>\d{4}-\d\d-\d\d)(?!\d)"),
    re.compile(rf"(?<![\w.,/]){_D.format(1)}{_OF}{_M.format(1)}{_Y.format(1)}", re.IGNORECASE),
    re.compile(
        rf"(?<!\w){_M.format(1)}\s+(?:the\s+)?{_D.format(1)}(?![\w:]|\s*(?:am|pm|days?|nights?|people)\b){_Y.format(1)}",
        re.IGNORECASE,
    ),
)
_NUMERIC = re.compile(r"(?<![\w./-])(?P<first>\d{1,2})[/.](?P<second>\d{1,2})(?:[/.](?P<year>\d{4}|\d\d))?\.?(?![\w/])")
_MONTH_ALONE = re.compile(
    rf"\b(?:(?P<part>early|mid|late|beginning of|end of|middle of|first half of|second half of|anfang|mitte|ende|début|fin|principios de|finales de)[ -]|(?:in|during|next|this|im|en|for|of|around)\s+)(?:(?:the month of|the|in|of)\s+)?(?:(?P<part2>early|mid|late)[ -])?{_M.format(1)}(?!\s+\d{{1,2}}\b){_Y.format(1)}",
    re.IGNORECASE,
)
_RELATIVE: tuple[tuple[re.Pattern[str], Callable[[date], tuple[date, date]]], ...] = (
    (re.compile(r"\bday after tomorrow\b|\bübermorgen\b|\baprès-demain\b|\bpasado mañana\b", re.IGNORECASE), lambda day: _one(day + timedelta(2))),
    (re.compile(r"(?<!after )\btomorrow\b|(?<!guten )\bmorgen früh\b|(?<!après-)\bdemain\b", re.IGNORECASE), lambda day: _one(day + timedelta(1))),
    (re.compile(r"\b(?:today|tonight|heute|aujourd'hui|hoy)\b", re.IGNORECASE), lambda day: _one(day)),
    (re.compile(r"\bthis (?:coming )?weekend\b|\b(?:dieses|am) wochenende\b|\bce week-?end\b|\beste fin de semana\b", re.IGNORECASE), lambda day: _weekend(day, 0)),
    (re.compile(r"\bnext weekend\b|\bnächstes wochenende\b|\ble week-?end prochain\b|\bel próximo fin de semana\b", re.IGNORECASE), lambda day: _weekend(day, 1)),
    (re.compile(r"\bthis week\b", re.IGNORECASE), lambda day: (day, day + timedelta(6 - day.weekday()))),
    (re.compile(r"\bnext week\b|\bnächste woche\b|\bla semaine prochaine\b|\bla próxima semana\b", re.IGNORECASE), lambda day: _week(day)),
    (re.compile(r"\bend of (?:the|this) month\b|\bmonatsende\b", re.IGNORECASE), lambda day: _one(_month_end(day))),
    (re.compile(r"\bend of (?:the|this) week\b", re.IGNORECASE), lambda day: _one(day + timedelta(6 - day.weekday()))),
    (re.compile(r"\bnext month\b|\bnächsten monat\b|\ble mois prochain\b|\bel próximo mes\b", re.IGNORECASE), lambda day: _month(_month_end(day) + timedelta(1))),
)  # fmt: skip
_IN = re.compile(
    r"\bin (?P<count>a|an|one|two|three|four|five|six|\d{1,2}) (?P<unit>day|week|month)s?\b(?! (?:days?|of)\b)",
    re.IGNORECASE,
)
_ON_DAY = re.compile(
    rf"\b(?P<next>next |this |coming )?(?P<weekday>{'|'.join(sorted(WEEKDAY_NUMBERS, key=len, reverse=True))})(?![\w'’])",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\w:.,€$£/-])(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?\s*(?P<half>a\.?m\.?|p\.?m\.?|uhr|o'clock|h\b)?(?![\w:/%€$£-])",
    re.IGNORECASE,
)
_SMALL = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` to `last`; both `None` where the words can be read two ways. `value` is for a card: ISO days."""

    first: date | None
    last: date | None
    start: int
    end: int
    value: str


def days(text: str, today: date) -> list[Days]:
    """The days a text names, in order; a day without a year is the next one that comes."""
    found: list[Days] = []
    for reader in (_ranges, _single, _numeric, _months, _relative, _weekdays):
        for one in reader(text, today):
            if all(one.end <= other.start or one.start >= other.end for other in found):
                found.append(one)
    return sorted(found, key=lambda one: one.start)


def clock_time(text: str) -> str:
    """The first time of day, "09:30", for "9:30", "half" hours aside; empty if there is none."""
    for found in _TIME.finditer(text):
        hour, minute, half = int(found["hour"]), int(found["minute"] or 0), (found["half"] or "").casefold()
        if half.startswith("p") and hour < 12:
            hour += 12
        elif half.startswith("a") and hour == 12:
            hour = 0
        if hour < 24 and minute < 60:
            return f"{hour:02d}:{minute:02d}"
    return ""


def times(text: str) -> list[str]:
    """Every time of day that is marked as one, by minutes or "am": a bare number is none."""
    marked = (found.group() for found in _TIME.finditer(text) if found["minute"] or found["half"])
    return [time for time in map(clock_time, marked) if time]


def _ranges(text: str, today: date) -> Iterator[Days]:
    for pattern in _RANGES:
        for found in pattern.finditer(text):
            groups = found.groupdict()
            if "iso1" in groups:
                first, last = _iso(groups["iso1"]), _iso(groups["iso2"])
            else:
                month = groups.get("month2") or groups["month1"]
                last = _day(groups["day2"], month, groups.get("year2"), today)
                year = groups.get("year1") or groups.get("year2") or (str(last.year) if last else None)
                first = _day(groups["day1"], groups.get("month1") or month, year, today)
                if first and last and first > last and not groups.get("year2"):
                    first = first.replace(year=first.year - 1) if first.replace(year=first.year - 1) >= today else first
                    last = last if first <= last else _later(last)
            if first and last and first <= last:
                yield _days(first, last, found)


def _single(text: str, today: date) -> Iterator[Days]:
    for pattern in _SINGLE:
        for found in pattern.finditer(text):
            groups = found.groupdict()
            if "iso1" in groups:
                day = _iso(groups["iso1"])
            else:
                day = _day(groups["day1"], groups["month1"], groups["year1"], today)
            if day:
                yield _days(day, day, found)


def _numeric(text: str, today: date) -> Iterator[Days]:
    for found in _NUMERIC.finditer(text):
        one, two, year = int(found["first"]), int(found["second"]), found["year"]
        is_german = "." in found.group()
        if not year and (
            not (
                found.group().endswith(".")
                and re.search(r"\b(?:am|vom|bis|zum|ab|den|dem|seit)\s+$", text[: found.start()], re.IGNORECASE)
            )
            if is_german
            else re.search(r"\b(?:rated?|score|about|,)\s*$", text[: found.start()])
        ):
            continue  # 2.5 is a number
        if is_german or one > 12:
            day, month = one, two
        elif two > 12 or one == two:
            day, month = two, one
        else:
            yield Days(None, None, found.start(), found.end(), found.group())
            continue
        full = f"20{year}" if year and len(year) == 2 else year
        if 1 <= month <= 12 and (found_day := _of(day, month, full, today)):
            yield _days(found_day, found_day, found)


def _months(text: str, today: date) -> Iterator[Days]:
    for found in _MONTH_ALONE.finditer(text):
        number = MONTH_NUMBERS[found["month1"].casefold()]
        year = int(found["year1"] or 0) or today.year + (number < today.month)
        first, last = _month(date(year, number, 1))
        part = (found["part"] or found["part2"] or "").casefold()
        if part in ("early", "beginning of", "anfang", "début", "principios de"):
            last = first + timedelta(9)
        elif part in ("mid", "middle of", "mitte"):
            first, last = first + timedelta(10), first + timedelta(19)
        elif part in ("late", "end of", "ende", "fin", "finales de"):
            first = first + timedelta(20)
        yield _days(first, last, found)


def _relative(text: str, today: date) -> Iterator[Days]:
    for pattern, days_of in _RELATIVE:
        for found in pattern.finditer(text):
            yield _days(*days_of(today), found)
    for found in _IN.finditer(text):
        count = _SMALL.get(found["count"].casefold()) or int(found["count"])
        unit = found["unit"].casefold()
        day = _months_on(today, count) if unit == "month" else today + timedelta(count * (7 if unit == "week" else 1))
        yield _days(day, day, found)


def _weekdays(text: str, today: date) -> Iterator[Days]:
    """The coming one; "next" is that of the week after, if the coming one is in this week."""
    for found in _ON_DAY.finditer(text):
        if re.match(rf",?\s+(?:the\s+)?(?:\d|{_M.format(9)})", text[found.end() :], re.IGNORECASE):
            continue  # "Saturday, August 13": the day says it
        if len(found["weekday"]) <= 3 and not re.search(
            r"\b(?:on|by|next|this|from|to|until)\s*$", text[: found.start("weekday")], re.IGNORECASE
        ):
            continue  # "sun", "sat" and "mon" are other words, too
        if re.search(r"\bSant?o? $", text[: found.start("weekday")]):
            continue  # Santo Domingo
        ahead = (WEEKDAY_NUMBERS[found["weekday"].casefold()] - today.weekday()) % 7 or 7
        if (found["next"] or "").strip().casefold() == "next" and today.weekday() + ahead < 7:
            ahead += 7
        yield _days(today + timedelta(ahead), today + timedelta(ahead), found)


def _days(first: date, last: date, found: re.Match[str]) -> Days:
    value = first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"
    return Days(first, last, found.start(), found.start() + len(found.group().rstrip()), value)


def _day(day: str, month: str, year: str | None, today: date) -> date | None:
    return _of(int(day), MONTH_NUMBERS[month.casefold()], year, today)


def _of(day: int, month: int, year: str | None, today: date) -> date | None:
    """The day in its year, or the next time it comes; `None` where there is no such day."""
    for one in [int(year)] if year else range(today.year, today.year + 5):
        try:
            found = date(one, month, day)
        except ValueError:
            continue
        if year or found >= today:
            return found
    return None


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _one(day: date) -> tuple[date, date]:
    return day, day


def _weekend(day: date, weeks: int) -> tuple[date, date]:
    """Saturday and Sunday. On one of them "this" is now and "next" is that of the week after."""
    saturday = day + timedelta(5 - day.weekday() + 7 * weeks)
    return saturday, saturday + timedelta(1)


def _week(day: date) -> tuple[date, date]:
    monday = day + timedelta(7 - day.weekday())
    return monday, monday + timedelta(6)


def _month(day: date) -> tuple[date, date]:
    return day.replace(day=1), _month_end(day)


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _months_on(day: date, count: int) -> date:
    for _ in range(min(count, 60)):
        day = _month_end(day) + timedelta(1)
    return day


def _later(day: date) -> date:
    return _of(day.day, day.month, str(day.year + 1), day) or day
