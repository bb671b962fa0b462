"""Places as people name them: capitalised after a word of direction, or by name in any case. It knows no map.

English, with the prepositions of German, French and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from assistant.sessions.rules.days import MONTH_NUMBERS, WEEKDAY_NUMBERS
from assistant.sessions.rules.quantities import Found

_KNOWN = """
europe; asia; africa; north america; south america; latin america; central america; oceania; scandinavia; the balkans; the alps; the baltics; southeast asia; the caribbean; the mediterranean; patagonia; the pyrenees; the dolomites
afghanistan; albania; algeria; andorra; angola; argentina; armenia; australia; austria; azerbaijan; bahrain; bangladesh; belgium; belize; bolivia; bosnia; botswana; brazil; bulgaria; cambodia; cameroon; canada; chile; china; colombia; costa rica; croatia; cuba; cyprus; czech republic; czechia; denmark; ecuador; egypt; england; estonia; ethiopia; fiji; finland; france; georgia; germany; ghana; great britain; greece; guatemala; honduras; hungary; iceland; india; indonesia; iran; iraq; ireland; israel; italy; jamaica; japan; jordan; kazakhstan; kenya; kosovo; kuwait; laos; latvia; lebanon; lithuania; luxembourg; madagascar; malaysia; maldives; malta; mexico; moldova; monaco; mongolia; montenegro; morocco; mozambique; myanmar; namibia; nepal; netherlands; new zealand; nicaragua; nigeria; north macedonia; norway; oman; pakistan; panama; paraguay; peru; philippines; poland; portugal; qatar; romania; rwanda; saudi arabia; scotland; senegal; serbia; singapore; slovakia; slovenia; south africa; south korea; spain; sri lanka; sweden; switzerland; taiwan; tanzania; thailand; tunisia; turkey; uganda; ukraine; uruguay; usa; united states; united kingdom; uk; uzbekistan; venezuela; vietnam; wales; zambia; zimbabwe
deutschland; österreich; schweiz; frankreich; italien; spanien; griechenland; allemagne; italie; espagne; grèce; alemania; italia; españa; francia; grecia; norwegen; schweden; dänemark
amsterdam; antwerp; athens; auckland; bali; bangkok; barcelona; beijing; belgrade; bergen; berlin; bilbao; bologna; bordeaux; boston; bratislava; brisbane; bruges; brussels; bucharest; budapest; buenos aires; cairo; cambridge; cape town; chicago; cologne; copenhagen; corsica; crete; delhi; denver; dresden; dubai; dublin; dubrovnik; edinburgh; faro; florence; frankfurt; geneva; genoa; ghent; glasgow; gothenburg; granada; hamburg; hanoi; havana; helsinki; hong kong; honolulu; istanbul; jakarta; jerusalem; kraków; krakow; kyiv; kyoto; lagos; las vegas; lima; lisbon; liverpool; ljubljana; london; los angeles; lucerne; lyon; madeira; madrid; málaga; malaga; mallorca; manchester; manila; marrakech; marrakesh; marseille; melbourne; mexico city; miami; milan; montreal; moscow; mumbai; munich; naples; new orleans; new york; nice; nuremberg; osaka; oslo; ottawa; oxford; palermo; paris; philadelphia; pisa; porto; prague; quebec; reykjavik; riga; rio de janeiro; rome; rotterdam; salzburg; san diego; san francisco; san jose; santiago; santorini; sardinia; seattle; seoul; seville; shanghai; siena; sicily; sofia; split; stockholm; strasbourg; stuttgart; sydney; tallinn; tel aviv; tenerife; tokyo; toronto; toulouse; turin; tuscany; utrecht; valencia; vancouver; venice; verona; vienna; vilnius; warsaw; washington; york; zagreb; zurich; zürich; köln; münchen; wien; rom; lissabon; mailand; venedig; florenz; prag
"""
_AMBIGUOUS = frozenset(
    {
        "nice",
        "split",
        "york",
        "georgia",
        "jordan",
        "turkey",
        "chile",
        "rom",
        "lima",
        "sofia",
        "florence",
        "victoria",
        "chad",
        "cologne",
    }
)
"""Only with a capital, or after a word of direction: they are other words and names, too."""
BROAD = frozenset(name.strip() for name in _KNOWN.strip().splitlines()[0].split(";"))
"""Parts of the world: a country or town named later says it more narrowly, rather than one more place."""
_NAMES = sorted({name.strip() for name in re.split(r"[;\n]", _KNOWN) if name.strip()}, key=len, reverse=True)
_NAME = re.compile(rf"(?<![\w'-])(?:{'|'.join(map(re.escape, _NAMES))})(?![\w-])", re.IGNORECASE)

_CAP = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’À-ÿ-]+"
_PROPER = rf"(?:the\s+)?(?:(?:St\.|San|Los|Las|El|La|Le)\s+)?{_CAP}(?:\s+(?:(?:de|da|do|del|di|of|la|le|los|du|am|an der|upon)\s+)?{_CAP}){{0,3}}"
_TOWARD = r"\b(?:to|in|visit(?:ing)?|see(?:ing)?|around|through|near|across|into|at|towards?|explor(?:e|ing)|for|over|like|about|of|nach|à|au|aux|en|a|hacia|visitar|visiter|besuchen|destination(?: is|:)?|heading(?: off)?(?: to)?)\s+"
_AFTER = re.compile(
    rf"(?P<before>{_TOWARD})(?P<places>(?-i:{_PROPER})(?:(?:\s*,\s*(?:and\s+|then\s+)?|\s+(?:and|then|or|und|et|y)\s+(?:then\s+)?(?:to\s+|in\s+)?)(?-i:{_PROPER}))*)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"\s*,\s*(?:and\s+|then\s+)?|\s+(?:and|then|or|und|et|y)\s+(?:then\s+)?(?:(?:to|in)\s+)?", re.IGNORECASE
)
_MONTH_AFTER = re.compile(
    rf"\s+(?:{'|'.join(sorted((*MONTH_NUMBERS, *WEEKDAY_NUMBERS), key=len, reverse=True))})$", re.IGNORECASE
)
_WEAK = frozenset({"for", "over", "like", "about", "of", "at", "a", "en", "au", "in", "see", "near"})
"""After these a capitalised word is a place only if it is known as one, or long enough to be no name of a person."""
_ORIGIN = re.compile(
    r"\b(?:from|leaving|departing|depart|out of|based in|starting (?:in|from|at)|home is|ab|depuis|desde|von)\s+(?:from\s+)?(?:the\s+)?(?:(?:north|south|east|west|downtown)\s+)?$",
    re.IGNORECASE,
)
_NOT_THERE = re.compile(
    r"\b(?:(?:liv(?:e|ed|es|ing)|born|work(?:s|ed|ing)?|grew up|resid(?:e|ing)|study|studied|wohne|lebe|habite|vivo)(?: \w+){0,2} (?:in|at|near|en|à)"
    r"|(?:am|i'm|we're|are|is|was|were) (?:\w+ )?(?:in|at|from)|(?:been|went|moved|returned|back)(?: \w+){0,2} (?:to|in|from)|(?:belie(?:ve|f)|interested) in)\s+$",
    re.IGNORECASE,
)
_LANGUAGES = "english german french spanish italian portuguese dutch polish japanese chinese russian indian mexican thai greek turkish american british korean vietnamese european asian"
_OTHER_WORDS = (
    "i i'm i'd i'll i've my we our you he she it they the a an and or but yes no ok okay please thanks thank hello hi dear sir madam god internet wifi wi-fi gps ai pdf csv json api eur usd gbp chf christmas easter airbnb booking "
    "spring summer autumn winter fall monsieur mr mrs ms dr telos python java javascript linux windows english breakfast dinner lunch uber google anywhere somewhere nowhere everywhere anything something everything nothing dunno none nope maybe surprise both either neither whatever sure fine good great perfect cheap warm cold home abroad here there later soon"
)
_NO_PLACE = frozenset(_OTHER_WORDS.split()) | frozenset(_LANGUAGES.split()) | frozenset(MONTH_NUMBERS) | frozenset(WEEKDAY_NUMBERS)  # fmt: skip
_PLACE_WORDS = re.compile(
    r"\b(?:museum|hotel|restaurant|hostel|airport|station|palace|cathedral|church|college|university|street|road|grill|cafe|bar|house)s?\b",
    re.IGNORECASE,
)


def origin(text: str) -> Found | None:
    """Where the journey begins: "from Porto"."""
    for found in re.finditer(
        rf"\b(?:from|leaving|departing|based in|starting in|ab|depuis|desde|von)\s+(?:from\s+)?(?P<place>{_PROPER})",
        text,
    ):
        if _is_place(found["place"], is_sure=True) and not _NOT_THERE.search(text[: found.start("place")]):
            return Found(found["place"], found.start("place"), found.end("place"))
    known = next((one for one in _NAME.finditer(text) if _ORIGIN.search(text[: one.start()])), None)
    return Found(_written(known.group()), known.start(), known.end()) if known else None


def places(text: str, *, is_answer: bool = False) -> list[Found]:
    """Where one wants to go, in order; not where one comes from, lives or was. `is_answer`: it was asked for."""
    found: list[Found] = []
    is_shouted = text == text.upper()
    for one in (
        *(() if is_shouted else _after_words(text)),
        *_by_name(text, is_answer),
        *(_bare(text) if is_answer and not is_shouted else ()),
    ):
        if all(one.end <= other.start or one.start >= other.end for other in found):
            found.append(one)
    found.sort(key=lambda one: one.start)
    goals = [one for one, after in pairwise(found) if not _leads_to(text, one, after)]
    return [*goals, *found[-1:]]


def _leads_to(text: str, one: Found, after: Found) -> bool:
    """ "Berlin to Lisbon": the first is where it begins, unless one goes there, too ("to Rome, then to Florence")."""
    if not re.fullmatch(r"\s+to\s+(?:the\s+)?", text[one.end : after.start], re.IGNORECASE):
        return False
    return re.search(r"\b(?:to|in|visit|via|through)\s+(?:the\s+)?$", text[: one.start], re.IGNORECASE) is None


def _after_words(text: str) -> Iterator[Found]:
    for found in _AFTER.finditer(text):
        start = found.start("places")
        if _ORIGIN.search(text[:start]) or _NOT_THERE.search(text[:start]):
            continue
        word = found["before"].split()[0].casefold()
        at = 0
        for end in (*_SEPARATOR.finditer(found["places"]), None):
            place = _MONTH_AFTER.sub("", found["places"][at : end.start() if end else None])
            if _is_place(place, is_sure=word not in _WEAK):
                yield Found(
                    _bare_name(place), start + at + len(place) - len(_bare_name(place)), start + at + len(place)
                )
            elif not at:
                break
            at = end.end() if end else at


def _by_name(text: str, is_answer: bool) -> Iterator[Found]:
    for found in _NAME.finditer(text):
        before, name = text[: found.start()], found.group()
        if _ORIGIN.search(before) or _NOT_THERE.search(before) or _PLACE_WORDS.match(text[found.end() :].lstrip()):
            continue
        if (
            name.casefold() in _AMBIGUOUS
            and not is_answer
            and not (name[0].isupper() and before.strip()[-1:] not in ("", "."))
        ):
            continue
        yield Found(_written(name), found.start(), found.end())


def _bare(text: str) -> Iterator[Found]:
    """An answer that is a place and nothing else, even one nobody has heard of."""
    bare = re.fullmatch(rf"\W*(?P<place>{_PROPER}|[a-zà-ÿ]{{3,20}})\W*(?:please|thanks|maybe)?\W*", text)
    if bare and _is_place(bare["place"], is_sure=True):
        yield Found(_written(bare["place"]), bare.start("place"), bare.end("place"))
    for found in re.finditer(rf"(?:^|,|\band|\bor)\s*(?P<place>{_PROPER})(?=\s*(?:,|$|and\b|or\b|[.!]))", text):
        if not bare and _is_place(found["place"], is_sure=True):
            name = _bare_name(found["place"])
            yield Found(name, found.end("place") - len(name), found.end("place"))


def _is_place(name: str, *, is_sure: bool) -> bool:
    bare = _bare_name(name)
    parts = bare.casefold().split()
    if not parts or all(part in _NO_PLACE for part in parts) or parts[0] in _NO_PLACE or len(bare) < 3:
        return False
    return is_sure or bare.casefold() in _NAMES or _NAME.fullmatch(bare) is not None


def _bare_name(name: str) -> str:
    return re.sub(r"^the\s+", "", name, flags=re.IGNORECASE)


def _written(name: str) -> str:
    """With capitals, however it was typed."""
    small = {"de", "da", "do", "of", "the"}
    if name in ("uk", "usa"):
        return name.upper()
    return (
        name
        if name != name.lower()
        else " ".join(part if part in small else part.capitalize() for part in name.split())
    )
