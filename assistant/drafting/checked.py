"""A model's sentences held against what the draft was made from: a name, a number or a date that nobody gave becomes a gap.

It understands nothing, as `engine.support.check` does not: what it cannot tell it lets pass. Examples are no source: a
sentence of theirs that the material does not bear out is left out. Pure functions; `author` calls them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from assistant.drafting import gaps
from assistant.drafting.manners import is_no_name, relative_days
from assistant.drafting.material import Material
from assistant.engine.sentences import STOPWORDS, content, covered, words
from assistant.engine.support.check import Source, missing
from assistant.style.kinds import FRAMING, kind_of
from assistant.style.piece import Block, People, Piece
from assistant.style.splitting import MONTH, sentences

COPIED = 0.7
"""A sentence with so much of its content in an example's, and not in the material, is the example's."""
TELLING = 3
"""Words. A shorter sentence is manners, and examples may teach manners."""
LEAST_SAID = 0.34
"""Of the words of a point that carry meaning. What says less of it has left it out."""
MANNERLY = FRAMING | {"question"}
"""Kinds of sentences that may stand although nobody gave a word of them."""
_ORDINAL = re.compile(rf"\[\.\.\.\]\.(?= (?:{MONTH.pattern}))")
"""A German day: of "5. Mai" the full stop goes with the number."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What stands of a reply: `filled` are the words that became gaps, `dropped` the sentences that were left out, `unsaid`
    those of the user's that are not in it. It is empty where nothing of what was to be said is."""

    piece: Piece
    filled: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    is_empty: bool = False


@dataclass(slots=True)
class _Held:
    sources: list[Source]
    matter: list[Source]
    examples: list[frozenset[str]]
    told: list[frozenset[str]]
    open: Sequence[str]
    language: str
    filled: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    says_something: bool = False


def check(piece: Piece, material: Material, people: People, examples: Sequence[str]) -> Checked:
    """`piece` as it may stand."""
    matter = [Source(text, material.language) for text in _texts(material)]
    held = _Held(
        sources=[*matter, *(Source(name, material.language) for name in (people.reader, people.writer) if name)],
        matter=matter,
        examples=[content(sentence) for text in examples for sentence in sentences(text) if _is_telling(sentence)],
        told=[content(source.text) for source in matter],
        open=gaps.unanswered(material.questions, list(_said(material)), material.language),
        language=material.language,
    )
    blocks = [
        replace(block, parts=parts)
        for block in piece.blocks
        if (parts := tuple(one for part in block.parts if (one := _checked(block, part, held))))
    ]
    asked = tuple(Block("prose", (gaps.answer_to(question),)) for question in held.open)
    postscript = _part(piece.postscript, held) if piece.postscript else ""
    said = replace(piece, blocks=(*blocks, *asked), postscript=postscript, quoted="")
    has_matter = bool(material.statements or material.passages)
    return Checked(
        piece=said,
        filled=tuple(dict.fromkeys(held.filled)),
        dropped=tuple(held.dropped),
        unsaid=tuple(_unsaid(blocks, material)),
        is_empty=not blocks or (has_matter and not held.says_something),
    )


def _unsaid(blocks: Sequence[Block], material: Material) -> Iterator[str]:
    """The sentences of the user's of which next to nothing came into the text."""
    written = Source("\n".join(part for block in blocks for part in block.parts), material.language)
    for statement in material.statements:
        for sentence in sentences(statement.text):
            told = content(sentence)
            said = sum(written.has(word, material.language) for word in told)
            if said < LEAST_SAID * len(told):
                yield sentence


def _checked(block: Block, part: str, held: _Held) -> str:
    """A sentence or an item; of what is kept as it stands, a line."""
    if block.kind != "verbatim":
        return _part(part, held)
    held.says_something = held.says_something or _known_of(part, held) > 0
    filled = _filled(part, _absent(part, held), held)
    return "" if filled is None else filled or " "


def _texts(material: Material) -> list[str]:
    """Everything that a draft may take a name or a number from, but for the names of who writes and reads."""
    texts = [
        *(one.text for one in material.statements),
        *(f"{one.title}\n{one.text}" for one in material.passages),
        material.incoming,
        material.written,
        material.subject,
        material.about,
        *material.questions,
    ]
    return [text for text in texts if text.strip()]


