"""The greeting at the beginning of a text: found, and taken off.

Pure. It knows how letters open in English, German, French and Spanish. A bare name opens one too ("Nancy, here is ...");
what looks like one and is not ("Note: ...", "However, ...") is told by lists, and by the reader's name where it is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.style.names import TITLE_WORDS, Names
from memory.common_words import COMMON_WORDS

SALUTE = (
    r"(?:(?:Sehr|sehr)\s+(?:geehrter?|verehrter?)|Hi|Hello|Hey|Hiya|Howdy|Yo|Dear|Dearest|My\s+dear|Greetings|"
    r"Good\s+(?:morning|afternoon|evening|day)|Morning|Afternoon|Evening|G'day|To\s+whom\s+it\s+may\s+concern|To(?=\s+(?:all|everyone)\b)|"
    r"Hallo|Liebe[rs]?|Werter?|Guten\s+(?:Tag|Morgen|Abend)|Grüß\s+(?:Gott|dich|Sie|euch)|Grüezi|Servus|Moin(?:\s+moin)?|"
    r"Bonjour|Bonsoir|Salut|Coucou|Ch(?:er|ère|ers|ères)|"
    r"Hola|Estimad[oa]s?|Querid[oa]s?|Buen(?:os|as)\s+(?:días|tardes|noches)|Buenas|Apreciad[oa]s?|Muy\s+señor(?:es)?\s+mío?s?)"
)
_TITLE = rf"(?:{TITLE_WORDS})(?!\w)"
_GROUP = (
    r"(?:all|everyone|everybody|team|there|folks|guys|again|both|colleagues|friends?|gentlemen|ladies|"
    r"sirs?|madam|"
    r"zusammen|alle|Team|Damen|Herren|Kolleg(?:en|innen|e|in)|à[ \t]+tous|à[ \t]+toutes|tous|toutes|collègues|"
    r"tout[ \t]+le[ \t]+monde|todos|todas|equipo|compañer[oa]s|colegas|amig[oa]s)"
)
_NAME = r"(?:[^\W\d_a-zß-öø-ÿ][\w'’-]*\.?|d[eu]|van|von|der)"
_PERSON = rf"(?:(?:{_TITLE}[ \t]+)+(?:{_NAME})?(?:[ \t]+{_NAME}){{0,3}}|{_NAME}(?:[ \t]+{_NAME}){{0,3}})"
_AND = r"[ \t]*(?:,?[ \t]+(?:and|und|et|y|e|or|oder|ou)[ \t]+|[ \t]*[&/][ \t]*|,[ \t]*)"
_WHO = rf"(?:(?:(?i:{_GROUP})|{_PERSON})(?:{_AND}(?:(?i:the[ \t]+)?(?i:{_GROUP})|{_PERSON})){{0,8}}?)"
_SEPARATOR = r"(?P<sep>[ \t]*[,:;!]+|\.(?!\w)|[ \t]+[-–—]{1,2}(?=\s|$)|(?<=\w)[—–](?=\s|$)|(?<=\w)--?(?=\s|$))"

_SALUTED = re.compile(
    rf"^(?P<greeting>(?i:{SALUTE})(?:(?:[ \t]+|,[ \t]+)(?:(?i:my[ \t]+)?{_WHO}|(?P<low>[^\W\d_][\w'’-]*)))?)(?:{_SEPARATOR})(?=\s|$)(?P<rest>.*)$",
    re.DOTALL,
)
_SALUTED_LINE = re.compile(
    rf"^(?i:{SALUTE})(?:(?:[ \t]+|,[ \t]+){_WHO}|[ \t]+[^\W\d_][\w'’-]*)?(?:[ \t]*(?:{_SEPARATOR}))?$"
)
_BARE = re.compile(rf"^(?P<who>{_WHO}|[^\W\d_][\w'’-]*)(?:{_SEPARATOR})(?P<gap>\s+|$)(?P<rest>.*)$", re.DOTALL)
_UNMARKED = re.compile(
    rf"^(?P<greeting>(?i:{SALUTE})[ \t]+(?P<who>{_NAME}(?:[ \t]+{_NAME})?))\s+(?P<rest>[^\W\d_a-zß-öø-ÿ].*)$", re.DOTALL
)
_ONLY_GROUP = re.compile(rf"^(?i:(?:{_GROUP})(?:{_AND}(?:the\s+)?(?:{_GROUP}))*)$")
_ITEM = re.compile(r"^\s*(?:[-*•–+]|\(?\w{1,3}[.)])\s")
_TALKS = re.compile(
    r"\b(?:i|i'm|i'll|i've|we|we're|you|your|you're|please|attached|thanks|thank|us|me|let|can|could|would|did|do|here|"
    r"ich|wir|du|sie|ihnen|bitte|anbei|danke|könnten?|je|nous|vous|merci|veuillez|te|le|fyi|adjunto|gracias|puedes|puede)\b",
    re.IGNORECASE,
)

_ASKS = re.compile(
    r"(?:please|here(?:'s| is| are)|attached|enclosed|can you|could you|would you|will you|do you|did you|thanks|thank you|"
    r"i(?:'m|'ve|'ll|'d)?|we(?:'re|'ve|'ll)?|just|let me|fyi|"
    r"bitte|anbei|kannst du|könnten? (?:du|sie)|danke|ich|wir|merci|pouvez|peux|pourriez|je|nous|voici|gracias|puedes|podrías)\s",
    re.IGNORECASE,
)
_OTHER_OPENINGS = """
    note notes fyi re subject summary update updates reminder warning caution attention important urgent background status
    question questions answer answers agenda topic date time place location where when what who why how which ps nb todo
    example examples result results conclusion conclusions risk risks decision decisions action actions next steps goal goals
    aim aims problem problems solution cost costs price total details detail introduction overview scope purpose method
    methods data source sources abstract outlook news today yesterday tomorrow tonight however therefore also finally first
    firstly second secondly third thirdly lastly meanwhile moreover furthermore additionally overall unfortunately
    fortunately hopefully instead otherwise still then thus well yes no ok okay sure right sorry thanks great good so anyway
    besides indeed actually basically honestly frankly clearly obviously similarly likewise consequently accordingly
    nevertheless nonetheless currently recently previously initially eventually afterwards later earlier now here please
    perhaps maybe certainly absolutely congratulations welcome monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december generally specifically apparently
    interestingly importantly regardless hence further draft title heading chapter section part step item option plan
    hinweis betreff zusammenfassung frage fragen ort zeit datum wichtig achtung leider heute gestern morgen außerdem
    allerdings jedoch deshalb daher zudem schließlich erstens zweitens drittens ergebnis ergebnisse ja nein gut danke
    montag dienstag mittwoch donnerstag freitag samstag sonntag objet sujet résumé question remarque attention demain hier
    cependant toutefois enfin ensuite puis merci oui non nota asunto resumen pregunta fecha lugar hora mañana ayer hoy
    además también finalmente sin gracias sí importante lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes
    sometimes often soon again true agreed granted oh ah wow hmm usually naturally lately man boy god jesus gosh
    miércoles jueves viernes sábado domingo phone tel telephone fax mobile email mail address web
