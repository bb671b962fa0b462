"""Playbooks: how a conversation of one kind is held. TOML files, ours beside this module and the user's in their home.

A playbook says what is asked for, what must hold and what it is not; it runs nothing. A mistake in a file is a sentence
that names the file, the key and the nearest right one. `sessions` reads them, `telos chat --playbook` names them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.answers.playbooks import PlaybookLine
from assistant.errors import BadConfiguration, NotFound

ActKind = Literal["ask", "propose", "do", "confirm", "close"]
ACTS: tuple[ActKind, ...] = get_args(ActKind)
Kind = Literal["place", "dates", "length", "money", "people", "choice", "topics", "text", "agreement"]
"""How a value is recognised. `choice` is one of `words`, `topics` are any number of them, `text` is whatever answers the
question, and `agreement` is the user's yes to what was proposed."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LARGEST_FILE = 100_000


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Template(_Section):
    """A line of the checklist: what is to be known or reached, in `text`; the value's `slot`, and how it is recognised.

    `words` are the values of a choice or topic with the words that mean them. A `required` one is asked for before
    anything is proposed. `adds`: values join (two destinations) rather than take each other's place.
    """

    text: str = Field(min_length=1, max_length=300)
    slot: str = Field(default="", max_length=40)
    kind: Kind = "text"
    question: str = Field(default="", max_length=300)
    words: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    required: bool = False
    adds: bool = False

    after: tuple[str, ...] = ()
    """Of a `text`: words that it follows where nobody asked for it, such as "mail to"."""
    opens: Literal["", "goal", "message"] = ""
    """Of a `text`: the goal's statement is its value, or what the user says first. It is not asked for then."""

    @model_validator(mode="after")
    def _can_be_recognised(self) -> Self:
        if self.kind in ("choice", "topics") and not self.words:
            raise ValueError(f"a criterion of the kind {self.kind!r} needs its words, as [criteria.words]")
        if self.question and not self.slot:
            raise ValueError("a criterion with a question needs a slot, the name of the value that answers it")
        if (self.after or self.opens) and (self.kind != "text" or not self.slot):
            raise ValueError("`after` and `opens` are for a criterion of the kind 'text' that has a slot")
        return self


class Playbook(_Section):
    """`name` is that of its file. `limits` are sentences on what it is not; the user is told them at the start."""

    name: str = Field(default="", max_length=40)
    title: str = Field(min_length=1, max_length=80)
    about: str = Field(default="", max_length=300)
    instructions: str = Field(default="", max_length=6000)
    tone: str = Field(default="", max_length=500)
    criteria: tuple[Template, ...] = ()
    constraints: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    result: Literal["text", "patch"] = "text"
    """A `patch` is a unified diff that the user applies."""
    acts: tuple[ActKind, ...] = ACTS
    is_sensitive: bool = False
    """Its conversations are never explored in, and never trained on."""
    listens: bool = False
    """It is about the user's feelings: words of need are taken at their broadest."""

    @model_validator(mode="after")
    def _slots_are_told_apart(self) -> Self:
        slots = [one.slot for one in self.criteria if one.slot]
        twice = next((slot for slot in slots if slots.count(slot) > 1), "")
        if twice:
            raise ValueError(f"the slot {twice!r} stands at two criteria; each needs its own")
        if "do" not in self.acts:
            raise ValueError('acts must hold "do": without it no message could be answered')
        return self

    def template(self, slot: str) -> Template | None:
        return next((one for one in self.criteria if one.slot and one.slot == slot), None)


def load(name: str, own: Path) -> Playbook:
    """The playbook called `name`: the user's in the folder `own`, else ours.

    Raises: NotFound with the nearest name; BadConfiguration where the file has a mistake.
    """
    texts = _found(own)
    if name not in texts:
        near = get_close_matches(name, texts, n=1, cutoff=0.5)
        hint = f"; the nearest is {near[0]}" if near else ""
        raise NotFound(
            f"There is no playbook {name!r}{hint}.", f"There are: {', '.join(sorted(texts))}. Your own go into {own}."
        )
    return _read(name, *texts[name])


def every(own: Path) -> list[PlaybookLine]:
    """All playbooks by name; one with a mistake is listed with the sentence that says so."""
    return [_line(name, origin, path) for name, (origin, path) in sorted(_found(own).items())]


