"""How an English text writes times of day: `24h` ("14:30") or `12h` ("2:30 pm").

"3:30" alone may be either half of the day: it is changed only where another time of the text shows a clock of 24 hours.
Spans ("2-3 pm") and times with seconds are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from assistant.style.piece import People, Piece
from assistant.style.trait import Form, Reading, Setting, Trait
from assistant.style.wording import is_english, masked, reworded, running, spliced

OF_24, OF_12 = "24h", "12h"
_SHARE = 0.7
_NOON = 12
_MORNING = range(9, 13)
"""Hours that nobody takes for the other half of the day, among people at work."""
_DIGIT = re.compile(r"\d")
_SPAN = r"\s?(?:[-–—]|to|and|or|until|till)\s?"
_MERIDIAN = r"\s?(?P<half>[ap])\.?m\b(?P<dot>\.(?!\s*$|\s+(?-i:[A-Z\"“(])))?"
_TWELVE = re.compile(
    r"(?<![\d:.$€£#/])(?<!\d[–—-])(?<!\d [–—-] )(?<!\d to )(?<!\d and )(?<!\d or )"
    rf"(?P<hour>0?[1-9]|1[0-2])(?:[:.](?P<minute>[0-5]\d))?{_MERIDIAN}",
    re.IGNORECASE,
)
_TWENTY_FOUR = re.compile(
    rf"(?<![\d:.$€£#/])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![:\d/]|\.\d|\s?[ap]\.?m\b|{_SPAN}\d{{1,2}}(?:[:.]\d\d)?\s?[ap]\.?m\b)"
    r"(?:\s?(?:hours|hrs|h)\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Time:
    start: int
    end: int
    hour: int
    minute: int
    format: str
    is_sure: bool


class Times(Trait):
    name: ClassVar[str] = "times"
    reach: ClassVar[float] = 0.02

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not is_english(piece, people):
            return {}
        text = running(piece)
        found = list(_times(text))
        for value in (OF_24, OF_12):
            those = [one for one in found if one.format == value]
            if found and len(those) / len(found) >= _SHARE:
                strength = 1.0 if any(one.is_sure for one in those) else 0.5
                return {self.name: Reading(value=value, strength=strength, quote=text[those[0].start : those[0].end])}
        return {}

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value not in (OF_24, OF_12) or not is_english(piece, people):
            return piece
        is_certain = any(one.format == OF_24 and one.is_sure for one in _times(running(piece)))
        return reworded(piece, lambda text: written_in(text, setting.value, is_certain=is_certain))

    def say(self, dimension: str, setting: Setting) -> str:
        return "times as 14:30" if setting.value == OF_24 else "times as 2:30 pm"


TIMES = Times()


def written_in(text: str, format: str, *, is_certain: bool) -> str:
    """`text` with its times in `format`; where `is_certain`, "3:30" is of the night."""
    shown = masked(text)
    changes: dict[int, tuple[int, str]] = {}
    for one in _times(shown):
        if one.format == format or (one.format == OF_24 and not (one.is_sure or is_certain or one.hour in _MORNING)):
            continue
        changes[one.start] = (one.end, _written(one, format))
    return spliced(text, changes)


def _times(text: str) -> Iterator[_Time]:
    if not _DIGIT.search(text):
        return
    for match in _TWELVE.finditer(text):
        hour = int(match["hour"]) % _NOON + (_NOON if match["half"] in "pP" else 0)
        yield _Time(match.start(), match.end(), hour, int(match["minute"] or 0), OF_12, is_sure=True)
    for match in _TWENTY_FOUR.finditer(text):
        hour = int(match["hour"])
        is_sure = hour > _NOON or match["hour"].startswith("0")
        yield _Time(match.start(), match.end(), hour, int(match["minute"]), OF_24, is_sure)


def _written(one: _Time, format: str) -> str:
    if format == OF_24:
        return f"{one.hour:02}:{one.minute:02}"
    half = "pm" if one.hour >= _NOON else "am"
    minutes = f":{one.minute:02}" if one.minute else ""
    return f"{one.hour % _NOON or _NOON}{minutes} {half}"
