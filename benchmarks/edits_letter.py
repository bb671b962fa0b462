"""How the simulated user of `edits` takes a text apart and puts it together again, and what an edit costs.

It knows lines, sentences, greetings and sign-offs, and nothing of Telos: whoever examines a learner reads with other eyes
than the learner. `simulated_user` and the changes it makes work on a `Letter`; `edits` counts by `cost`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

GREETING = re.compile(
    r"^(hi|hiya|hello|hey|dear|good (morning|afternoon|evening|day)|greetings|to whom it may concern)\b", re.IGNORECASE
)
CLOSING = re.compile(
    r"^(with )?(my |many |best|kind|kindest|warm|warmest|all the best|all good wishes|regards|sincerely|yours|cheers|thanks|thank you|"
    r"cordially|respectfully|take care|talk soon|see you|until then|greetings|love)\b[^.?]*$",
    re.IGNORECASE,
)
MARKER = re.compile(r"^\s*([-*•–]|\(?\d{1,2}[.)])\s+")
_WORDS = (
    "mr. mrs. ms. dr. prof. sr. jr. st. no. nos. vs. etc. e.g. i.e. inc. ltd. co. corp. u.s. u.k. a.m. p.m. approx. dept. "
    "gen. sen. rep. gov. jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. dec. fig. est."
)
ABBREVIATIONS = frozenset(_WORDS.split())
END = re.compile(r"(?<=[.!?])([\"'”’)\]]*)\s+(?=[\"'“‘(\[]?[A-Z0-9£$€])")


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, or an item of a list with its marker ("- ", "2. "). `gap` is the break before it."""

    sentences: tuple[str, ...]
    marker: str = ""
    gap: str = "\n\n"

    @property
    def text(self) -> str:
        return self.marker + " ".join(self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    heading: str = ""
    greeting: str = ""
    body: tuple[Line, ...] = ()
    closing: str = ""
    signature: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(sentence for line in self.body for sentence in line.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the user has before them besides the draft: what is to be said, to whom, and who they are."""

    source: tuple[str, ...]
    """The points of a mail; the sentences of the text that a document is about."""
    is_mail: bool
    title: str = ""
    reader: str = ""
    writer: str = ""


def cost(before: str, after: str) -> int:
    """Words to put in, take out or replace. A break between lines is a word, too: who moves one has worked."""
    return Levenshtein.distance(words_of(before), words_of(after))


def words_of(text: str) -> list[str]:
    return ["\n" if word.startswith("\n") else word for word in re.findall(r"\n\s*|[^\s]+", text.strip())]


def read(text: str, case: Case) -> Letter:
    """Take a draft apart. What is neither heading, greeting nor sign-off is body."""
    rows = [(gap, row.strip()) for gap, row in re.findall(r"(^|\n\s*)([^\n]+)", text.strip()) if row.strip()]
    heading = greeting = closing = signature = ""
    if case.is_mail:
        if rows and _is_greeting(rows[0][1], case.reader):
            greeting, rows = rows[0][1], rows[1:]
        rows, closing, signature = _sign_off(rows, case.writer)
    elif len(rows) > 1 and _is_heading(rows[0][1], case.title):
        heading, rows = rows[0][1], rows[1:]
    body = tuple(_line(gap, row) for gap, row in rows)
    return Letter(heading=heading, greeting=greeting, body=body, closing=closing, signature=signature)


def write(letter: Letter) -> str:
    rows = [part for part in (letter.heading, letter.greeting) if part]
    text = "\n\n".join(rows)
    for line in letter.body:
        text += (line.gap if text else "") + line.text
    for part, gap in ((letter.closing, "\n\n"), (letter.signature, "\n" if letter.closing else "\n\n")):
        if part:
            text += (gap if text else "") + part
    return text


def sentences_of(text: str) -> list[str]:
    """Cut where a sentence ends and another begins; after an abbreviation or an initial it does not end."""
    found: list[str] = []
    start = 0
    for match in END.finditer(text):
        last = text[start : match.start()].split()[-1:]
        if (
            last
            and not match.group(1)
            and (last[0].lower().lstrip("(\"'") in ABBREVIATIONS or re.fullmatch(r"[A-Z]\.", last[0]))
        ):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    return [*found, text[start:].strip()] if text[start:].strip() else found


def each_sentence(letter: Letter, change: Callable[[str], str], *, spared: Iterable[str] = ()) -> Letter:
    """`change` every sentence of the body but the `spared`."""
    left = frozenset(spared)
    lines = (
        replace(line, sentences=tuple(one if plain(one) in left else change(one) for one in line.sentences))
        for line in letter.body
    )
    return replace(letter, body=tuple(lines))


@lru_cache(maxsize=20_000)
def plain(sentence: str) -> str:
    """What is compared of a sentence: its words, small."""
    return " ".join(re.findall(r"\w+", sentence.lower()))


@lru_cache(maxsize=20_000)
def content(sentence: str) -> frozenset[str]:
    """The words by which a sentence is known again after its form was changed."""
    words = re.findall(r"[^\W\d_]+", sentence.lower())
    return frozenset(word for word in words if len(word) > 3) or frozenset(words)


def place_of(sentence: str, source: Sequence[str]) -> int | None:
    """Which sentence of the source it says again; `None` where it says none of them."""
    mine = content(sentence)
    best = max(range(len(source)), key=lambda place: _likeness(mine, content(source[place])), default=None)
    if best is None:
        return None
    words = content(source[best])
    return best if 2 * len(mine & words) >= max(1, min(len(mine), len(words))) else None


def places_said(sentences: Iterable[str], source: Sequence[str]) -> set[int]:
    """Which sentences of the source are said: as a sentence, or with most of its words within one."""
    some = list(sentences)
    found = {place for one in some if (place := place_of(one, source)) is not None}
    within = [content(one) for one in some]
    for place, said in enumerate(source):
        words = content(said)
        if any(len(words & other) >= 0.8 * len(words) for other in within):
            found.add(place)
    return found


def _likeness(some: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(some & other) / max(1, len(some) + len(other))


def _line(gap: str, row: str) -> Line:
    found = MARKER.match(row)
    marker = found.group() if found else ""
    return Line(tuple(sentences_of(row[len(marker) :])), marker, "\n" if gap.count("\n") == 1 else "\n\n")


def _is_greeting(row: str, reader: str) -> bool:
    names = {name.lower() for name in reader.split()}
    words = re.findall(r"[\w']+", row.lower())
    is_name_alone = 0 < len(words) <= 3 and bool(names) and set(words) <= names
    return is_name_alone or (len(words) <= 6 and bool(GREETING.match(row)) and row[-1] not in ".?")


def _is_heading(row: str, title: str) -> bool:
    if plain(row) == plain(title):
        return True
    return row.startswith("#") or (not MARKER.match(row) and row[-1] not in ".!?:;,\"'”" and len(row.split()) <= 16)


def _sign_off(rows: list[tuple[str, str]], writer: str) -> tuple[list[tuple[str, str]], str, str]:
    """The rows before the sign-off, its line, and the name under it."""
    names = {name.lower() for name in writer.split()}
    rest, closing, signature = list(rows), "", ""
    words = re.findall(r"\w+", rest[-1][1].lower()) if rest else []
    if words and set(words) <= names | {name[0] for name in names}:
        signature = rest.pop()[1]
    if rest and len(rest[-1][1].split()) <= 5 and CLOSING.match(rest[-1][1]):
        closing = rest.pop()[1]
    return rest, closing, signature
