"""When a question is about, and whether a text tells when: "in May 2023", "on 8 June", "two weeks ago". Pure.

Looks back, as one who remembers does: a month without a year may be of any year. Words of time are read in English alone;
ISO days in any language. `memory.relevance` weighs what is read here; days that are planned are `sessions.rules.days`'s.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

AFTERWARDS_DAYS = 10
"""What happened is told of for so long; told later it counts for less."""
TOLD_LATER = 0.5

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = "|".join(_MONTHS)
_DAY = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th)?"
_DATED = re.compile(
    rf"(?:\b{_DAY.format('day')}(?:\s+of)?\s+)?\b(?P<month>{_MONTH})\b(?:\s+{_DAY.format('day_after')}\b(?!\d))?"
    r"(?:,?\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)
_BEFORE_MONTH = re.compile(r"\b(?:in|on|of|during|since|until|by|from|last|early|mid|late|this)[ -]$", re.IGNORECASE)
_AMBIGUOUS = frozenset({"may", "march"})
_ISO = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)(?:-(?P<day>\d\d))?(?!\d)")
_YEAR = re.compile(r"\b(?:in|during|of|since)\s+(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE)
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_AGO = re.compile(
    rf"\b(?P<count>{'|'.join(_COUNTS)}|\d{{1,3}})\s+(?P<unit>day|week|month|year)s?\s+ago\b", re.IGNORECASE
)
_LAST = re.compile(r"\blast\s+(?P<unit>week|month|year)\b|\b(?P<day>yesterday|today)\b", re.IGNORECASE)

_ASKS_WHEN = re.compile(r"\bwhen\b|\bhow long\b|\b(?:what|which) (?:date|day|month|year|time)\b", re.IGNORECASE)
_TELLS_WHEN = re.compile(
    r"\b(?:yesterday|today|tonight|last|next|ago|(?:week(?:end)?|month|year|day)s?|recently|soon|since|morning|"
    rf"(?:mon|tues|wednes|thurs|fri|satur|sun)day|{_MONTH}|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that a question names: from `first` to `last`, or, where no year is named, a month or a day of any year."""

    first: date | None = None
    last: date | None = None
    month: int = 0
    day: int = 0

    def fits(self, told: date) -> float:
        """How well something that was told on a day may be of this time, in [0, 1]."""
        first, last = self._in_the_year_of(told)
        if first <= told <= last:
            return 1.0
        return TOLD_LATER if last < told <= last + timedelta(AFTERWARDS_DAYS) else 0.0

    def _in_the_year_of(self, told: date) -> tuple[date, date]:
        if self.first is not None and self.last is not None:
            return self.first, self.last
        return _span(told.year, self.month, self.day)


def moments(question: str, today: date | None = None) -> tuple[Moment, ...]:
    """The times that a question names; those that are counted back from `today` only where that is known."""
    found = [*_iso(question), *_named(question)]
    if not found:
        found = [_year(int(match["year"])) for match in _YEAR.finditer(question)]
    return (*found, *(_counted_back(question, today) if today is not None else ()))


def asks_when(question: str) -> bool:
    return _ASKS_WHEN.search(question) is not None


def tells_when(text: str) -> bool:
    """Whether a text holds a word of time."""
    return _TELLS_WHEN.search(text) is not None


def _iso(question: str) -> list[Moment]:
    return [
        _dated(int(match["year"]), int(match["month"]), int(match["day"] or 0))
        for match in _ISO.finditer(question)
        if 1 <= int(match["month"]) <= 12
    ]


def _named(question: str) -> list[Moment]:
    """ "May" and "march" are months only where something beside them says so."""
    found: list[Moment] = []
    for match in _DATED.finditer(question):
        day, year = int(match["day"] or match["day_after"] or 0), match["year"]
        is_plain = not (day or year or _BEFORE_MONTH.search(question[: match.start("month")]))
        if match["month"].lower() in _AMBIGUOUS and is_plain:
            continue
        month = _MONTHS.index(match["month"].lower()) + 1
        found.append(_dated(int(year), month, day) if year else Moment(month=month, day=day))
    return found


def _counted_back(question: str, today: date) -> list[Moment]:
    found: list[Moment] = []
    for match in _AGO.finditer(question):
        count = _COUNTS.get(match["count"].lower()) or int(match["count"])
        unit_days = {"day": 1, "week": 7, "month": 30, "year": 365}[match["unit"].lower()]
        middle, slack = today - timedelta(count * unit_days), timedelta(unit_days // 2)
        found.append(Moment(middle - slack, middle + slack))
    return found + [_last(match["unit"] or match["day"], today) for match in _LAST.finditer(question)]


def _last(unit: str, today: date) -> Moment:
    match unit.lower():
        case "week":
            monday = today - timedelta(today.weekday() + 7)
            return Moment(monday, monday + timedelta(6))
        case "month":
            end = today.replace(day=1) - timedelta(1)
            return Moment(end.replace(day=1), end)
        case "year":
            return _year(today.year - 1)
        case "yesterday":
            return Moment(today - timedelta(1), today - timedelta(1))
    return Moment(today, today)


def _year(year: int) -> Moment:
    return Moment(date(year, 1, 1), date(year, 12, 31))


def _dated(year: int, month: int, day: int) -> Moment:
    return Moment(*_span(year, month, day))


def _span(year: int, month: int, day: int) -> tuple[date, date]:
    """The day, or the whole month where there is no such day in it."""
    last = monthrange(year, month)[1]
    return (
        (date(year, month, day), date(year, month, day))
        if 1 <= day <= last
        else (date(year, month, 1), date(year, month, last))
    )