"""
_NO_NAMES = frozenset(_OTHER_OPENINGS.split()).union(*COMMON_WORDS.values())


@dataclass(frozen=True, slots=True)
class Salutation:
    """A greeting's parts: "Dear" and "Ms. Lee" and ","; a bare name has no salute. The mark keeps a space before it."""

    salute: str
    who: str
    mark: str


PERSON_LINK = re.compile(_AND)
"""What stands between the names of several who are addressed."""
_PARTS = re.compile(rf"^(?P<salute>(?i:{SALUTE})(?![\w'’-]),?)?\s*(?P<who>.*?)(?P<mark>\s*[,:;!.]*\s*[-–—]{{0,2}})$")
_TITLED = re.compile(rf"^(?P<title>(?:{_TITLE})(?:\s+(?:{_TITLE}))*)(?:\s+(?P<name>.*))?$")


def anatomy(greeting: str) -> Salutation:
    """The parts of any line that was taken for a greeting."""
    found = _PARTS.match(" ".join(greeting.split()))
    if found is None:
        return Salutation("", greeting, "")
    return Salutation(found["salute"] or "", found["who"], found["mark"])


def is_group(who: str) -> bool:
    """Whether several are addressed without a name: "all", "team"."""
    return bool(_ONLY_GROUP.match(who.strip()))


