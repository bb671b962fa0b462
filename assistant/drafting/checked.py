"""A model's sentences held against what the draft was made from: a name, a number or a date that nobody gave becomes a gap.

It understands nothing, as `engine.support.check` does not: what it cannot tell it lets pass. Examples are no source: a
sentence of theirs that the material does not bear out is left out. Pure functions; `author` calls them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from assistant.drafting import gaps
from assistant.drafting.material import Material
from assistant.engine.sentences import content, covered, words
from assistant.engine.support.check import Source, missing
from assistant.style.piece import Block, People, Piece
from assistant.style.splitting import sentences

COPIED = 0.7
"""A sentence with so much of its content in an example's, and not in the material, is the example's."""
TELLING = 3
"""Words. A shorter sentence is manners, and examples may teach manners."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What stands of a reply: `filled` are the words that became gaps, `dropped` the sentences that were left out."""

    piece: Piece
    filled: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    is_empty: bool = False


@dataclass(slots=True)
class _Held:
    sources: list[Source]
    examples: list[frozenset[str]]
    told: list[frozenset[str]]
    open: Sequence[str]
    language: str
    filled: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def check(piece: Piece, material: Material, people: People, examples: Sequence[str]) -> Checked:
    """`piece` as it may stand."""
    held = _Held(
        sources=[Source(text, material.language) for text in _texts(material, people)],
        examples=[content(sentence) for text in examples for sentence in sentences(text) if _is_telling(sentence)],
        told=[content(text) for text in _texts(material, people)],
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
    return Checked(said, tuple(dict.fromkeys(held.filled)), tuple(held.dropped), is_empty=not blocks)


def _checked(block: Block, part: str, held: _Held) -> str:
    """A sentence or an item; of what is kept as it stands, a line."""
    if block.kind != "verbatim":
        return _part(part, held)
    return _filled(part, [one for one in missing(part, held.sources, held.language) if one != part], held) or " "


def _texts(material: Material, people: People) -> list[str]:
    """Everything that a draft may take a name or a number from."""
    texts = [
        *(one.text for one in material.statements),
        *(f"{one.title}\n{one.text}" for one in material.passages),
        material.incoming,
        material.written,
        material.subject,
        material.about,
        people.reader,
        people.writer,
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
        absent = missing(sentence, held.sources, held.language) if held.sources else [sentence]
        if absent and any(gaps.touches(sentence, question, held.language) for question in held.open):
            held.dropped.append(sentence)  # an answer that nobody gave
        elif _is_copied(sentence, held):
            held.dropped.append(sentence)
        else:
            kept.append(_filled(sentence, [one for one in absent if one != sentence], held))
    return " ".join(kept)


def _filled(sentence: str, absent: Sequence[str], held: _Held) -> str:
    for one in absent:
        pattern = re.compile(rf"(?<!\w){re.escape(one)}(?!\w)")
        if not pattern.search(sentence):
            continue
        sentence = pattern.sub(gaps.MARK, sentence)
        held.filled.append(one)
    return re.sub(r"\[\.\.\.\](?:[\s-]+\[\.\.\.\])+", gaps.MARK, sentence)


def _is_copied(sentence: str, held: _Held) -> bool:
    if not _is_telling(sentence):
        return False
    said = content(sentence)
    if any(covered(said, told) >= COPIED for told in held.told):
        return False
    return any(covered(said, example) >= COPIED for example in held.examples)


def _is_telling(sentence: str) -> bool:
    return len(content(sentence)) >= TELLING and len(words(sentence)) > TELLING
