"""Cutting a text into overlapping chunks of about 200 tokens, whole sentences where they allow. Pure.

A token here is an estimate that needs no tokenizer: what matters is that a chunk with its title fits the 256 that a small
embedder reads. `assistant.indexing` splits; whoever shows or embeds a chunk cuts it out with `chunk_text`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.scripts import UNSPACED

TOKENS = 200
OVERLAP = 30
LONGEST_TITLE = 60
"""Tokens of a title that count against its chunks; a longer one is cut off by the embedder."""

_PIECE = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]{{1,40}}")
_SENTENCE_END = re.compile(r"[.!?…。！？]['\"”’»)\]」』]*$")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, or one character of a script without spaces."""

    start: int
    end: int
    tokens: int
    ends_sentence: bool


def split(title: str, text: str) -> list[Span]:
    """Where the chunks of a text lie, in order. There is always one, so that a bare title is found too."""
    budget = TOKENS - min(LONGEST_TITLE, len(title) // 4)
    if len(text) <= budget:
        return [Span(0, len(text))]
    pieces = _pieces(text)
    spans: list[Span] = []
    first = 0
    while first < len(pieces):
        stop = _stop(pieces, first, budget)
        spans.append(Span(pieces[first].start, pieces[stop - 1].end))
        if stop == len(pieces):
            break
        first = _restart(pieces, first, stop)
    return spans or [Span(0, 0)]


def chunk_text(title: str, text: str, span: Span) -> str:
    """What is embedded of a chunk: the title, then its part of the text."""
    return f"{title}\n{text[span.start : span.end]}".strip()


def _pieces(text: str) -> list[_Piece]:
    found = list(_PIECE.finditer(text))
    nexts = [piece.start() for piece in found[1:]] + [len(text)]
    return [
        _Piece(
            piece.start(),
            piece.end(),
            _tokens(piece.group()),
            _SENTENCE_END.search(piece.group()) is not None or "\n" in text[piece.end() : following],
        )
        for piece, following in zip(found, nexts, strict=True)
    ]


def _tokens(word: str) -> int:
    """An estimate: a common word is one token, a long or foreign one several."""
    return 1 + len(word) // (8 if word.isascii() else 4)


def _stop(pieces: list[_Piece], first: int, budget: int) -> int:
    """Where the chunk that starts at `first` ends: after the last sentence of its second half, if one ends there."""
    tokens, stop, sentence = 0, first, 0
    while stop < len(pieces) and (stop == first or tokens + pieces[stop].tokens <= budget):
        tokens += pieces[stop].tokens
        stop += 1
        if tokens > budget // 2 and pieces[stop - 1].ends_sentence:
            sentence = stop
    return stop if stop == len(pieces) else sentence or stop


def _restart(pieces: list[_Piece], first: int, stop: int) -> int:
    """Where the next chunk starts: at the earliest sentence within the overlap, else as far back as that allows."""
    tokens, start, sentence = 0, stop, 0
    while start - 1 > first and tokens + pieces[start - 1].tokens <= OVERLAP:
        start -= 1
        tokens += pieces[start].tokens
        if pieces[start - 1].ends_sentence:
            sentence = start
    return sentence or start