def parse(text: str, name: str, origin: str) -> Playbook:
    """The playbook in a TOML text; `origin` is the file that a mistake is said of.

    Raises: BadConfiguration with a sentence for each mistake.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise _bad(origin, [f"It is no TOML: {err}."]) from err
    if not _NAME.fullmatch(name):
        raise _bad(origin, [f"Its name is {name!r}; use small letters, digits and dashes, 40 at most."])
    if tables.get("name", name) != name:
        raise _bad(origin, [f"name is {tables['name']!r}, and the file is called {name!r}; leave the key out."])
    try:
        return Playbook.model_validate({**tables, "name": name})
    except ValidationError as err:
        raise _bad(origin, list(_sentences(err, text))) from err


def _bad(origin: str, sentences: list[str]) -> BadConfiguration:
    lines = "".join(f"\n  {sentence}" for sentence in sentences)
    return BadConfiguration(f"The playbook {origin} cannot be used:{lines}", "Correct it there.")


def _found(own: Path) -> dict[str, tuple[str, Path | None]]:
    """Every playbook's name with what it is called in a message, and its file if it is the user's."""
    found: dict[str, tuple[str, Path | None]] = {}
    for entry in files("assistant.sessions").joinpath("playbooks").iterdir():
        if entry.name.endswith(".toml"):
            found[entry.name.removesuffix(".toml")] = (entry.name, None)
    if own.is_dir():
        for path in sorted(own.glob("*.toml")):
            found[path.stem] = (str(path), path)
    return found


def _read(name: str, origin: str, path: Path | None) -> Playbook:
    if path is None:
        return parse(files("assistant.sessions").joinpath("playbooks", origin).read_text("utf-8"), name, origin)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise _bad(origin, [f"It is larger than {_LARGEST_FILE // 1000} kB."])
        return parse(path.read_text(encoding="utf-8"), name, origin)
    except (OSError, UnicodeDecodeError) as err:
        raise _bad(origin, [f"It cannot be read: {err}."]) from err


def _line(name: str, origin: str, path: Path | None) -> PlaybookLine:
    try:
        playbook = _read(name, origin, path)
    except BadConfiguration as err:
        return PlaybookLine(name=name, title=name, about=err.sentence, is_own=path is not None)
    return PlaybookLine(name=name, title=playbook.title, about=playbook.about, is_own=path is not None)


def _sentences(err: ValidationError, text: str) -> Iterator[str]:
    """Pydantic's complaints as sentences that name the line and key, and the key that was meant."""
    for error in err.errors():
        place = [str(part) for part in error["loc"]]
        key = ".".join(str(int(part) + 1) if part.isdigit() else part for part in place) or "it"
        at = _line_of(place, text)
        where = f"line {at}: " if at else ""
        if error["type"] == "extra_forbidden":
            model = Template if place[0] == "criteria" else Playbook
            yield f"{where}The key {key} is unknown{_nearest(place[-1], model.model_fields)}."
        elif error["type"] == "missing":
            yield f"{where}{key} is missing."
        else:
            yield f"{where}{key}: {_message(error['msg'])}{_choice(error.get('input'), error.get('ctx'))}."


def _nearest(wrong: str, known: Iterable[str]) -> str:
    close = get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    return f"; the nearest is {close[0]}" if close else ""


def _choice(given: object, context: Mapping[str, Any] | None) -> str:
    """What was written, and the nearest of what may stand there."""
    if not isinstance(given, str):
        return ""
    allowed = re.findall(r"'([^']*)'", str((context or {}).get("expected", "")))
    return f", not {given[:60]!r}{_nearest(given, allowed)}"


def _message(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _line_of(place: list[str], text: str) -> int:
    """The line that the mistake stands on, counted from 1; 0 where it is a key that is not there."""
    lines = text.splitlines()
    start = 0
    if len(place) > 1 and place[0] == "criteria" and place[1].isdigit():
        heads = [at for at, line in enumerate(lines) if re.match(r"\s*\[\[\s*criteria\s*\]\]", line)]
        start = heads[int(place[1])] if int(place[1]) < len(heads) else 0
    for at in range(start, len(lines)):
        if any(re.match(rf'\s*"?{re.escape(part)}"?\s*=', lines[at]) for part in place[::-1] if not part.isdigit()):
            return at + 1
    return start + 1 if start else 0
