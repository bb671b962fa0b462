"""The numbers that a text names, as values: in digits of any script, with separators of any habit, with scale words, and
in words of English, German, French and Spanish.

What can be read in two ways has two values ("1.234" is 1234 or 1.234; "3m" is three metres or three million). Pure; it
knows no source and no sentence. `check` compares what two texts name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from assistant.engine.support.number_words import WORDS, Kind, Word, german_compound, scale_after
from memory.scripts import UNSPACED

_SCALES_OF_CHARACTERS = dict(zip("百千万萬億亿兆천만억조", (2, 3, 4, 4, 8, 8, 12, 3, 4, 8, 12), strict=True))
"""Powers of ten."""
SCALES = "".join(_SCALES_OF_CHARACTERS)
_SHORT_SCALES = {"k": 3, "m": 6, "mn": 6, "mln": 6, "mio": 6, "b": 9, "bn": 9, "bln": 9, "mrd": 9, "tn": 12, "trn": 12}
_CERTAIN = frozenset(("mn", "mln", "mio", "bn", "bln", "mrd", "tn", "trn"))
"""Short scales that stand for nothing else; `k`, `m` and `b` may be units."""

_LETTER = rf"[^\W\d_{UNSPACED}]"
_TOKEN = re.compile(
    rf"(?P<code>{_LETTER}+\d[^\W_{UNSPACED}]*)"
    rf"|(?P<counted>\d[\d.,]*[ ]?[{SCALES}](?:\d[\d.,]*[ ]?[{SCALES}])*(?:\d+)?)"
    rf"|(?P<clock>(?<!\d)\d{{1,2}}:\d\d(?![\d:]))"
    rf"|(?P<digits>(?<!\d)\d{{1,3}}(?:[ '’]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*)(?P<unit>{_LETTER}{{1,12}})?"
    rf"|(?P<word>{_LETTER}+)"
)
_PERCENT = re.compile(r"\b(?:pour\s+cent|por\s+ciento)\b", re.IGNORECASE)
"""Hundreds in name only."""
_COUNTED_PART = re.compile(rf"(\d[\d.,]*)[ ]?([{SCALES}]?)")


@dataclass(frozen=True, slots=True)
class Number:
    """`values` are the ways to read it. A vague one ("thousands") stands for any of that order."""

    text: str
    values: frozenset[Decimal]
    is_vague: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    gap: str
    """What stands between it and the token before."""
    values: frozenset[Decimal] = frozenset()
    word: Word | None = None


def plain(text: str) -> str:
    """`text` with digits of every script as ASCII, and without the variants that Unicode keeps of one character."""
    folded = _PERCENT.sub("%", unicodedata.normalize("NFKC", text).replace("٫", ".").replace("٬", ","))
    if folded.isascii():
        return folded
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in folded)


def numbers(text: str, language: str) -> list[Number]:
    """Every number that `text` (as `plain` gives it) names, but "one": in most languages that is no number."""
    found: list[Number] = []
    run: list[_Token] = []
    for token in _tokens(text, language):
        if run and not _goes_on(run, token, language):
            found += _ended(run)
            run = []
        if token.values or (token.word is not None and (run or token.word.kind is not Kind.JOIN)):
            run.append(token)
    return found + _ended(run)


def is_number_word(word: str, language: str) -> bool:
    """Whether a case-folded word names a number or goes into one."""
    return word in WORDS.get(language, {}) or (language == "de" and german_compound(word) is not None)


def _tokens(text: str, language: str) -> Iterator[_Token]:
    words, end, is_number = WORDS.get(language, {}), 0, False
    for match in _TOKEN.finditer(text):
        gap, end = text[end : match.start()], match.end()
        was_number, is_number = is_number, match["digits"] is not None
        if match["code"]:
            yield _Token(match[0], gap)
        elif match["word"]:
            folded = match["word"].casefold()
            word = words.get(folded) or (german_compound(folded) if language == "de" else None)
            yield _Token(match[0], gap, word=word or _scale_after(folded, gap, language, is_counted=was_number))
        elif match["counted"]:
            yield _Token(match[0], gap, frozenset((_counted(match[0]),)))
        elif match["clock"]:
            yield _Token(match[0], gap, frozenset((Decimal(match[0].replace(":", ".")),)))
        else:
            yield from _digits(match["digits"], (match["unit"] or "").casefold(), gap)


def _scale_after(word: str, gap: str, language: str, *, is_counted: bool) -> Word | None:
    """ "bn" after digits, or a scale of a language without a table; `m` there is a metre as likely, and left alone."""
    if not is_counted or not gap.isspace():
        return None
    return Word(Kind.SCALE, Decimal(10) ** _SHORT_SCALES[word]) if word in _CERTAIN else scale_after(word, language)


def _digits(digits: str, unit: str, gap: str) -> Iterator[_Token]:
    readings = _readings(digits)
    if len(readings) == 1 and unit in _SHORT_SCALES:
        scaled = frozenset(value * Decimal(10) ** _SHORT_SCALES[unit] for value in readings[0])
        yield _Token(digits + unit, gap, scaled if unit in _CERTAIN else scaled | readings[0])
        return
    for index, values in enumerate(readings):
        yield _Token(digits + unit, gap if index == 0 else "|", values)


def _readings(digits: str) -> list[frozenset[Decimal]]:
    """The values of one number, or of several that stops join ("20.11.2026", "1.2.3")."""
    joined = re.sub(r"[ '’]", "", digits)
    marks = [mark for mark in joined if mark in ".,"]
    if not marks:
        return [frozenset((Decimal(joined),))]
    if len(set(marks)) == 2:
        last = max(joined.rfind("."), joined.rfind(","))
        return [frozenset((Decimal(re.sub(r"[.,]", "", joined[:last]) + "." + joined[last + 1 :]),))]
    pieces = re.split(r"[.,]", joined)
    is_grouped = pieces[0] != "0" and len(pieces[0]) <= 3 and len(pieces[-1]) == 3
    is_grouped = is_grouped and all(len(piece) in (2, 3) for piece in pieces[1:])
    if len(marks) == 1:
        decimal = Decimal(f"{pieces[0]}.{pieces[1]}")
        return [frozenset((decimal, Decimal("".join(pieces)))) if is_grouped else frozenset((decimal,))]
    return [frozenset((Decimal("".join(pieces)),))] if is_grouped else [frozenset((Decimal(one),)) for one in pieces]


def _counted(text: str) -> Decimal:
    """ "1億2000万" and "3.5万": each part times its character."""
    total = Decimal(0)
    for digits, scale in _COUNTED_PART.findall(text):
        [value, *_] = sorted(_readings(digits)[0], reverse=True) if "," in digits else sorted(_readings(digits)[0])
        total += value * Decimal(10) ** _SCALES_OF_CHARACTERS.get(scale, 0)
    return total


def _goes_on(run: list[_Token], token: _Token, language: str) -> bool:
    """Whether `token` is part of the number that `run` has begun, as in "two hundred and fifty thousand"."""
    if token.word is None or not re.fullmatch(r"[\s-]*", token.gap):
        return False
    last = run[-1].word
    if token.word.kind is Kind.SCALE:
        return last is None or last.kind is not Kind.ORDINAL
    if last is None:
        return False
    if token.word.kind is Kind.JOIN:  # "hundred and five", but "vingt et un", "treinta y cinco"
        return (
            last.kind is Kind.SCALE if language == "en" else last.kind is Kind.UNIT and last.value in range(20, 100, 10)
        )
    if last.kind is Kind.JOIN:
        least_of = run[-2].word.value if run[-2].word is not None else Decimal(0)
        return token.word.kind in (Kind.UNIT, Kind.ORDINAL) and token.word.value < least_of
    if last.kind is Kind.SCALE:
        return token.word.value < last.value
    if last.kind is not Kind.UNIT:
        return False
    is_eighty = last.value == 20 and len(run) > 1 and run[-2].word is not None and run[-2].word.value == 4
    most = 20 if language == "fr" and (last.value == 60 or is_eighty) else 10
    is_french_teen = language == "fr" and last.value == 10 and 7 <= token.word.value <= 9
    is_four_twenties = language == "fr" and last.value == 4 and token.word.value == 20
    return (last.value >= 20 and 0 < token.word.value < most) or is_french_teen or is_four_twenties


def _ended(run: list[_Token]) -> list[Number]:
    """The number that a run of tokens names, if it is one."""
    if run and run[-1].word is not None and run[-1].word.kind is Kind.JOIN:
        run = run[:-1]
    if not run or all(token.word is not None and token.word.is_weak for token in run):
        return []
    text = " ".join(token.text for token in run)
    if run[0].values:
        factor = Decimal(1)
        for token in run[1:]:
            factor *= token.word.value if token.word and token.word.kind is Kind.SCALE else 1
        return [Number(text, frozenset(value * factor for value in run[0].values))]
    words = [token.word for token in run if token.word is not None]
    if len(words) == 1 and words[0].kind is Kind.JOIN:
        return []
    is_vague = len(words) == 1 and words[0].kind is Kind.SCALE
    if len(words) == 1 and words[0].also:
        return [Number(text, frozenset((words[0].value, *words[0].also)))]
    return [Number(text, frozenset((_sum(words),)), is_vague)]


def _sum(words: list[Word]) -> Decimal:
    """ "two hundred and fifty thousand", "quatre-vingt-dix", "mil millones"."""
    total = part = Decimal(0)
    for before, word in pairwise([None, *words]):
        assert word is not None
        if word.kind is Kind.JOIN:
            continue
        if word.kind is Kind.SCALE:
            part = (part or (Decimal(0) if total else Decimal(1))) * word.value
            if total and total < word.value:
                part, total = (total + part / word.value) * word.value, Decimal(0)
            if word.value >= 1000:
                total, part = total + part, Decimal(0)
        elif before is not None and before.value == 4 and word.value == 20:
            part += 76
        else:
            part += word.value
    return total + part
