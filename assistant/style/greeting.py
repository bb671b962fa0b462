"""How a text greets: "Hi {first},", "Dear {title} {last},", "Hi all,", or `none`.

The reader's name stands as a placeholder, so that a greeting learned with one reader serves another. A title is never
invented: `greeting/title` keeps one with the name that it was written before ("Ms. Lee"), and serves that person alone. So
does `greeting/called`: "Kate (Katherine Jones)".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from assistant.style.body import capitalised
from assistant.style.names import Names, fill, names_of
from assistant.style.piece import People, Piece
from assistant.style.salutations import PERSON_LINK, Salutation, anatomy, is_group, split_title
from assistant.style.trait import Difference, Form, Reading, Setting, compare_readings

_TITLE = "greeting/title"
_CALLED = "greeting/called"
_CALLED_VALUE = re.compile(r"(?P<called>\S+) \((?P<name>.+)\)")
_FORMAL = re.compile(
    r"^(?P<stem>Sehr geehrte|Sehr verehrte|Liebe|Werte)r\b|^(?P<root>Estimad|Apreciad|Querid)a\b|^Chère\b"
)
_MALE = re.compile(r"\b(?:Herrn?|Mr|Sir|Monsieur|M|Señor|Sr|Don)\b")
_FEMALE = re.compile(r"\b(?:Frau|Madame|Mme|Mlle|Mademoiselle|Señora|Señorita|Sra|Srta|Doña|Dra)\b")
_NAMELESS = (
    (re.compile(r"^(?:dear|dearest|my dear)\b", re.IGNORECASE), "Hello"),
    (re.compile(r"^sehr (?:geehrte|verehrte)", re.IGNORECASE), "Sehr geehrte Damen und Herren"),
    (re.compile(r"^(?:liebe|werte)", re.IGNORECASE), "Hallo"),
    (re.compile(r"^ch(?:er|ère)", re.IGNORECASE), "Bonjour"),
    (re.compile(r"^(?:estimad|apreciad|querid)", re.IGNORECASE), "Hola"),
)
"""Salutations that cannot stand without a name, and what stands in their place."""
_UNTITLED = (
    (re.compile(r"^sehr (?:geehrte|verehrte)", re.IGNORECASE), "Guten Tag"),
    (re.compile(r"^ch(?:er|ère)", re.IGNORECASE), "Bonjour"),
    (re.compile(r"^(?:estimad|apreciad)", re.IGNORECASE), "Hola"),
)
"""Salutations that tell the reader's sex, and what tells nothing."""
_PLACEHOLDERS = re.compile(r"\{(?:title|first|last|name)\}")


class Greeting:
    name = "greeting"
    reach = 0.04

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not piece.greeting:
            return {self.name: Reading(value="none", strength=1.0 if piece.blocks else 0.3)}
        reader = names_of(people.reader)
        salutation = anatomy(piece.greeting)
        readings = {self.name: Reading(value=_value(salutation, reader), quote=piece.greeting)}
        title, who = split_title(salutation.who)
        if title and who:
            readings[_TITLE] = Reading(value=f"{title} {who}", quote=piece.greeting)
        elif called := _called(salutation.who, reader):
            readings[_CALLED] = Reading(value=f"{called} ({reader.full})", quote=piece.greeting)
        return readings

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        return compare_readings(self.read(before, people), self.read(after, people))

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None:
            return piece
        if setting.value == "none":
            return _without_greeting(piece)
        line = _filled(setting.value, _reader(piece, form, people), piece.greeting)
        return replace(piece, greeting=line) if line else _without_greeting(piece)

    def say(self, dimension: str, setting: Setting) -> str:
        if dimension == _TITLE:
            return f'write "{setting.value}" with this title'
        if called := _CALLED_VALUE.fullmatch(setting.value) if dimension == _CALLED else None:
            return f'call {called["name"]} "{called["called"]}"'
        return "begin without a greeting" if setting.value == "none" else f'greet with "{setting.value}"'


GREETING = Greeting()


def _value(salutation: Salutation, reader: Names) -> str:
    who = _who(salutation.who, reader)
    salute = salutation.salute
    if "{title}" in who:
        salute = _FORMAL.sub(lambda found: found["stem"] or (f"{found['root']}o" if found["root"] else "Cher"), salute)
    return " ".join(part for part in (salute, who) if part) + salutation.mark


def _called(who: str, reader: Names) -> str:
    """The one name that a known reader is greeted by, where it is none of theirs: a nickname."""
    is_other = len(who.split()) == 1 and who[:1].isupper() and not is_group(who) and not reader.has(who)
    return who if reader.full and is_other and not PERSON_LINK.search(who) else ""


