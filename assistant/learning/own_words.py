"""Whose words they are: what was quoted, forwarded or pasted from outside is taken out of a text before it may teach.

Added text is pasted where a long run of it stands word for word in something that Telos knows: the mail that is answered,
the draft's sources, items of memory. A callable looks texts up. `teaching` and `warm_up` ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.style.quoted import is_quoted, set_apart
from memory.recall import Question, Recall
from memory.scripts import UNSPACED
from memory.store import items
from memory.store.connection import Database
from memory.store.items import ItemFilter

LookUp = Callable[[str], Sequence[str]]
"""Texts that may hold these words, the likeliest first."""

RUN = 12
"""So many words in a row, word for word as they stand elsewhere, were pasted."""
MOSTLY = 0.6
"""A sentence with so much of it pasted is another's."""
MOST_LOOKED_UP = 3
"""Added passages, the longest ones, that memory is asked for: each costs a search."""
MOST_FOUND = 3
"""Items that a passage is looked for in."""
LONGEST_QUERY = 400
"""Characters."""

_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+(?:['’-][^\W_{UNSPACED}]+)*")
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]+|(?=\n)|$)")
_DISCLAIMER = re.compile(
    r"\b(?:confidential|privileged|intended (?:solely |only )?(?:for|recipient)|not the (?:intended|named) (?:recipient|addressee)"
    r"|vertraulich|confidentiel|confidencial)\b",
    re.IGNORECASE,
)
_ABOUT_THE_MAIL = re.compile(r"\b(?:e-?mail|message|nachricht|courriel|mensaje|correo)\b", re.IGNORECASE)
_DISCLAIMER_WORDS = 20


@dataclass(frozen=True, slots=True)
class Own:
    """`text` is what the user wrote themselves; `foreign` is what was taken out of it, a sentence each."""

    text: str
    foreign: tuple[str, ...] = ()


def own_words(
    before: str,
    after: str,
    *,
    sources: Iterable[str] = (),
    look_up: LookUp | None = None,
    material: Iterable[str] = (),
) -> Own:
    """`after` without what is another's. What stood in `before` already is the draft's, and stays; so does what stands in
    `material`, where that is given."""
    after, quoted = set_apart(after)
    there = _runs(_words(before)).union(*(_runs(_words(text)) for text in material))
    sentences = [match for match in _SENTENCE.finditer(after) if match[0].strip()]
    known: set[tuple[str, ...]] = set()
    for source in sources:
        known |= _runs(_words(source))
    if look_up is not None:
        for passage in _added(after, there):
            for text in look_up(passage[:LONGEST_QUERY]):
                known |= _runs(_words(text))
    pasted = _pasted(after, known - there)
    kept_lines = set(before.splitlines())
    foreign: list[tuple[int, int]] = []
    for match in sentences:
        places = [word.start() for word in _WORD.finditer(after, match.start(), match.end())]
        share = sum(place in pasted for place in places) / len(places) if places else 0.0
        line = _line_around(after, match.start())
        if share >= MOSTLY or (line not in kept_lines and (is_quoted(line) or _is_disclaimer(line))):
            foreign.append(match.span())
    taken = [after[start:end].strip() for start, end in foreign]
    return Own(_without(after, foreign), (*taken, *([quoted.strip()] if quoted.strip() else [])))


def in_memory(database: Database, recall: Recall) -> LookUp:
    """Looks texts up among the items, by words alone: nobody waits for an embedder while rows are written."""

    def look_up(words: str) -> Sequence[str]:
        hits = recall.answer(Question(words, None, ItemFilter(), MOST_FOUND))
        with database.read() as session:
            return [one.text for one in items.current_versions(session, [hit.item_id for hit in hits]).values()]

    return look_up


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    """Every run of `RUN` words."""
    return set(zip(*(words[at:] for at in range(RUN)), strict=False))


def _pasted(text: str, known: set[tuple[str, ...]]) -> set[int]:
    """Where the words begin that stand in a known run."""
    if not known:
        return set()
    found: set[int] = set()
    starts = [match.start() for match in _WORD.finditer(text)]
    words = _words(text)
    for at in range(len(words) - RUN + 1):
        if tuple(words[at : at + RUN]) in known:
            found.update(starts[at : at + RUN])
    return found


def _added(after: str, there: set[tuple[str, ...]]) -> list[str]:
    """The paragraphs that are mostly new and long enough to have been pasted, the longest first."""
    found: list[tuple[int, str]] = []
    for paragraph in re.split(r"\n\s*\n", after):
        runs = _runs(_words(paragraph))
        new = sum(run not in there for run in runs)
        if new and new >= len(runs) / 2:
            found.append((new, paragraph.strip()))
    found.sort(key=lambda one: -one[0])
    return [paragraph for _, paragraph in found[:MOST_LOOKED_UP]]


def _line_around(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[start:] if end < 0 else text[start:end]


def _is_disclaimer(line: str) -> bool:
    return (
        len(line.split()) >= _DISCLAIMER_WORDS and bool(_DISCLAIMER.search(line)) and bool(_ABOUT_THE_MAIL.search(line))
    )


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        parts.append(text[end:start])
        end = stop
    kept = "".join([*parts, text[end:]])
    return re.sub(r"\n[ \t]*(?:\n[ \t]*){2,}", "\n\n", kept).strip("\n") if spans else text
