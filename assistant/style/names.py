"""The names of a writer and a reader, and lines in which `{first}`, `{last}`, `{name}`, `{initials}` stand for them.

Pure. Greetings and signatures are learned as such lines and filled again for somebody else. Nothing is guessed: an
address without a name has none, and a title is only what somebody wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

TITLE_WORDS = (
    r"(?:Mr|Mrs|Ms|Mx|Dr|Prof|Rev|Hon|Sr|Sra|Srta|Dra|M|Mme|Mlle|Ing|Dipl\.-Ing)\.|"
    r"Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Professorin|Doctor|Judge|Senator|Captain|Sir|Madam|"
    r"Herrn?|Frau|Monsieur|Madame|Mademoiselle|Mme|Mlle|Me|Señora?|Señorita|Sra?|Srta|Don|Doña|Dra|Doctora"
)
_TITLES = re.compile(rf"^(?:(?:{TITLE_WORDS})\s+)+")
_ADDRESS = re.compile(r"<[^>]*>|\S*@\S*|[\"()]")
_PARTICLE_WORDS = "al bin da de del della den der di dos du el la le ten ter van von zu zum zur y"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Whose names stand in greetings and signatures, so that `{first}`, `{last}` and `{name}` can stand for them.

    `reader` may be empty (a document, several readers); `language` is a code such as `en`, or empty.
    """

    writer: str = ""
    reader: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Of one person. What is not known is empty; somebody with a single name has it as the first and no last one."""

    first: str = ""
    last: str = ""
    title: str = ""
    middle: str = ""

    @property
    def full(self) -> str:
        return " ".join(part for part in (self.first, self.middle, self.last) if part)

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.full.split() if word[0].isupper())

    def has(self, word: str) -> bool:
        """Whether `word` is one of the names, in any case."""
        return bool(word) and word.casefold() in self.full.casefold().split()


@lru_cache(maxsize=256)
def names_of(text: str) -> Names:
    """From `Ann Lee`, `Lee, Ann`, `Dr. Ann Lee <ann@example.org>`, `Ms. Lee`; none from a bare address."""
    text = " ".join(_ADDRESS.sub(" ", text).split())
    titles = _TITLES.match(text + " ")
    title = titles[0].strip() if titles else ""
    text = text[len(title) :].strip()
    if text.count(",") == 1:
        last, first = (part.strip() for part in text.split(","))
        text = f"{first} {last}"
    words = text.strip(" ,;").split()
    if not words:
        return Names(title=title)
    if len(words) == 1:
        return Names(last=words[0], title=title) if title else Names(first=words[0])
    start = next((n for n, word in enumerate(words[1:-1], 1) if word.casefold() in _PARTICLES), len(words) - 1)
    return Names(first=words[0], middle=" ".join(words[1:start]), last=" ".join(words[start:]), title=title)


def abstract(line: str, names: Names, *, any_case: bool = True) -> str:
    """`line` with the person's names as placeholders; the whole name before its parts."""
    flags = re.IGNORECASE if any_case else re.NOFLAG
    for placeholder, name in _placeholders(names):
        if name:
            line = re.sub(rf"(?<![\w{{]){re.escape(name)}(?![\w}}])", placeholder, line, flags=flags)
    return line


def fill(line: str, names: Names) -> str | None:
    """The other way round. `None` where a name that it needs is not known."""
    for placeholder, name in _placeholders(names):
        if placeholder in line:
            if not name:
                return None
            line = line.replace(placeholder, name)
    return line


def _placeholders(names: Names) -> tuple[tuple[str, str], ...]:
    initials = names.initials if len(names.initials) > 1 else ""
    return (("{name}", names.full), ("{first}", names.first), ("{last}", names.last), ("{initials}", initials))
