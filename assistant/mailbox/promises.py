"""Promises with dates: "I will send it by Friday", said by the user or to them. A sentence, and the local day it names.

Plain rules for English, German, French and Spanish: somebody says what they will do, in the first person, and by when.
Without a day it is no promise that can be followed up. Pure; `following` keeps what it finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.mailbox.awaiting import QUESTION

MOST_CHARACTERS = 400
"""A longer sentence is a list or a legal text."""
FARTHEST = timedelta(days=370)

_WILL = re.compile(
    r"\b(?:i|we)(?:['’]ll| will| shall|['’]m going to| am going to|['’]re going to| are going to| promise| plan to| intend to| expect to"
    r"| hope to| aim to| should be able to| can (?:have|get|send|do|finish|give|bring))\b"
    r"(?! (?:(?:just|then|definitely|also|probably) )?(?:not|never|be (?!able\b|sure\b|done\b|ready\b|(?!travell?ing|working|visiting|meeting)\w+ing\b)"
    r"|leave|serve|work|attend|travel|fly|drive|arrive|meet|interview\w*|stay|host|see|miss|need|take it|go|come|join"
    r"|have (?:to|an?|several|some))\b)"
    r"|\byou(?:['’]ll| will| shall) (?:have|get|receive|hear)\b"
    r"|\bich (?:werde|schicke|sende|melde|liefere|gebe|bringe|rufe|mache|erledige|reiche|stelle|überweise|kümmere)\b"
    r"|\b(?:werde|schicke|sende|melde|liefere|rufe|mache|erledige|bringe|überweise) ich\b|\bwir (?:werden|schicken|senden|melden|liefern)\b"
    r"|\bje (?:vais|te|vous|t['’])\b(?! remercie)|\bj['’]?e? ?\w+rai\b|\bnous (?:allons|\w+rons)\b"
    r"|\b(?:te|le|les|os|lo|la)? ?\w{3,}(?:aré|eré|iré|aremos|eremos|iremos)\b|\b(?:voy|vamos) a\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\bif (?:i|we) can\b|^\s*(?:if|unless|in case|when|once|wenn|falls|sobald|si|quand|cuando)\b[^,]*$|\b(?:would|might|may|würde|pourrais)\b(?! have to)",
    re.IGNORECASE,
)

_WEEKDAYS = (
    ("monday", "mon", "montag", "lundi", "lunes"),
    ("tuesday", "tue", "tues", "dienstag", "mardi", "martes"),
    ("wednesday", "wed", "mittwoch", "mercredi", "miércoles", "miercoles"),
    ("thursday", "thu", "thur", "thurs", "donnerstag", "jeudi", "jueves"),
    ("friday", "fri", "freitag", "vendredi", "viernes"),
    ("saturday", "sat", "samstag", "sonnabend", "samedi", "sábado", "sabado"),
    ("sunday", "sun", "sonntag", "dimanche", "domingo"),
)
_WEEKDAY_OF = {name: number for number, names in enumerate(_WEEKDAYS) for name in names}
_MONTHS = (
    ("january", "jan", "januar", "janvier", "enero"),
    ("february", "feb", "februar", "février", "fevrier", "febrero"),
    ("march", "mar", "märz", "mars", "marzo"),
    ("april", "apr", "avril", "abril"),
    ("may", "mai", "mayo"),
    ("june", "jun", "juni", "juin", "junio"),
    ("july", "jul", "juli", "juillet", "julio"),
    ("august", "aug", "août", "aout", "agosto"),
    ("september", "sep", "sept", "septembre", "septiembre"),
    ("october", "oct", "oktober", "okt", "octobre", "octubre"),
    ("november", "nov", "novembre", "noviembre"),
    ("december", "dec", "dezember", "dez", "décembre", "decembre", "diciembre"),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_DAY = "|".join(sorted(_WEEKDAY_OF, key=len, reverse=True))
_MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_SMALL = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
_COUNT = rf"(?P<count>\d{{1,2}}|{'|'.join(_SMALL)}|ein(?:em|er)?|zwei|drei|un|une|deux|dos|tres)"
_FOREIGN = {"ein": 1, "einem": 1, "einer": 1, "zwei": 2, "drei": 3, "un": 1, "une": 1, "deux": 2, "dos": 2, "tres": 3}


@dataclass(frozen=True, slots=True)
class Promise:
    """`text` is the sentence as it was written, `due` the last day that keeps it, local to who reads it."""

    text: str
    due: date


def promises(sentences: Sequence[str], said_on: date) -> Iterator[Promise]:
    """What is promised in these sentences, which were written on the local day `said_on`; each sentence once."""
    for sentence in dict.fromkeys(sentences):
        text = " ".join(sentence.split())
        if len(text) > MOST_CHARACTERS or QUESTION.search(text) or not _WILL.search(text) or _SUPPOSED.search(text):
            continue
        due = day_named(text, said_on)
        if due is not None and said_on <= due <= said_on + FARTHEST:
            yield Promise(text, due)


def day_named(text: str, said_on: date) -> date | None:
    """The day that a text names, as of `said_on`; of several the last. `None` where it names none."""
    found = [
        (match.start(), day)
        for pattern, read in _READERS
        for match in pattern.finditer(text)
        if (day := read(match, said_on))
    ]
    return max(found)[1] if found else None


def _weekday(match: re.Match[str], today: date) -> date:
    """The next one; said on a Friday, "by Friday" is a week later, and "next Friday" never comes this week."""
    ahead = (_WEEKDAY_OF[match["day"].lower()] - today.weekday()) % 7 or 7
    day = today + timedelta(days=ahead)
    is_next_week = match["next"] is not None and day.isocalendar()[:2] == today.isocalendar()[:2]
    return day + timedelta(days=7) if is_next_week else day


def _day_of_month(match: re.Match[str], today: date) -> date | None:
    month = _MONTH_OF[match["month"].lower()]
    return _next(today, month, int(match["number"]), int(match["year"]) if match["year"] else None)


def _numeric(match: re.Match[str], today: date) -> date | None:
    return _next(today, int(match["month"]), int(match["number"]), int(match["year"]) if match["year"] else None)


def _ordinal(match: re.Match[str], today: date) -> date | None:
    """ "by the 5th": of this month, or the next one where it has passed."""
    number = int(match["number"])
    this = _made(today.year, today.month, number)
    if this is not None and this >= today:
        return this
    return _made(today.year + today.month // 12, today.month % 12 + 1, number)


def _next(today: date, month: int, number: int, year: int | None) -> date | None:
    if year is not None:
        return _made(year + 2000 if year < 100 else year, month, number)
    this = _made(today.year, month, number)
    return this if this is not None and this >= today else _made(today.year + 1, month, number)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _in(match: re.Match[str], today: date) -> date:
    said = match["count"].lower()
    count = int(said) if said.isdigit() else _SMALL.get(said) or _FOREIGN.get(said, 1)
    is_weeks = match["unit"].lower().startswith(("week", "woche", "semaine", "semana"))
    return today + timedelta(days=count * (7 if is_weeks else 1))


def _friday(weeks: int) -> Callable[[re.Match[str], date], date]:
    """The Friday of this week, or of the one after; at a weekend this week is the one that begins."""

    def read(_: re.Match[str], today: date) -> date:
        begin = today + timedelta(days=2) if today.weekday() > 4 else today
        return begin + timedelta(days=4 - begin.weekday() + 7 * weeks)

    return read


def _month_end(_: re.Match[str], today: date) -> date:
    following = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    return following - timedelta(days=1)


def _days(count: int) -> Callable[[re.Match[str], date], date]:
    return lambda _, today: today + timedelta(days=count)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date | None]], ...] = (
    (_pattern(rf"\b(?P<next>next |nächsten |kommenden |prochain )?(?P<day>{_DAY})\b(?!['’]s)"), _weekday),
    (_pattern(rf"\b(?P<number>\d{{1,2}})(?:st|nd|rd|th|\.|er)? (?:of |de )?(?P<month>{_MONTH})\b\.?(?:,? (?:de )?(?P<year>\d{{4}}))?"), _day_of_month),
    (_pattern(rf"\b(?P<month>{_MONTH})\.? (?P<number>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<year>\d{{4}}))?"), _day_of_month),
    (_pattern(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<number>\d{2})\b"), _numeric),
    (_pattern(r"\b(?P<number>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})?(?!\d)"), _numeric),
    (_pattern(r"\b(?:by|on|before|until) the (?P<number>\d{1,2})(?:st|nd|rd|th)\b"), _ordinal),
    (_pattern(rf"\b(?:in|within|innerhalb von|dans|d'ici|en) {_COUNT} (?:working |business )?(?P<unit>days?|weeks?|tage?n?|wochen?|jours?|semaines?|días?|dias?|semanas?)\b"), _in),
    (_pattern(r"\bday after tomorrow\b|\bübermorgen\b|\baprès-demain\b|\bpasado mañana\b"), _days(2)),
    (_pattern(r"(?<!day after )\btomorrow\b|(?<!guten )(?-i:\bmorgen\b)(?! früh um)|(?<!après-)\bdemain\b|(?<!pasado )(?<!la )\bmañana\b"), _days(1)),
    (_pattern(r"\b(?:today|tonight|this (?:morning|afternoon|evening)|EOD|COB|end of (?:the )?(?:business )?day|heute|aujourd['’]hui|hoy)\b"), _days(0)),
    (_pattern(r"\b(?:this week(?!end)|end of (?:the |this )?week|EOW|ende der woche|diese woche|fin de semaine|esta semana)\b"), _friday(0)),
    (_pattern(r"\b(?:next week|nächste woche|la semaine prochaine|la próxima semana|la semana que viene)\b"), _friday(1)),
    (_pattern(r"\b(?:this month|end of (?:the |this )?month|EOM|ende des monats|fin du mois|fin de mes)\b"), _month_end),
)  # fmt: skip
