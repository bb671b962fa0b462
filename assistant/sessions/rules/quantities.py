"""Numbers, money, lengths of time and people, as written in figures or words. It knows no goal.

Number words to twenty and round ones in English, German, French and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_EN = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
_DE = "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig"
_FR = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf vingt"
_ES = "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte"
NUMBERS = {
    **{word: value for words in (_EN, _DE, _FR, _ES) for value, word in enumerate(words.split(), 1)},
    **dict.fromkeys(("a", "an", "eine", "einen", "einem", "une", "una"), 1),
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "dreißig": 30,
    "trente": 30,
    "treinta": 30,
    "couple of": 2,
    "a couple of": 2,
    "a couple": 2,
}
_WORDS = "|".join(sorted(map(re.escape, NUMBERS), key=len, reverse=True))
_FIGURE = r"\d{1,3}(?:[.,  ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
NUMBER = rf"(?:{_FIGURE}|(?<!\w)(?:{_WORDS})(?!\w))"

_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_UNITS = {
    "EUR": r"€|eur(?:os?)?\b|euros?\b", "USD": r"\$|usd\b|us\$|dollars?\b|bucks\b", "GBP": r"£|gbp\b|pounds?\b|quid\b", "CHF": r"chf\b|(?:swiss )?francs?\b|franken\b",
    "JPY": r"¥|jpy\b|yen\b", "SEK": r"sek\b", "NOK": r"nok\b", "DKK": r"dkk\b", "PLN": r"pln\b|zloty\b", "CZK": r"czk\b", "CAD": r"cad\b", "AUD": r"aud\b",
}  # fmt: skip
_CURRENCY = "|".join(f"(?P<{code}{{0}}>{pattern})" for code, pattern in _UNITS.items())
_AMOUNT = rf"(?:{_FIGURE})\s?(?:k\b|thousand\b)?"
_MONEY = re.compile(
    rf"(?:(?P<low>{_AMOUNT})\s?(?:-|–|to|and|or|bis|à|a)\s?)?(?:(?:{_CURRENCY.format(1)})\s?(?P<after>{_AMOUNT})"
    rf"|(?<![\w.,])(?P<before>{_AMOUNT})\s?(?:{_CURRENCY.format(2)}))",
    re.IGNORECASE,
)
_RANGE_SIGN = re.compile(
    rf"(?P<sign>[€$£])\s?(?P<low>{_AMOUNT})\s?(?:-|–|to|and)\s?[€$£]?\s?(?P<high>{_AMOUNT})", re.IGNORECASE
)
_AT_MOST = re.compile(
    r"(?:under|below|at most|up to|no more than|not more than|less than|max(?:imum)?(?: of| is)?|within|not exceed(?:ing)?|cap(?:ped)? (?:at|of)|limit (?:of|is)|stay under|keep (?:it|that) (?:under|below|to)"
    r"|cheaper than|not over|unter|höchstens|maximal|bis zu|moins de|au plus|jusqu'à|maximum|menos de|como máximo|hasta)(?: (?:about|around|the|a total of|total))?\s*[:=]?\s*$",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"(?:over|above|at least|more than|no less than|minimum(?: of)?|from|mindestens|au moins|al menos)\s*$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:about|around|roughly|approximately|approx\.?|some|~|ca\.?|circa|etwa|ungefähr|environ|unos|alrededor de)\s*$",
    re.IGNORECASE,
)
_AFTER_MOST = re.compile(
    r"^\s*(?:,\s*)?(?:max(?:imum)?|at (?:the )?most|or less|tops|or under|or below|or cheaper)\b", re.IGNORECASE
)
_PER = re.compile(
    r"^\s*(?:/|per|a|an|each|every|pro|par|por)\s?(day|night|person|week|head|adult|tag|nacht|jour|nuit|día|noche)\b|^\s*(each|pp|p\.p\.)(?!\w)",
    re.IGNORECASE,
)
_LEVELS = {
    "low": "low|tight|small|limited|little|shoestring|minimal|cheap|kleines?|knappes?|petit|bajo|poco|modest",
    "moderate": "moderate|moderately|medium|mid-?range|mid|average|reasonable|normal|mittleres?|moderates?|modéré|moyen|moderado|medio",
    "high": "high|big|large|generous|comfortable|luxury|luxurious|großes?|gros|alto|expensive|unlimited",
}
_LEVEL = {level: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for level, words in _LEVELS.items()}
_LEVEL_BUDGET = re.compile(
    rf"(?<!\w)(?P<before>{'|'.join(_LEVELS.values())})[ -]+(?:\w+ )?(?:budget|presupuesto|prices?|price range|priced)\b"
    rf"|\b(?:budget|presupuesto|price range)(?:'s)?[\s:,]*(?:\w+ ){{0,3}}?(?P<after>{'|'.join(_LEVELS.values())})(?!\w)|\b(?P<cheap>on a budget|as cheap(?:ly)? as possible|(?:as )?low[- ]cost)\b|\b(?P<free>money is no object|no budget limit|budget (?:is not|isn't) (?:an issue|a problem))",
    re.IGNORECASE,
)

_SPANS = {
    "day": "days?|tage?n?|jours?|jornadas?|días?|dias?", "night": "nights?|nächten?|nacht|nuits?|noches?", "week": "weeks?|wochen?|semaines?|semanas?",
    "month": "months?|monate?n?|monat|mois|mes(?:es)?", "weekend": "(?:long )?week-?ends?|wochenenden?",
}  # fmt: skip
_LENGTH = re.compile(
    rf"(?<![\w.,€$£])(?:(?P<low>{NUMBER})\s?(?:-|–|to|or|bis|oder|à|ou|a|o)\s?)?(?P<count>{NUMBER})(?:\s|-)?(?:full |whole |long |lovely |nice |ganze )?(?P<unit>{'|'.join(_SPANS.values())})(?!\w)|\b(?P<fortnight>fortnight)\b",
    re.IGNORECASE,
)
_NO_LENGTH_BEFORE = re.compile(
    r"(?:\bin|within|every|per|each|/|last|past|day|after|before|next|\bevery other|once|twice|times|than|only|first|second|until|in about|dans|en)\s*$",
    re.IGNORECASE,
)
_NO_LENGTH_AFTER = re.compile(
    r"^\s*(?:ago|before|earlier|later|old|in advance|from now|from today|notice|each way|left|of rain|pass\b)",
    re.IGNORECASE,
)
_PERSON = {
    "adult": "adults?|grown-?ups?|erwachsenen?r?|adultes?|adultos?", "child": "child(?:ren)?|kids?|toddlers?|bab(?:y|ies)|infants?|kind(?:er)?n?|enfants?|niñ[oa]s?",
    "person": "people|persons?|travell?ers?|guests?|passengers?|pax|friends|personen|leute|personnes?|personas?|of us|seats?|tickets?",
    "senior": "seniors?|pensioners?",
}  # fmt: skip
_PEOPLE = re.compile(
    rf"(?<![\w.,-])(?:(?:my|our|the)\s)?(?P<count>{NUMBER}|my|our|the)\s?(?:\w+ )?(?P<who>{'|'.join(_PERSON.values())})(?!\w)",
    re.IGNORECASE,
)
_SET_PEOPLE = (
    (
        re.compile(
            r"\b(?:just|only) me\b(?! and| plus|,)|\b(?:by myself|on my own|travell?ing alone|solo|alone|allein(?:e)?|tout seul|sol[oa]\b)",
            re.IGNORECASE,
        ),
        "1 person",
    ),
    (
        re.compile(
            r"\b(?:my|our) (?:wife|husband|partner|girlfriend|boyfriend|spouse|friend|sister|brother|mother|father|mum|mom|dad|daughter|son) and (?:i|me|myself)\b|\b(?:me|i|myself) and my (?:wife|husband|partner|girlfriend|boyfriend|spouse|friend|sister|brother|mother|father|mum|mom|dad|daughter|son)(?! and)\b|\bwith my (?:wife|husband|partner|girlfriend|boyfriend|spouse)(?! and)\b|\b(?:the )?(?:two|both) of us\b|\b(?:me|myself) and (?:a|one|my) (?:friend|colleague|buddy|partner|coworker|co-worker)\b(?! and)|\bas a couple\b",
            re.IGNORECASE,
        ),
        "2 people",
    ),
)
_PARTNER = re.compile(r"\b(?:my|our) (?:wife|husband|partner|spouse|girlfriend|boyfriend)\b", re.IGNORECASE)
_GROUP = re.compile(rf"\b(?:family|group|party|we are|we're|there are|there'll be|table|us|wir sind|nous sommes|somos)(?: of)?\s+(?P<count>{NUMBER})\b(?!\s*(?:days?|nights?|weeks?|stars?|hours?|%|[€$£]))", re.IGNORECASE)  # fmt: skip
_BUDGET_NUMBER = re.compile(rf"\bbudget\b(?:\W+\w+){{0,4}}?\W+(?P<sum>{_AMOUNT})(?![\w%])", re.IGNORECASE)
_LIMIT_NUMBER = re.compile(
    r"\b(?:under|below|at most|less than|no more than|up to|max(?:imum)?)\s+(?P<sum>\d{3,6}|\d{1,3}[.,]\d{3}|\d+k)(?=\W*$|[,.!?]|\s+(?:from|for|in|on|per|total|altogether|all|and|please|between|leaving)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A value, and where the words for it begin and end."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in a text: `number` of `currency`, for each `per` where that is said."""

    number: float
    currency: str
    per: str
    start: int
    end: int


