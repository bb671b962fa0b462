"""What a mail to Telos says: `more 2`, `less 5, drop 3`, `done f4`, and whatever else is in it, as a question or free text.

Pure functions of the writer's own text. A digest's links bring lines of the form `telos-verb: more`; a plain reply has
its commands a line each, or several on one. A line of words that only mentions a number is no command.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from assistant.style.piece import People, parse, render

EntryVerb = Literal["more", "less", "keep", "drop", "mute", "why", "save"]
FollowVerb = Literal["done", "later"]
ENTRY_VERBS: tuple[EntryVerb, ...] = get_args(EntryVerb)
FOLLOW_VERBS: tuple[FollowVerb, ...] = get_args(FollowVerb)

LONGEST_LINE = 200
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
_AND = frozenset((",", ";", "&", "+", "and", "und", "et", "y"))
_FILLING = frozenset(("please", "bitte", "in", "entry", "no", "nr"))
_DAYS = frozenset(("d", "day", "days", "tag", "tage", "tagen", "jour", "jours", "día", "días", "dia", "dias"))
_TOKEN = re.compile(r"[,;&+]|[^\s,;&+]+")
_NUMBER = re.compile(r"#?(?P<follow>f?)(?P<number>\d{1,7})", re.IGNORECASE)
_BULLET = re.compile(r"^\s*[-*•]\s+")
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
        commands = _commands(line) if len(line) <= LONGEST_LINE else None
        if commands is not None:
            found += commands
        else:
            rest.append(line)
    found += _of_link(fields(own))
    return Said(commands=tuple(dict.fromkeys(found))[:MOST], text=_matter("\n".join(rest), name))


def _commands(line: str) -> list[Command] | None:
    """The commands of a line that holds nothing else; `None` for any other line."""
    found: list[Command] = []
    verb: EntryVerb | FollowVerb | None = None
    begun = 0
    """How many commands there were before the verb."""
    for token in _TOKEN.findall(_BULLET.sub("", line).strip().rstrip(".!")):
        word = token.lower().rstrip(":.")
        if word in WORDS and not (verb is not None and begun == len(found)):
            verb, begun = WORDS[word], len(found)
        elif verb is not None and (number := _NUMBER.fullmatch(token)) is not None:
            is_days = verb == "later" and len(found) > begun and not number["follow"]
            if is_days:
                found[begun:] = [replace(one, days=int(number["number"])) for one in found[begun:]]
            else:
                found.append(Command(verb, int(number["number"])))
                if number["follow"] and verb not in FOLLOW_VERBS:
                    return None
        elif not (word in _FILLING or token.lower() in _AND or (word in _DAYS and verb == "later" and found)):
            return None
    return found if verb is not None and len(found) > begun else None


def _of_link(told: Mapping[str, str]) -> Iterator[Command]:
    verb = WORDS.get(told.get("verb", "").lower())
    number = told.get("follow-up" if verb in FOLLOW_VERBS else "entry", "")
    if verb is not None and number.isascii() and number.isdigit() and len(number) < 8:
        yield Command(verb, int(number))


def _matter(text: str, name: str) -> str:
    """What is left without greeting, closing, signature and thanks."""
    piece = parse(text, People(writer=name))
    body = render(type(piece)(blocks=piece.blocks, postscript=piece.postscript)).strip()
    is_thanks = len(body) <= LONGEST_LINE and _THANKS.match(" ".join(body.split()))
    return "" if not re.search(r"\w", body) or is_thanks else body


def _bare(line: str) -> str:
    return " ".join(line.replace("\xa0", " ").lstrip("> \t|").split()).casefold()
