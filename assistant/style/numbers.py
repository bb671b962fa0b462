"""Whether an English text writes small counts as `digits` ("3 reports") or as `words` ("three reports").

Only what counts things is looked at, from two to ten (twelve in words): not dates, times, amounts of money, measures,
versions, pages, and not "one". A sentence begins with a word, whatever the text does elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from assistant.engine.support.number_words import WORDS, Kind
from assistant.style.piece import People, Piece
from assistant.style.trait import Form, Reading, Setting, Trait
from assistant.style.wording import begins, is_english, is_name, like, masked, quoted_from, reworded, running, spliced
from memory.languages import common_words

DIGITS, SPELT = "digits", "words"
_SHARE = 0.7
_LARGEST = 10
"""Larger ones are written in digits by everybody now and then."""
_VALUES = {
    name: int(word.value) for name, word in WORDS["en"].items() if word.kind is Kind.UNIT and word.value in range(2, 13)
}
_NAMES = {value: name for name, value in _VALUES.items() if value <= _LARGEST}

_NO_NOUNS = (
    "was|has|its|his|this|thus|yes|plus|less|does|versus|across|hours?|hrs|mins?|secs?|kilos|bytes|times|"
    "pounds|dollars|euros|cents|miles|metres|meters|litres|liters|grams|tons|tonnes|degrees|percent|points|always|perhaps|"
    "thousands|millions|billions|besides|towards|afterwards|sometimes|whereas|unless|business"
)
_NOUN = (
    rf"(?:(?!(?:{_NO_NOUNS})\b)[a-z]{{2,}}(?:[a-rt-z]s|ss?es)"
    r"|people|children|men|women|staff|feet|mice|criteria|phenomena|series)\b"
)
_COUNTED = rf"(?= (?:(?!(?:to|of|and|or|in|on|at|is|are|for|by|with|from|as|the|if)\b)[a-z-]{{3,}} )?{_NOUN})"
_LABEL = (
    r"(?<![\w.,:/$€£#%+=*^~(–—-])(?<![$€£#] )(?<!\bpage )(?<!\bpages )(?<!\bversion )(?<!\bstep )(?<!\bsection )"
    r"(?<!\bchapter )(?<!\broom )(?<!\bphase )(?<!\blevel )(?<!\btype )(?<!\bpart )(?<!\bno\. )(?<!\bnumber )(?<!\bitem )"
    r"(?<!\bgate )(?<!\bweek )(?<!\bday )(?<!\btable )(?<!\bfigure )(?<!\d to )(?<!\d - )(?<!\d x )"
)
_WORD = "|".join(sorted(_VALUES, key=len, reverse=True))
_DIGIT = re.compile(
    rf"{_LABEL}(?P<number>[2-9]|10)(?:{_COUNTED}|(?= (?:or|to|and) (?:[2-9]|10|{_WORD}) {_NOUN}))", re.IGNORECASE
)
_SPELT = re.compile(
    rf"(?<![\w-])(?<!\bone or )(?<!\bthe (?=two\b))(?<!\bthese (?=two\b))(?<!\bthose (?=two\b))(?<!\bother (?=two\b))"
    rf"(?P<number>{_WORD})(?:{_COUNTED}|(?= (?:or|to|and) (?:[2-9]|10|{_WORD}) {_NOUN}))",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\b([A-Z]\w*) $")
_LONGEST_WORD = 30
_COMMON = common_words("en")


class Numbers(Trait):
    name: ClassVar[str] = "numbers"
    reach: ClassVar[float] = 0.02

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not is_english(piece, people):
            return {}
        text = running(piece)
        digits = [match for match in _counts(_DIGIT, text) if not begins(text, match.start())]
        spelt = [match for match in _counts(_SPELT, text) if not begins(text, match.start())]
        total = len(digits) + len(spelt)
        for value, found in ((DIGITS, digits), (SPELT, spelt)):
            if total and len(found) / total >= _SHARE:
                strength = min(1.0, 0.5 + 0.25 * len(found))
                return {self.name: Reading(value=value, strength=strength, quote=quoted_from(text, found[0].start()))}
        return {}

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value not in (DIGITS, SPELT) or not is_english(piece, people):
            return piece
        return reworded(piece, in_digits if setting.value == DIGITS else in_words)

    def say(self, dimension: str, setting: Setting) -> str:
        return (
            'small numbers in digits ("3 reports")'
            if setting.value == DIGITS
            else 'small numbers in words ("three reports")'
        )


NUMBERS = Numbers()


def in_digits(text: str) -> str:
    return spliced(text, dict(_digits(masked(text))))


def in_words(text: str) -> str:
    return spliced(text, dict(_words(masked(text))))


def _counts(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """What stands in no name: "Halo 2", "the Six Nations"."""
    for match in pattern.finditer(text):
        before = _BEFORE.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
        is_named = before is not None and before[1].casefold() not in _COMMON
        if not is_named and not is_name(text, match):
            yield match


def _digits(text: str) -> Iterator[tuple[int, tuple[int, str]]]:
    for match in _counts(_SPELT, text):
        if not begins(text, match.start()):
            yield match.start(), (match.end(), str(_VALUES[match["number"].casefold()]))


def _words(text: str) -> Iterator[tuple[int, tuple[int, str]]]:
    for match in _counts(_DIGIT, text):
        name = _NAMES[int(match["number"])]
        yield match.start(), (match.end(), like(name, "A") if begins(text, match.start()) else name)
