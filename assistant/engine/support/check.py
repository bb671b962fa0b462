"""The plain check of a sentence against the texts it cites: names, numbers and dates that none of them has.

It understands nothing: it tells what a sentence names that its sources do not, so that a model's sentence can be left
out. Where it cannot tell (a negation, a number that stands elsewhere) it lets pass; where it doubts (a common noun
that no source has, at the start of a sentence) it does not. `engine.cited` drops what fails here; pure functions of texts.

    numbers     by value: "3.5 million" is "3,500,000", "three" is "3"; nothing is rounded
    dates       day and month as a pair, weekdays, years; "20 November" is "2026-11-20"
    names       capitalised words, in German nouns too; codes such as H200; initials stand for the words they begin
    quotations  word for word; addresses as well
    the rest    at least half of the words that carry meaning stand in the sources

In scripts without capitals or spaces names cannot be told: there pairs of characters take the place of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from assistant.engine.sentences import STOPWORDS
from assistant.engine.support import dates
from assistant.engine.support.inflection import same_word
from assistant.engine.support.numerals import SCALES, is_number_word, numbers, plain
from assistant.engine.support.openers import OPENERS
from memory.languages import common_words
from memory.scripts import HAN, HANGUL, KANA, UNSPACED

LEAST_SHARED = 0.5
"""So much of what a sentence says has to be in its sources, in words or in pairs of characters."""
LONGEST_NEW = 3
"""Pairs of characters in a row that no source has: four and more are a name or a term of its own."""
QUOTED_WORDS = 3
_OPENING = " \t\"'“”„‘’«»‹›([—–-"
_ENDS = ".:!?…。！？"
READ = 60_000
"""Characters of a source that are looked at."""

_WORD = re.compile(rf"[^\W_{UNSPACED}](?:[^\W_{UNSPACED}]|['’](?=[^\W_]))*")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_CODE = re.compile(rf"[^\W\d_{UNSPACED}]+-?\d[^\W_{UNSPACED}]*")
_SPLIT_CODE = re.compile(rf"([^\W\d_{UNSPACED}]+)[\s-](\d+[^\W_{UNSPACED}]*)")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+|[\w.+-]+@[\w-]+\.[\w.]+|(?<!\w)@\w{2,}", re.IGNORECASE)
_QUOTATION = re.compile(r"“([^“”]+)”|„([^„“”]+)[“”]|«([^«»]+)»|\"([^\"]+)\"|「([^「」]+)」|『([^『』]+)』")
_RUN = re.compile(rf"[{UNSPACED}]+")
_PAIRED = re.compile(f"[{HAN}{KANA}{HANGUL}]")
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff]{3,}")
_COUNTED = re.compile(rf"\d[\d.,{SCALES}]*")
_RANGE = re.compile(r"(\d[\d.,]*)\s?(?:[-–—]|to|and|or|bis|und|oder|à|et|ou|a|y|o)\s?(\d[\d.,]*)(\s?[^\W\d_]+)")


@dataclass(frozen=True)
class Source:
    """A text that may be cited, read once. `language` is a code such as `en`, or "" where it is not known."""

    text: str
    language: str = ""
    plain: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", _undotted(plain(self.text[:READ])))

    @cached_property
    def words(self) -> frozenset[str]:
        every = {word.casefold() for word in _WORD.findall(self.plain)}
        joined = {(first + second).casefold() for first, second in _SPLIT_CODE.findall(self.plain)}
        return frozenset(every | joined | {stem for word in every for stem in _unpossessed(word)})

    @cached_property
    def beginnings(self) -> dict[str, list[str]]:
        """The words by their first three letters."""
        found: dict[str, list[str]] = {}
        for word in self.words:
            found.setdefault(word[:3], []).append(word)
        return found

    @cached_property
    def initials(self) -> frozenset[str]:
        """What two to five words in a row, the outer ones capitalised, begin with: UN, USA, BBC."""
        heads = [(word[0], word[0].isupper()) for word in _WORD.findall(self.plain) if word.casefold() not in STOPWORDS]
        return frozenset(
            "".join(letter for letter, _ in heads[start : start + length]).casefold()
            for start in range(len(heads))
            for length in range(2, 6)
            if start + length <= len(heads) and all(is_capital for _, is_capital in heads[start : start + length])
        )

    @cached_property
    def capitals(self) -> frozenset[str]:
        """Words all in capitals: what stands for a name of several words."""
        return frozenset(word.casefold() for word in _WORD.findall(self.plain) if len(word) > 1 and word.isupper())

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        language = self.language or "en"
        found = {value for number in numbers(self.plain, language) for value in number.values}
        for first, _, unit in _RANGE.findall(self.plain):  # "3 to 4 million"
            found.update(value for number in numbers(first + " " + unit, language) for value in number.values)
        dated = " ".join(day.text for day in self.days if day.is_sure or language == "de")
        return frozenset(found | {Decimal(digits) for digits in re.findall(r"\d+", dated)})

    @cached_property
    def days(self) -> list[dates.Day]:
        return dates.days(self.plain)

    @cached_property
    def months(self) -> set[int]:
        return dates.months(self.plain)

    @cached_property
    def weekdays(self) -> set[int]:
        return set(dates.weekdays(self.plain).values())

    @cached_property
    def grams(self) -> frozenset[str]:
        return frozenset(gram for run in _RUN.findall(self.plain) for gram in _grams(run))

    @cached_property
    def flat(self) -> str:
        return _flat(self.plain)

    def has(self, word: str, language: str) -> bool:
        """Whether a case-folded word is there, in any of its forms."""
        if word in self.words or any(stem in self.words for stem in _unpossessed(word)):
            return True
        return any(same_word(word, other, language) for other in self.beginnings.get(word[:3], ()))


def missing(sentence: str, sources: Sequence[Source], language: str = "") -> list[str]:
    """What `sentence` names and none of `sources` does; empty where it is borne out. Nothing is borne out by nothing."""
    if not sources:
        return [sentence]
    text = _undotted(plain(sentence))
    found = [
        *_missing_addresses(text, sources),
        *_missing_quotations(text, sources),
        *_missing_numbers(text, sources, language),
        *_missing_dates(text, sources),
        *_missing_names(text, sources, language),
        *_missing_characters(text, sources),
    ]
    return list(dict.fromkeys(found)) or ([] if _shared(text, sources, language) >= LEAST_SHARED else [sentence])


def _missing_addresses(text: str, sources: Sequence[Source]) -> Iterator[str]:
    for address in _ADDRESS.findall(text):
        wanted = address.rstrip(".,;:!?").casefold()
        if not any(wanted in source.plain.casefold() for source in sources):
            yield address


def _missing_quotations(text: str, sources: Sequence[Source]) -> Iterator[str]:
    for match in _QUOTATION.finditer(text):
        quoted = next(group for group in match.groups() if group)
        flat = _flat(quoted)
        is_long = len(flat.split()) >= QUOTED_WORDS or len(_PAIRED.findall(quoted)) >= 2 * QUOTED_WORDS
        if is_long and not any(flat in source.flat for source in sources):
            yield match[0]


def _missing_numbers(text: str, sources: Sequence[Source], language: str) -> Iterator[str]:
    known = frozenset[Decimal]().union(*(source.numbers for source in sources))
    for number in numbers(_without_days(text, sources), language):
        if number.is_vague:
            least = min(number.values)
            if not any(least <= value < least * 1000 for value in known):
                yield number.text
        elif known.isdisjoint(number.values):
            yield number.text
    words = frozenset[str]().union(*(source.words for source in sources))
    for code in _CODE.findall(text):
        is_compound = "-" in code and code.split("-")[0].islower()  # mid-2026
        if not is_compound and code.replace("-", "").casefold() not in words:
            yield code


def _without_days(text: str, sources: Sequence[Source]) -> str:
    """`text` without the days in digits that the sources name in their own way."""
    for day in dates.days(text):
        if not any(letter.isalpha() for letter in day.text) and _is_known(day, sources):
            text = text.replace(day.text, " ")
    return text


def _missing_dates(text: str, sources: Sequence[Source]) -> Iterator[str]:
    months = {month for source in sources for month in source.months}
    for day in dates.days(text):
        if day.is_sure and not _is_known(day, sources):
            yield day.text
    yield from (name for name, month in dates.named_alone(text) if month not in months)
    weekdays = {day for source in sources for day in source.weekdays}
    yield from (name for name, day in dates.weekdays(text).items() if day not in weekdays)


def _is_known(day: dates.Day, sources: Sequence[Source]) -> bool:
    """Whether a source names the same day, or the month where only that is named.

    A year that stands beside the one day and not beside the other must stand somewhere.
    """
    known = [other for source in sources for other in source.days]
    if any(number for _, number in day.options):
        same = [other for other in known if other.options & day.options]
        is_named = bool(same)
    else:
        wanted = {month for month, _ in day.options}
        same = [other for other in known if wanted & {month for month, _ in other.options}]
        is_named = bool(same) or any(wanted & source.months for source in sources)
    years = {other.year for other in same}
    if day.year is None or day.year in years:
        return is_named
    said = any(Decimal(day.year) in source.numbers for source in sources)
    return is_named and said and years <= {None}


def _missing_names(text: str, sources: Sequence[Source], language: str) -> Iterator[str]:
    """Capitalised words that no source has, and whose initials none has either."""
    run: list[str] = []
    absent: list[str] = []
    end, first = 0, next((match.start() for match in _WORD.finditer(text)), 0)
    for match in _WORD.finditer(text):
        word, gap, end = match[0], text[end : match.start()], match.end()
        before = gap.rstrip(_OPENING)[-1:]
        is_name = _is_name(word, language, begins=match.start() == first or (before != "" and before in _ENDS))
        if not is_name or gap.strip(" -&"):
            yield from _unless_initials(run, absent, sources)
            run, absent = [], []
        if not is_name:
            continue
        run.append(word)
        if not _is_borne_out(word, sources, language):
            absent.append(word)
    yield from _unless_initials(run, absent, sources)


def _is_name(word: str, language: str, *, begins: bool) -> bool:
    """Whether a word has a capital that it would not have as any word. Dates are looked at elsewhere."""
    folded = word.casefold()
    if not any(letter.isupper() for letter in word):
        return False
    if any(letter.isupper() for letter in word[1:]):
        return True
    if is_number_word(folded, language):
        return False
    if folded in dates.WEEKDAYS or (folded in dates.MONTHS and folded not in dates.ALSO_WORDS):
        return False
    if begins and (folded in STOPWORDS or folded in OPENERS):
        return False
    return folded not in common_words(language or "en")


def _is_borne_out(word: str, sources: Sequence[Source], language: str) -> bool:
    folded = word.casefold()
    if any(source.has(folded, language or source.language) for source in sources):
        return True
    if any(dates.MONTHS.get(folded) in source.months for source in sources):
        return True
    return word.isupper() and any(folded in source.initials for source in sources)


def _unless_initials(run: Sequence[str], absent: list[str], sources: Sequence[Source]) -> Iterable[str]:
    """`absent`, but not where a source has the initials of the whole name: "European Union" for "EU"."""
    initials = "".join(word[0] for word in run).casefold()
    if len(run) > 1 and any(initials in source.capitals for source in sources):
        return []
    return absent


def _missing_characters(text: str, sources: Sequence[Source]) -> Iterator[str]:
    """Names in scripts without capitals: katakana that no source has, and stretches of new pairs of characters."""
    yield from (name for name in _KATAKANA.findall(text) if not any(name in source.plain for source in sources))
    for run in _RUN.findall(text):
        marks = "".join("+" if any(gram in source.grams for source in sources) else "-" for gram in _grams(run))
        stretches = [len(found[0]) + (found.start() == 0) for found in re.finditer("-+", marks)]
        if max(stretches, default=0) > LONGEST_NEW:
            yield run


def _shared(text: str, sources: Sequence[Source], language: str) -> float:
    """The share of what `text` says that the sources say too, in [0, 1]."""
    told = [word.casefold() for word in _WORD.findall(text) if not word[0].isdecimal()]
    told = [word for word in told if word not in STOPWORDS and not is_number_word(word, language)]
    grams = [gram for run in _RUN.findall(_COUNTED.sub(" ", text)) if len(run) > 1 for gram in _grams(run)]
    if not told and not grams:
        return 1.0 if re.search(r"\w", text) else 0.0
    known = sum(any(source.has(word, language or source.language) for source in sources) for word in told)
    known += sum(any(gram in source.grams for source in sources) for gram in grams)
    return known / (len(told) + len(grams))


def _grams(run: str) -> list[str]:
    """Pairs of characters where each says as much as half a word, fours in scripts of letters; short runs whole."""
    length = 2 if _PAIRED.match(run) else 4
    return [run[start : start + length] for start in range(max(1, len(run) - length + 1))]


def _unpossessed(word: str) -> Iterator[str]:
    """A word without its 's, or without the article that an apostrophe joins to it: l'Europe."""
    head, mark, tail = word.replace("’", "'").partition("'")
    if mark and len(tail) <= 2:
        yield head
    elif mark:
        yield tail


def _undotted(text: str) -> str:
    """U.S. as US."""
    return _DOTTED.sub(lambda found: found[0].replace(".", ""), text)


def _flat(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