def split_title(who: str) -> tuple[str, str]:
    """("Ms.", "Lee") of "Ms. Lee"; ("", "Lee") of "Lee"."""
    found = _TITLED.match(who.strip())
    return (found["title"], (found["name"] or "").strip()) if found else ("", who.strip())


_LONGEST_LINE = 90
_LONGEST = 300
"""Characters at the beginning that are looked at."""


def take_greeting(text: str, reader: Names, *, is_signed: bool) -> tuple[str, str]:
    """(greeting, the rest) of a text without white space at its beginning. `is_signed`: it has a closing or a signature."""
    line, _, below = text.partition("\n")
    line = line.rstrip()
    if len(line) <= _LONGEST_LINE and _SALUTED_LINE.match(line):
        return _clean(line), below
    if _is_address_line(line, reader):
        return _clean(line), below
    head = text[:_LONGEST]
    saluted = _SALUTED.match(head)
    if saluted and "\n" not in saluted["greeting"] and _is_low_name(saluted["low"], reader):
        return _clean(saluted["greeting"] + saluted["sep"]), text[saluted.start("rest") :]
    unmarked = _UNMARKED.match(head)
    if unmarked and any(reader.has(word) for word in unmarked["who"].split()):
        return _clean(unmarked["greeting"]), text[unmarked.start("rest") :]
    bare = _BARE.match(head)
    if bare and "\n" not in bare["who"] and _opens(bare, reader, is_signed=is_signed):
        return _clean(bare["who"] + bare["sep"]), text[bare.start("rest") :]
    return "", text


def _opens(bare: re.Match[str], reader: Names, *, is_signed: bool) -> bool:
    """Whether a name with a mark behind it addresses somebody."""
    words = re.findall(r"[^\W\d_][\w'’-]*", bare["who"])
    mark = bare["sep"].strip()[:1]
    alone = "\n" in bare["gap"] or not bare["rest"]
    if not words or len(words) > 8 or (mark in ".!;" and not _ONLY_GROUP.match(bare["who"])):
        return False
    if any(reader.has(word) for word in words):
        return True
    if _ONLY_GROUP.match(bare["who"]):
        return bare["who"][0].isupper() or alone or is_signed
    if any(word.casefold() in _NO_NAMES for word in words if word.casefold() not in ("and", "und", "et", "y", "e")):
        return False
    if _ITEM.match(bare["rest"].lstrip("\n")) or not bare["rest"].strip():
        return alone and mark == ","
    if not bare["who"][0].isupper():
        return mark == ":" and len(words) == 1 and is_signed and bare["rest"][:1].isupper()
    if alone:
        return mark in ",:-–—" and (mark == "," or len(words) <= 3)
    if mark == ",":
        is_name = len(words) == 1 and not words[0].endswith("ly")
        return len(bare["gap"]) > 1 or (is_name and bool(_ASKS.match(bare["rest"])))
    if len(bare["gap"]) > 1 and len(words) == 1:
        return mark == ":"
    is_letter = is_signed or bool(reader.full) or len(bare["gap"]) > 1
    return mark == ":" and is_letter and bool(_TALKS.search(bare["rest"][:160]))


def _is_low_name(low: str | None, reader: Names) -> bool:
    return low is None or low[0].isupper() or reader.has(low) or low.casefold() not in _NO_NAMES


def _is_address_line(line: str, reader: Names) -> bool:
    """A short line to the reader by name, however it greets: "Ahoy Ann!"."""
    words = re.findall(r"[^\W\d_][\w'’-]*", line[:_LONGEST_LINE])
    return (
        len(line) <= _LONGEST_LINE
        and 1 < len(words) <= 5
        and line[-1:] in ",:!"
        and any(reader.has(word) for word in words)
        and words[0].casefold() not in ("thanks", "thank", "danke", "merci", "gracias", "sorry", "congratulations")
    )


def _clean(greeting: str) -> str:
    return " ".join(greeting.split())
