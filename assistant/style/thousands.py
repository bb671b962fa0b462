"""What stands between the thousands of a number: `1,000`, `1.000`, `1 000`, `1'000` or nothing (`1000`).

Only what is a count or a sum is looked at: no years, no telephone numbers, no codes, no ends of a longer number. A point
or a comma that may be a decimal one is left, and a point is set only in languages whose readers take it for no decimal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from assistant.style.piece import People, Piece
from assistant.style.trait import Form, Reading, Setting, Trait
from assistant.style.wording import language_of, masked, reworded, running, spliced

COMMA, POINT, SPACE, QUOTE, BARE = "1,000", "1.000", "1 000", "1'000", "1000"
_MARKS = {COMMA: ",", POINT: ".", SPACE: "\u00a0", QUOTE: "'", BARE: ""}
_SHARE = 0.7
_WITH_POINTS = frozenset(("de", "es", "it", "pt", "nl", "da", "id", "tr", "el"))
"""Languages in which "1.234" is more than a thousand, and "1,234" more than one."""
_YEARS = range(1800, 2200)

_LABEL = (
    r"(?<![\w.,:/#+=*@'’–—-])(?<!\d[ \u00a0\u202f])(?<!\bno\. )(?<!\bnr\. )(?<!\bnumber )(?<!\border )(?<!\binvoice )(?<!\bticket )"
    r"(?<!\bcode )(?<!\broom )(?<!\bcase )(?<!\bid )(?<!\bphone )(?<!\btel )(?<!\btel\. )(?<!\bpage )(?<!\bversion )(?<!\bPO )"
)
_LONG = re.compile(r"\d{3}")
_NUMBER = re.compile(
    rf"{_LABEL}(?P<currency>[$€£]\s?)?(?P<whole>\d{{1,3}}(?:(?P<mark>[,.'’ \u00a0\u202f])\d{{3}})(?:(?P=mark)\d{{3}})*|\d{{4,9}})"
    r"(?P<rest>[.,]\d{1,2})?(?![\d\w/:@–—-]|[.,'’]\d|[ \u00a0\u202f]\d)(?P<unit>\s?(?:[$€£%]|[^\W\d_a-z]*[a-zß-ÿ]{2,}))?",
    re.IGNORECASE,
)
_BETWEEN_CLAUSES = """
and or to in on at by for from is was are the we i if but which that as with und oder bis im am an zu et ou à y o
"""
_NO_UNITS = frozenset(_BETWEEN_CLAUSES.split())


@dataclass(frozen=True, slots=True)
class _Number:
    start: int
    end: int
    digits: str
    format: str
    decimal: str
    """With its mark; empty without one."""


class Thousands(Trait):
    name: ClassVar[str] = "thousands"
    reach: ClassVar[float] = 0.02

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        text = running(piece)
        found = list(_numbers(text, language_of(piece, people)))
        if not found:
            return {}
        [(format, count)] = Counter(one.format for one in found).most_common(1)
        if count / len(found) < _SHARE:
            return {}
        first = next(one for one in found if one.format == format)
        return {self.name: Reading(value=format, strength=count / len(found), quote=text[first.start : first.end])}

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value not in _MARKS:
            return piece
        language = language_of(piece, people)
        if setting.value == (COMMA if language in _WITH_POINTS else POINT):
            return piece
        return reworded(piece, lambda text: written_in(text, setting.value, language))

    def say(self, dimension: str, setting: Setting) -> str:
        return f"thousands as {setting.value}"


THOUSANDS = Thousands()


def written_in(text: str, format: str, language: str) -> str:
    """`text` with its thousands in `format`."""
    changes: dict[int, tuple[int, str]] = {}
    for one in _numbers(masked(text), language):
        if one.format != format:
            changes[one.start] = (one.end, _grouped(one.digits, _MARKS[format]) + one.decimal)
    return spliced(text, changes)


def _numbers(text: str, language: str) -> Iterator[_Number]:
    """What is certainly a thousand or more, and counts something where no mark shows that it is no code."""
    if not _LONG.search(text):
        return
    own = "." if language in _WITH_POINTS else ","
    for match in _NUMBER.finditer(text):
        mark, whole, decimal = match["mark"] or "", match["whole"], match["rest"] or ""
        digits = re.sub(r"\D", "", whole)
        if mark and mark in ".," and (mark != own or decimal[:1] == mark):
            continue
        if decimal[:1] == own or (not mark and (digits.startswith("0") or not _counts(match, digits, language))):
            continue
        format = {",": COMMA, ".": POINT, "": BARE, "'": QUOTE, "’": QUOTE}.get(mark, SPACE)
        yield _Number(
            match.start("whole"), match.end("rest") if decimal else match.end("whole"), digits, format, decimal
        )


def _counts(match: re.Match[str], digits: str, language: str) -> bool:
    """Whether a bare number has a currency or a thing after it, and is no year."""
    unit = (match["unit"] or "").strip()
    if match["currency"] or unit in tuple("$€£%"):
        return True
    if not unit or unit.casefold() in _NO_UNITS or int(digits) in _YEARS:
        return False
    return unit[0].islower() or language == "de"


def _grouped(digits: str, mark: str) -> str:
    first = len(digits) % 3
    groups = [digits[:first], *(digits[at : at + 3] for at in range(first, len(digits), 3))]
    return mark.join(group for group in groups if group)
