"""Values of a card that cannot both be so: a journey from the 3rd to the 9th is no journey of five days.

Pure; `card` asks about what is found here, and overwrites neither.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from assistant.answers.goals import Value

_FROM_TO = re.compile(r"(\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)")
_LENGTH = re.compile(r"(\d+) (day|night|week)s?")
_WINDOW = re.compile(r"\b(?:between|some ?time|within|any ?time|zwischen|entre)\b", re.IGNORECASE)
_LONGEST_DAYS = 60


def length_by_dates(dates: Value, length: Value) -> str:
    """How long the journey is by its dates, such as "7 days", where `length` says otherwise; else empty.

    Days are counted with the first and the last, or without one of them; a window ("between", "in May") says nothing.
    """
    span, said = _FROM_TO.fullmatch(dates.value), _LENGTH.fullmatch(length.value)
    quote = dates.evidence.quote
    if span is None or said is None or _WINDOW.search(quote) or len(re.findall(r"\d+", quote)) < 2:
        return ""
    first, last = date.fromisoformat(span[1]), date.fromisoformat(span[2])
    if first.day == 1 and (last + timedelta(1)).day == 1:
        return ""  # whole months
    nights = (last - first).days
    number = int(said[1]) * (7 if said[2] == "week" else 1)
    if not 0 < nights < _LONGEST_DAYS or number in (nights, nights + 1):
        return ""
    return f"{nights} night{'s' if nights > 1 else ''}" if said[2] == "night" else f"{nights + 1} days"
