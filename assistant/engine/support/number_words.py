"""The words for numbers in English, German, French and Spanish: cardinals, ordinals, scales and what joins them.

A word for "one" is weak: alone it is an article or a pronoun. Pure tables; `numerals` puts them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto


class Kind(Enum):
    UNIT = auto()
    """Adds up: seven, twenty."""
    SCALE = auto()
    """Multiplies: hundred, million."""
    ORDINAL = auto()
    """Ends a number: third, doubled."""
    JOIN = auto()
    """Between two: and, y, et."""


@dataclass(frozen=True, slots=True)
class Word:
    kind: Kind
    value: Decimal = Decimal(0)
    is_weak: bool = False
    also: tuple[Decimal, ...] = ()
    """What it may be written as instead: half as 50 percent."""


_UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante septante huitante nonante",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
_ORDINALS = {
    "en": "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    "de": "erst zweit dritt viert fünft sechst siebt acht neunt zehnt elft zwölft",
    "fr": "premier deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième onzième douzième",
    "es": "primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo",
}
_ONES = {
    "en": "one first once single",
    "de": "ein eine einen einem einer eines eins einmal",
    "fr": "un une premier première",
    "es": "un uno una primer primero primera",
}
_SCALES: dict[str, dict[str, int]] = {
    "en": {
        "hundred": 10**2, "hundreds": 10**2, "thousand": 10**3, "thousands": 10**3, "million": 10**6, "millions": 10**6,
        "billion": 10**9, "billions": 10**9, "trillion": 10**12, "trillions": 10**12, "dozen": 12, "dozens": 12,
    },
    "de": {
        "hundert": 10**2, "hunderte": 10**2, "hunderten": 10**2, "tausend": 10**3, "tausende": 10**3, "tausenden": 10**3,
        "million": 10**6, "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9, "billion": 10**12,
        "billionen": 10**12, "dutzend": 12, "dutzende": 12, "dutzenden": 12,
    },
    "fr": {
        "cent": 10**2, "cents": 10**2, "centaine": 10**2, "centaines": 10**2, "mille": 10**3, "millier": 10**3,
        "milliers": 10**3, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9, "billion": 10**12,
        "billions": 10**12, "douzaine": 12, "dizaine": 10, "dizaines": 10,
    },
    "es": {
        "cien": 10**2, "ciento": 10**2, "cientos": 10**2, "centenar": 10**2, "centenares": 10**2, "mil": 10**3,
        "miles": 10**3, "millar": 10**3, "millares": 10**3, "millón": 10**6, "millones": 10**6, "billón": 10**12,
        "billones": 10**12, "docena": 12, "docenas": 12, "decenas": 10,
    },
}  # fmt: skip
_JOINS = {"en": "and", "fr": "et", "es": "y"}
_TIMES = {
    "en": {2: "twice double doubled doubles doubling twofold", 3: "triple tripled triples tripling threefold"},
    "de": {
        2: "zweimal doppelt doppelte doppelten verdoppelt verdoppelte verdoppeln",
        3: "dreimal dreifach verdreifacht",
    },
    "fr": {2: "double doublé doublée doubler second seconde", 3: "triple triplé tripler"},
    "es": {2: "doble duplicó duplicado duplicar segunda", 3: "triple triplicó triplicar tercer tercera"},
}
_HALVES = {"en": "half", "de": "hälfte halb halbe halben", "fr": "moitié demi demie", "es": "mitad medio media"}
_HUNDREDS_ES = "doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
_GERMAN_ENDINGS = ("e", "en", "er", "es", "em")


def _words(language: str) -> Iterator[tuple[str, Word]]:
    for value, name in enumerate(_UNITS[language].split()):
        yield name, Word(Kind.UNIT, Decimal(value))
    for value, name in enumerate(_TENS[language].split(), start=2):
        yield name, Word(Kind.UNIT, Decimal(10 * value))
    for value, name in enumerate(_ORDINALS[language].split(), start=1):
        endings = _GERMAN_ENDINGS if language == "de" else ("",)
        for ending in endings:
            yield name + ending, Word(Kind.ORDINAL, Decimal(value), is_weak=value == 1)
    for value, names in _TIMES[language].items():
        for name in names.split():
            yield name, Word(Kind.ORDINAL, Decimal(value))
    for name in _HALVES[language].split():
        yield name, Word(Kind.ORDINAL, Decimal("0.5"), also=(Decimal(50),))
    for name, scale in _SCALES[language].items():
        yield name, Word(Kind.SCALE, Decimal(scale))
    if language == "es":
        for value, name in enumerate(_HUNDREDS_ES.split(), start=2):
            yield name, Word(Kind.SCALE, Decimal(100 * value))
    if language == "fr":
        yield "vingts", Word(Kind.UNIT, Decimal(20))
    if language in _JOINS:
        yield _JOINS[language], Word(Kind.JOIN)
    for name in _ONES[language].split():
        yield name, Word(Kind.UNIT, Decimal(1), is_weak=True)


WORDS: dict[str, dict[str, Word]] = {language: dict(_words(language)) for language in _UNITS}

_SCALE_STEMS = {
    "миллион": 6, "млн": 6, "миллиард": 9, "млрд": 9, "триллион": 12, "тысяч": 3, "мільйон": 6, "мільярд": 9, "тисяч": 3,
    "milion": 6, "miliard": 9, "miljard": 9, "miljoe": 6, "miljon": 6, "milhã": 6, "milhõ": 6, "bilhã": 9, "bilhõ": 9,
    "mila": 3, "mille": 3, "tysi": 3, "tisíc": 3, "millió": 6, "milliárd": 9, "milyon": 6, "milyar": 9, "triệu": 6, "tỷ": 9,
    "juta": 6, "miliar": 9, "ribu": 3, "tusen": 3, "duizend": 3,
}  # fmt: skip
"""How words for scales begin in languages that have no table of their own here."""


def scale_after(word: str, language: str) -> Word | None:
    """The scale that a case-folded word after digits is in a language without a table."""
    if language in WORDS:
        return None
    powers = [power for stem, power in _SCALE_STEMS.items() if word.startswith(stem)]
    return Word(Kind.SCALE, Decimal(10) ** powers[-1]) if powers else None


def german_compound(word: str) -> Word | None:
    """ "fünfundzwanzig", "zweihundertfünfzig", "dreitausend": what German writes as one word."""
    value = _german(word.replace("ss", "ß") if "dreissig" in word else word)
    return None if value is None else Word(Kind.UNIT, value)


def _german(word: str) -> Decimal | None:
    if not word:
        return None
    known = WORDS["de"].get(word)
    if known is not None and known.kind is Kind.UNIT:
        return known.value
    for mark, scale in (("tausend", 1000), ("hundert", 100)):
        head, found, tail = word.partition(mark)
        if found:
            times = Decimal(1) if not head else _german(head)
            rest = Decimal(0) if not tail else _german(tail.removeprefix("und"))
            return None if times is None or rest is None else times * scale + rest
    unit, found, tens = word.partition("und")
    ones, more = _german(unit) if found else None, _german(tens) if found else None
    return ones + more if ones is not None and more is not None and ones < 10 <= more else None
