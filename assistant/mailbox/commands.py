"""What a mail to Telos says: `more 2`, `less 5, drop 3`, `done f4`, and whatever else is in it, as a question or free text.

Pure functions of the writer's own text. A digest's links bring lines of the form `telos-verb: more`; a plain reply has
its commands a line each, or several on one. A line of words that only mentions a number is no command.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from assistant.style.piece import People, parse, render

EntryVerb = Literal["more", "less", "keep", "drop", "mute", "why", "save"]
FollowVerb = Literal["done", "later"]
ENTRY_VERBS: tuple[EntryVerb, ...] = get_args(EntryVerb)
FOLLOW_VERBS: tuple[FollowVerb, ...] = get_args(FollowVerb)

MOST = 50
"""Commands in one mail."""
WORDS: Mapping[str, EntryVerb | FollowVerb] = {
    **{verb: verb for verb in ENTRY_VERBS},
    **{verb: verb for verb in FOLLOW_VERBS},
    "mehr": "more",
    "weniger": "less",
    "behalten": "keep",
    "verwerfen": "drop",
    "stumm": "mute",
    "warum": "why",
    "speichern": "save",
    "merken": "save",
    "erledigt": "done",
    "später": "later",
    "plus": "more",
    "moins": "less",
    "garder": "keep",
    "jeter": "drop",
    "masquer": "mute",
    "pourquoi": "why",
    "enregistrer": "save",
    "fait": "done",
    "plus-tard": "later",
    "más": "more",
    "menos": "less",
    "guardar": "keep",
    "quitar": "drop",
    "silenciar": "mute",
    "por-qué": "why",
    "archivar": "save",
    "hecho": "done",
    "luego": "later",
}
_VERB = "|".join(sorted(map(re.escape, WORDS), key=len, reverse=True))
_AND = r"(?:\s*(?:,|;|&|\+|\band\b|\bund\b|\bet\b|\by\b)\s*)"
_ENTRY = r"(?:entry |no\.? ?|nr\.? ?|#)?\d{1,3}"
_FOLLOW = r"f\d{1,7}"
_ONE = (
    rf"(?:(?:{_VERB})\s*:?\s*(?:{_FOLLOW}(?:{_AND}{_FOLLOW})*(?:\s+(?:in\s+)?\d{{1,3}}\s*(?:d|days?|tage?n?|jours?|días?)?)?"
    rf"|{_ENTRY}(?:{_AND}{_ENTRY})*))"
)
_LINE = re.compile(
    rf"^\s*(?:[-*•]\s*)?(?:please\s+|bitte\s+)?{_ONE}(?:{_AND}{_ONE}|\s+{_ONE})*\s*[.!]?\s*$", re.IGNORECASE
)
_EACH = re.compile(
    rf"(?P<verb>{_VERB})\s*:?\s*(?P<what>(?:{_FOLLOW}|{_ENTRY})(?:{_AND}(?:{_FOLLOW}|{_ENTRY}))*)"
    r"(?:\s+(?:in\s+)?(?P<days>\d{1,3})\s*(?:d|days?|tage?n?|jours?|días?)?(?=\s|$|[,;.!]))?",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^\s*telos-(?P<name>verb|entry|digest|secret|follow-up)\s*:\s*(?P<value>\S{1,100})\s*$", re.IGNORECASE
)
_THANKS = re.compile(
    r"^(?:(?:many |kind )?(?:thanks?|thank you|thx|ok(?:ay)?|great|cheers|danke|merci|gracias|sent from my \w+|von meinem \w+ gesendet|"
    r"envoyé de mon \w+|enviado desde mi \w+|get outlook for \w+)(?: (?:a lot|so much|very much|telos|you))?[\s.!,:)]*)+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Command:
    """`number` is that of an entry, or of a follow-up for `done` and `later`; `days` goes with `later` alone."""

    verb: EntryVerb | FollowVerb
    number: int
    days: int | None = None

    def __str__(self) -> str:
        return f"{self.verb} {'f' if self.verb in FOLLOW_VERBS else ''}{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The commands in their order, each once, and what else is said; both may be empty."""

    commands: tuple[Command, ...] = ()
    text: str = ""


def fields(text: str) -> dict[str, str]:
    """The lines that a digest's link brought, by their names."""
    found = (match for line in text.splitlines() if (match := _FIELD.match(line)) is not None)
    return {match["name"].lower(): match["value"] for match in found}


def said(own: str, told: Collection[str] = (), *, name: str = "") -> Said:
    """What the writer's own text says. `told` are the lines of the digest itself: one that stands there is a quotation,
    however a mail program brought it. `name` is the writer's, with which they sign."""
    known = {_bare(line) for line in told}
    found: list[Command] = []
    rest: list[str] = []
    for line in own.splitlines():
        if _FIELD.match(line) or (line.strip() and _bare(line) in known):
            continue
        if _LINE.match(line):
            found += _commands(line)
        else:
            rest.append(line)
    found += _of_link(fields(own))
    return Said(commands=tuple(dict.fromkeys(found))[:MOST], text=_matter("\n".join(rest), name))


def _commands(line: str) -> Iterator[Command]:
    for each in _EACH.finditer(line):
        verb = WORDS[each["verb"].lower()]
        days = int(each["days"]) if each["days"] else None
        for what in re.findall(r"f?\d+", each["what"], re.IGNORECASE):
            if verb in FOLLOW_VERBS or what[0] not in "fF":
                yield Command(verb, int(what.lstrip("fF")), days if verb == "later" else None)


def _of_link(told: Mapping[str, str]) -> Iterator[Command]:
    verb = WORDS.get(told.get("verb", "").lower())
    number = told.get("follow-up" if verb in FOLLOW_VERBS else "entry", "")
    if verb is not None and number.isascii() and number.isdigit() and len(number) < 8:
        yield Command(verb, int(number))


def _matter(text: str, name: str) -> str:
    """What is left without greeting, closing, signature and thanks."""
    piece = parse(text, People(writer=name))
    body = render(type(piece)(blocks=piece.blocks, postscript=piece.postscript)).strip()
    return "" if not re.search(r"\w", body) or _THANKS.match(" ".join(body.split())) else body


def _bare(line: str) -> str:
    return " ".join(line.replace("\xa0", " ").lstrip("> \t|").split()).casefold()