def number_of(text: str) -> float | None:
    """What a figure or number word stands for: 2000 for "2,000", 2.5 for "2,5", 3 for "drei"."""
    text = " ".join(text.casefold().split())
    if text in NUMBERS:
        return float(NUMBERS[text])
    thousand = re.search(r"\s?(?:k|thousand)$", text)
    figure = re.sub(r"\s?(?:k|thousand)$", "", text)
    if not re.fullmatch(_FIGURE, figure):
        return None
    figure = re.sub(r"[.,  ](?=\d{3}(?!\d))", "", figure).replace(",", ".")
    return float(figure) * (1000 if thousand else 1)


def shown(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def amounts(text: str) -> list[Amount]:
    """Every sum of money in a text; of a range, its upper end."""
    return [
        Amount(number, _currency(found), _per(text[found.end() :])[0], found.start(), found.end())
        for found in _MONEY.finditer(text)
        if (number := number_of(found["after"] or found["before"] or "")) is not None
    ]


def money(text: str) -> Iterator[Found]:
    """Sums of money with their bound, "at most 2000 EUR", and words for a budget: "moderate"."""
    ranges = list(_RANGE_SIGN.finditer(text))
    for found in ranges:
        low, high = number_of(found["low"]), number_of(found["high"])
        if low is not None and high is not None:
            yield Found(f"{shown(low)} to {shown(high)} {_SIGNS[found['sign']]}", found.start(), found.end())
    for found in _MONEY.finditer(text):
        number = number_of(found["after"] or found["before"] or "")
        if number is None or any(one.start() <= found.start() < one.end() for one in ranges):
            continue
        low = number_of(found["low"]) if found["low"] else None
        value = f"{shown(low)} to {shown(number)}" if low is not None and low < number else shown(number)
        per, after = _per(text[found.end() :])
        yield _bounded(text, found.start(), found.end() + after, f"{value} {_currency(found)}{per and f' per {per}'}")
    for found in _LEVEL_BUDGET.finditer(text):
        word = found["before"] or found["after"]
        level = "low" if found["cheap"] else "no limit" if found["free"] else _level_of(word)
        yield Found(level, found.start(), found.end())


def level(text: str) -> Found | None:
    """A word for a budget as the answer to a question for it."""
    for name, pattern in _LEVEL.items():
        if found := pattern.search(text):
            return Found(name, found.start(), found.end())
    return None


def bare_money(text: str) -> Found | None:
    """A number alone, as the answer to a question for the budget, or right after that word."""
    found = re.search(rf"(?<![\w.,]){_AMOUNT}(?![\w%])", text, re.IGNORECASE)
    number = number_of(found.group().strip()) if found else None
    if found is None or number is None or number < 10:
        return None
    return _bounded(text, found.start(), found.start() + len(found.group().rstrip()), shown(number))


def budget_number(text: str) -> Found | None:
    """ "A budget of 1700" or "for under 2900", without a currency."""
    found = _BUDGET_NUMBER.search(text) or _LIMIT_NUMBER.search(text)
    number = number_of(found["sum"].strip()) if found else None
    if found is None or number is None or number < 10:
        return None
    return _bounded(text, found.start("sum"), found.start("sum") + len(found["sum"].rstrip()), shown(number))


def lengths(text: str) -> Iterator[Found]:
    """ "5 days", "a week", "3 to 4 nights": how long something is, not when."""
    for found in _LENGTH.finditer(text):
        if _NO_LENGTH_BEFORE.search(text[: found.start()]) or _NO_LENGTH_AFTER.search(text[found.end() :]):
            continue
        if found["fortnight"]:
            yield Found("2 weeks", found.start(), found.end())
            continue
        unit = _key(_SPANS, found["unit"])
        count, low = number_of(found["count"]), number_of(found["low"]) if found["low"] else None
        is_vague = (
            unit == "day" and found["count"].casefold() in ("a", "an", "one") and "trip" not in text[found.end() :][:6]
        )
        if count is None or count > 400 or is_vague:
            continue
        several = "" if count == 1 else "s"
        value = f"{shown(low)} to {shown(count)}" if low is not None and low < count else shown(count)
        yield Found(f"{value} {unit}{several}", found.start(), found.end())


def people(text: str) -> Found | None:
    """Who goes along: "2 adults, 1 child"."""
    counts: dict[str, int] = {}
    spans: list[tuple[int, int]] = []
    for found in _PEOPLE.finditer(text):
        number = number_of(found["count"])
        who = _key(_PERSON, found["who"])
        if number is None or not number.is_integer() or not 0 < number < 100:
            continue
        if (
            who == "person"
            and found["count"].casefold() in ("a", "an", "one", "un", "una", "ein")
            and "person" not in found.group()
        ):
            continue
        counts[who] = counts.get(who, 0) + int(number)
        spans.append(found.span())
    if counts.keys() == {"child"} and (with_partner := _PARTNER.search(text)):
        counts = {"adult": 2, **counts}
        spans.append(with_partner.span())
    if counts:
        named = ", ".join(f"{count} {_several(who, count)}" for who, count in counts.items())
        return Found(named, min(spans)[0], max(spans)[1])
    for pattern, value in _SET_PEOPLE:
        if told := pattern.search(text):
            return Found(value, told.start(), told.end())
    group = _GROUP.search(text)
    number = number_of(group["count"]) if group else None
    if group is None or number is None or not 1 < number < 100:
        return None
    return Found(f"{shown(number)} people", group.start(), group.end())


def bare_number(text: str) -> Found | None:
    """A number alone, as the answer to a question for one."""
    found = re.search(rf"(?<![\w.,]){NUMBER}(?![\w%])", text, re.IGNORECASE)
    number = number_of(found.group()) if found else None
    return Found(shown(number), found.start(), found.end()) if found and number is not None else None


def _bounded(text: str, start: int, end: int, value: str) -> Found:
    before = text[max(0, start - 40) : start]
    for bound, pattern in (("at most", _AT_MOST), ("at least", _AT_LEAST), ("about", _ABOUT)):
        if found := pattern.search(before):
            first = start - len(before) + found.start()
            return Found(f"{bound} {value}", first, end)
    if after := _AFTER_MOST.search(text[end:]):
        return Found(f"at most {value}", start, end + after.end())
    return Found(value, start, end)


def _currency(found: re.Match[str]) -> str:
    return next(code for code in _UNITS if found[f"{code}1"] or found[f"{code}2"])


def _per(after: str) -> tuple[str, int]:
    found = _PER.search(after)
    if found is None:
        return "", 0
    names = {
        "tag": "day",
        "jour": "day",
        "día": "day",
        "nacht": "night",
        "nuit": "night",
        "noche": "night",
        "head": "person",
        "adult": "person",
    }
    word = (found[1] or "person").casefold()
    return names.get(word, word), found.end()


def _level_of(word: str) -> str:
    return next(name for name, pattern in _LEVEL.items() if pattern.fullmatch(word))


def _key(table: dict[str, str], word: str) -> str:
    return next(name for name, pattern in table.items() if re.fullmatch(pattern, word, re.IGNORECASE))


def _several(who: str, count: int) -> str:
    if count == 1:
        return who
    return {"child": "children", "person": "people"}.get(who, f"{who}s")
