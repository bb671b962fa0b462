"""A digest as a text for the user's editor, and what they made of it: entries rewritten, entries and sections removed.

Entries are known by their number, sections by their heading. It knows the view and nothing of what an edit teaches;
`assistant.digests` makes lessons of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.digest.view import DigestView, EntryView
from assistant.errors import BadRequest

HELP = (
    "% Rewrite an entry: later ones will be written more like it. Remove an entry: there will be less of its kind.",
    "% Remove a section with its heading: there will be none of it. Lines that begin with % are not read.",
)
_NOTHING: Mapping[int, str] = {}
_SECTION = re.compile(r"##\s+(.+)")
_ENTRY = re.compile(r"###\s+(\d+)\.(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Corrections:
    """What differs from the digest: texts by the number of their entry, numbers that are gone, keys of sections that are
    gone. Entries of a section that is gone are not among `removed`."""

    rewritten: Mapping[int, str] = field(default_factory=dict)
    removed: tuple[int, ...] = ()
    sections: tuple[str, ...] = ()

    @property
    def are_any(self) -> bool:
        return bool(self.rewritten or self.removed or self.sections)


def as_text(view: DigestView, rewritten: Mapping[int, str] = _NOTHING) -> str:
    """The digest, a heading a section and an entry, for `corrections` to read back; entries that were rewritten before, as
    they were left."""
    lines = [*HELP]
    for section in view.sections:
        lines += ["", f"## {_line(section.heading)}"]
        for entry in section.entries:
            lines += ["", f"### {entry.number}. {_line(entry.title)}", "", _told(entry, rewritten)]
    return "\n".join(lines) + "\n"


def text_of(entry: EntryView) -> str:
    """An entry's sentences as a paragraph, none of its lines to be taken for a heading."""
    return " ".join(_line(sentence.text) for sentence in entry.sentences)


def corrections(view: DigestView, text: str, rewritten: Mapping[int, str] = _NOTHING) -> Corrections:
    """What the user changed. Titles are the sources' own: a changed one says nothing, and neither does the order.

    Raises: BadRequest for an entry that the digest does not have, or one that is there twice.
    """
    headings, entries = _read(text)
    known = {entry.number: entry for entry in view.entries}
    strange = [number for number in entries if number not in known]
    if strange:
        raise BadRequest(
            f"The digest of {view.local_date} has no entry {strange[0]}.",
            "Leave the numbers of the entries as they were; what was written before the change is kept.",
        )
    gone = [section for section in view.sections if _line(section.heading) not in headings]
    gone = [section for section in gone if not any(entry.number in entries for entry in section.entries)]
    without = {entry.number for section in gone for entry in section.entries}
    return Corrections(
        rewritten={
            number: said
            for number, said in entries.items()
            if said and said.split() != _told(known[number], rewritten).split()
        },
        removed=tuple(number for number in known if number not in without and not entries.get(number)),
        sections=tuple(section.key for section in gone),
    )


def _told(entry: EntryView, rewritten: Mapping[int, str]) -> str:
    return (
        "\n".join(map(_escaped, rewritten[entry.number].splitlines())) if entry.number in rewritten else text_of(entry)
    )


def _read(text: str) -> tuple[set[str], dict[int, str]]:
    """The headings of sections, and the texts of entries by number."""
    headings: set[str] = set()
    entries: dict[int, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("%"):
            continue
        if (entry := _ENTRY.match(line)) is not None:
            number = int(entry[1])
            if number in entries:
                raise BadRequest(f"Entry {number} stands there twice.", "Keep one of the two.")
            current = entries.setdefault(number, [])
        elif (section := _SECTION.fullmatch(line)) is not None:
            headings.add(_line(section[1]))
            current = []
        else:
            current.append(line)
    return headings, {number: "\n".join(lines).strip() for number, lines in entries.items()}


def _line(text: str) -> str:
    """On one line, and none that would be read as something else than it is."""
    return _escaped(" ".join(text.split()))


def _escaped(line: str) -> str:
    return f"\u200b{line}" if line.startswith(("%", "##")) else line