def _who(who: str, reader: Names) -> str:
    """Those who are addressed, with placeholders for names; "all" and "team" are no names."""
    if not who or is_group(who):
        return who
    title, rest = split_title(who)
    if title:
        return _titled(title, rest, reader)
    people = [person for person in PERSON_LINK.split(who) if person.strip()]
    named = [person for person in people if not is_group(person)]
    if not named:
        return who
    if len(named) > 1:
        return "{first}"
    return who.replace(named[0], _person(named[0].strip(), reader), 1)


def _titled(title: str, rest: str, reader: Names) -> str:
    if not rest:
        return title
    if rest.casefold() == reader.last.casefold() or len(rest.split()) == 1:
        return "{title} {last}"
    return "{title} {name}" if rest.casefold() == reader.full.casefold() or not reader.last else "{title} {last}"


def _person(person: str, reader: Names) -> str:
    if person.casefold() == reader.full.casefold() and " " in person:
        return "{name}"
    if person.casefold() == reader.last.casefold():
        return "{last}"
    if salute := _unknown_salute(person, reader):
        return f"{salute} {{first}}"
    return "{first}" if len(person.split()) == 1 else "{name}"


def _unknown_salute(line: str, reader: Names) -> str:
    """ "Ahoy" of "Ahoy Ann": words before the reader's first name that are no names of theirs, in any language."""
    *before, last = line.split()
    is_salute = reader.first and last.casefold() == reader.first.casefold() and not any(map(reader.has, before))
    return " ".join(before) if is_salute else ""


def _reader(piece: Piece, form: Form, people: People) -> Names:
    """The reader's names, with a title that somebody wrote before just this name; those in the greeting without a reader."""
    reader = names_of(people.reader)
    title, who = split_title(anatomy(piece.greeting).who) if piece.greeting else ("", "")
    if not reader.full:
        if not who or is_group(who):
            return reader
        reader = Names(last=who) if title else (Names(first=who) if PERSON_LINK.search(who) else names_of(who))
    called = _CALLED_VALUE.fullmatch(form[_CALLED].value) if _CALLED in form else None
    if called and called["name"] == reader.full and reader.first:
        reader = Names(called["called"], reader.last, reader.title, reader.middle)
    if reader.title:
        return reader
    known = [split_title(form[_TITLE].value)] if _TITLE in form else []
    for some_title, name in [*known, (title, who)]:
        if some_title and name.casefold() in (reader.last.casefold(), reader.full.casefold()):
            return replace(reader, title=some_title)
    return reader


def _filled(value: str, reader: Names, present: str) -> str:
    """The greeting for this reader; what it cannot say of them is left out."""
    if not _PLACEHOLDERS.search(value):
        return value
    if not reader.full:
        return _nameless(value)
    if "{title}" in value:
        if reader.title and reader.last:
            return _agreeing(fill(value.replace("{title}", reader.title), reader) or present, reader.title)
        value = _swapped(re.sub(r"\{title\} \{(?:last|name)\}", "{name}", value), _UNTITLED)
    elif "{first}" in value and not reader.first:
        value = value.replace("{first}", "{title} {last}" if reader.title else "{name}").replace(
            "{title}", reader.title
        )
    elif "{last}" in value and not reader.last:
        value = value.replace("{last}", "{name}")
    return fill(value, reader) or present


def _agreeing(line: str, title: str) -> str:
    """German, French and Spanish salutations end by the title's gender."""
    if _FEMALE.search(title):
        return re.sub(r"^(Estimad|Apreciad|Querid)o\b", r"\1a", re.sub(r"^Cher\b", "Chère", line))
    return re.sub(r"^(Sehr geehrte|Sehr verehrte|Liebe|Werte)\b", r"\1r", line) if _MALE.search(title) else line


def _nameless(value: str) -> str:
    """ "Hi {first}," is "Hi,"; a bare "{first}," is nothing."""
    salutation = anatomy(_PLACEHOLDERS.sub("X", value))
    if not salutation.salute:
        return ""
    return _swapped(salutation.salute, _NAMELESS) + salutation.mark


def _swapped(line: str, swaps: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    for pattern, instead in swaps:
        if found := pattern.match(line):
            rest = line[found.end() :]
            return instead + (rest[re.match(r"\w*", rest).end() :] if re.match(r"\w*", rest) else rest)  # type: ignore[union-attr]
    return line


def _without_greeting(piece: Piece) -> Piece:
    """After "Hallo Ann," German goes on in small letters: what begins the text now begins with a capital."""
    if not piece.greeting:
        return piece
    blocks = piece.blocks
    if piece.greeting.endswith(",") and blocks and blocks[0].kind == "prose" and blocks[0].parts:
        first = replace(blocks[0], parts=(capitalised(blocks[0].parts[0]), *blocks[0].parts[1:]))
        blocks = (first, *blocks[1:])
    return replace(piece, greeting="", blocks=blocks)