def _said(material: Material) -> Iterator[str]:
    """What may answer a question: not the mail that asks it."""
    for one in material.statements:
        yield from sentences(one.text)
    for passage in material.passages:
        yield from sentences(passage.text)


def _part(part: str, held: _Held) -> str:
    """A paragraph's sentence or a list's item; empty where it is left out."""
    kept: list[str] = []
    for sentence in sentences(part):
        if not words(sentence):
            continue
        if gaps.gaps_in(sentence):
            if not any(gaps.touches(sentence, question, held.language) for question in held.open):
                kept.append(sentence)  # the others are marked at the end, in our words
            continue
        absent = _absent(sentence, held)
        answers = any(gaps.touches(sentence, question, held.language) for question in held.open)
        if (absent or not _is_borne_out(sentence, held)) and answers:
            held.dropped.append(sentence)  # an answer that nobody gave
            continue
        stands = not (_is_copied(sentence, held) or _is_invented(sentence, absent, held))
        filled = _filled(sentence, absent, held) if stands else None
        if filled is None:
            held.dropped.append(sentence)
        else:
            held.says_something = held.says_something or _known_of(sentence, held) > 0
            kept.append(filled)
    return " ".join(kept)


def _absent(sentence: str, held: _Held) -> list[str]:
    """The names, numbers and dates of a sentence that nobody gave."""
    found = missing(sentence, held.sources, held.language) if held.sources else []
    named = [one for one in found if one != sentence and not is_no_name(one, sentence, held.language)]
    days = [day for day in relative_days(sentence, held.language) if not _has_day(day, held)]
    return list(dict.fromkeys([*named, *days]))


def _has_day(day: str, held: _Held) -> bool:
    said = " ".join(day.casefold().split())
    return any(said in " ".join(source.text.casefold().split()) for source in held.sources)


def _is_borne_out(sentence: str, held: _Held) -> bool:
    """Whether at least half of its words are known; where nothing was given, nothing is."""
    return bool(held.sources) and sentence not in missing(sentence, held.sources, held.language)


def _known_of(sentence: str, held: _Held, without: Sequence[str] = ()) -> int:
    """How many of the words that carry meaning somebody gave, but for those `without`."""
    left = content(sentence) - {word for one in without for word in words(one)} - STOPWORDS
    return sum(any(source.has(word, held.language or source.language) for source in held.matter) for word in left)


def _is_invented(sentence: str, absent: Sequence[str], held: _Held) -> bool:
    """Whether it tells something, and nothing of that is known but what is common to all mails."""
    if not (absent or _is_telling(sentence)) or kind_of(sentence) in MANNERLY:
        return False
    return bool(held.matter) and not _known_of(sentence, held, absent)


def _filled(sentence: str, absent: Sequence[str], held: _Held) -> str | None:
    """With gaps in the place of what is absent, whole dates and numbers at once; `None` where one is not found in it."""
    filled: list[str] = []
    for one in sorted((one.rstrip(".,;:") or one for one in absent), key=len, reverse=True):
        if any(one.casefold() in other.casefold() for other in filled):
            continue
        around = r"[\d./:,+-]*" if one[0].isdigit() else "", r"(?:[./:,-]\d+)*" if one[-1].isdigit() else ""
        pattern = re.compile(rf"(?<!\w){around[0]}{re.escape(one)}{around[1]}(?!\w)", re.IGNORECASE)
        found = [match[0] for match in pattern.finditer(sentence)]
        if not found:
            return None
        sentence = pattern.sub(gaps.MARK, sentence)
        filled += found
    held.filled += filled
    sentence = re.sub(r"\[\.\.\.\](?:[\s-]+\[\.\.\.\])+", gaps.MARK, sentence)
    return _ORDINAL.sub(gaps.MARK, sentence)


def _is_copied(sentence: str, held: _Held) -> bool:
    if not _is_telling(sentence):
        return False
    said = content(sentence)
    if any(covered(said, told) >= COPIED for told in held.told):
        return False
    return any(covered(said, example) >= COPIED for example in held.examples)


def _is_telling(sentence: str) -> bool:
    return len(content(sentence)) >= TELLING and len(words(sentence)) > TELLING
