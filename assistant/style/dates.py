"""How a text writes its dates: `iso`, `d month y`, `month d, y`, `d/m/y`, `m/d/y`, `d.m.y`, with short months and ordinals.

Written, every date that can be told becomes one of that form in the language of the text; the day stays. An ambiguous
one is left alone, unless another of the text or the language decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from assistant.style.date_formats import FORMATS, SLASHED, Found, dates_in, written
from assistant.style.piece import People, Piece
from assistant.style.trait import Form, Reading, Setting, Trait
from assistant.style.wording import language_of, masked, reworded, running, spliced

_SHARE = 0.6
"""So many of the dates must be of one form."""
MAY = 5
_SLASHED_IN = {"de": "d/m/y", "fr": "d/m/y", "es": "d/m/y", "it": "d/m/y", "pt": "d/m/y", "nl": "d/m/y"}
_SLASHED_AT = {"en-gb": "d/m/y", "en-au": "d/m/y", "en-ie": "d/m/y", "en-nz": "d/m/y", "en-us": "m/d/y"}


class Dates(Trait):
    name: ClassVar[str] = "dates"
    reach: ClassVar[float] = 0.03

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        text = running(piece)
        every = [one for one in dates_in(text, _slashed(piece, people)) if one.format]
        if not every:
            return {}
        found = [one for one in every if not _is_short_by_nature(one)] or every
        [(format, count)] = Counter(one.format for one in found).most_common(1)
        if count / len(found) < _SHARE:
            return {}
        first = next(one for one in found if one.format == format)
        strength = 0.5 if _is_short_by_nature(first) else count / len(found)
        return {self.name: Reading(value=format, strength=strength, quote=text[first.start : first.end])}

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value not in FORMATS:
            return piece
        language, slashed = language_of(piece, people), _slashed(piece, people)
        if slashed and setting.value in SLASHED and setting.value != slashed:
            return piece  # a reader of this language would take the 5th of June for the 6th of May
        known = {one for one in dates_in(running(piece), slashed) if one.format in SLASHED}
        slashed = next((one.format for one in sorted(known, key=lambda one: one.start)), slashed)
        return reworded(piece, lambda text: written_in(text, setting.value, language, slashed))

    def say(self, dimension: str, setting: Setting) -> str:
        return f"dates as {FORMATS.get(setting.value, setting.value)}"


DATES = Dates()


def written_in(text: str, format: str, language: str, slashed: str) -> str:
    """`text` with its dates in `format`; `slashed` says what "05/06/2026" is."""
    changes: dict[int, tuple[int, str]] = {}
    for one in dates_in(masked(text), slashed):
        words = _in_form(one, format, language)
        if words:
            changes[one.start] = (one.end, words)
    return spliced(text, changes)


def _in_form(one: Found, format: str, language: str) -> str | None:
    if one.day is None or one.format == format:
        return None
    return written(one.day, format, language, has_year=one.has_year)


def _is_short_by_nature(one: Found) -> bool:
    """ "5 May" is long and short."""
    return one.day is not None and one.day.month == MAY and "mon" in one.format


def _slashed(piece: Piece, people: People) -> str:
    """What the language, or its region, makes of "05/06/2026"."""
    return _SLASHED_AT.get(people.language.casefold(), _SLASHED_IN.get(language_of(piece, people), ""))
