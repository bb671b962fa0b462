"""Cutting a text into overlapping chunks of about 200 tokens, whole sentences where they allow. Pure.

A token here is an estimate that needs no tokenizer: what matters is that a chunk with its title fits the 256 that a small
embedder reads. `assistant.ingest.indexing` splits; whoever shows or embeds a chunk cuts it out with `chunk_text`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.scripts import UNSPACED

TOKENS = 200
OVERLAP = 0.15
"""The share of a chunk that the next one repeats, so that what is said across a cut is whole in one of them."""
LONGEST_TITLE = 60
"""Tokens of a title that count against its chunks; a longer one is cut off by the embedder."""

ASCII_COST, UNSPACED_COST, OTHER_COST = 1 / 4.5, 1.0, 0.4
"""Tokens a character: of English, of a script without spaces, of any other."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
_SENTENCE_END = re.compile(r"""[.!?…]['"”’»)\]]*\s+|[。！？]['"”’»)\]」』]*\s*|\n\s*""")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a text."""

    start: int
    end: int


def split(title: str, text: str) -> list[Span]:
    """Where the chunks of a text lie, in order. There is always one, so that a bare title is found too."""
    budget = TOKENS - min(LONGEST_TITLE, _title_cost(title))
    spans: list[Span] = []
    start = 0
    while True:
        reach = _reach(text, start, budget)
        if reach == len(text):
            return [*spans, Span(start, reach)]
        end = _end(text, start, reach)
        spans.append(Span(start, end))
        start = _restart(text, end - int((end - start) * OVERLAP), end)


def chunk_text(title: str, text: str, span: Span) -> str:
    """What is embedded of a chunk: the title, then its part of the text."""
    return f"{title}\n{text[span.start : span.end]}".strip()


def _cost(char: str) -> float:
    if char.isascii():
        return ASCII_COST
    return UNSPACED_COST if _UNSPACED.match(char) else OTHER_COST


def _title_cost(title: str) -> int:
    return int(len(title) * ASCII_COST) if title.isascii() else int(sum(map(_cost, title)))


def _reach(text: str, start: int, budget: int) -> int:
    """How far the budget goes from `start`."""
    window = text[start : start + int(budget / ASCII_COST)]
    if window.isascii():
        return start + len(window)
    spent = 0.0
    for offset, char in enumerate(window):
        spent += _cost(char)
        if spent > budget:
            return start + offset
    return start + len(window)


def _end(text: str, start: int, reach: int) -> int:
    """After the last sentence of the second half, else before the last word that does not fit, else in mid-word."""
    middle = (start + reach) // 2
    sentences = [found.end() for found in _SENTENCE_END.finditer(text, middle, reach)]
    if sentences:
        return sentences[-1]
    space = max(text.rfind(" ", middle, reach), text.rfind("\n", middle, reach))
    return space + 1 if space >= 0 else reach


def _restart(text: str, earliest: int, end: int) -> int:
    """At the first sentence that starts between `earliest` and `end`, else at the first word."""
    sentence = _SENTENCE_END.search(text, earliest, end)
    if sentence is not None and sentence.end() < end:
        return sentence.end()
    space = text.find(" ", earliest, end)
    return space + 1 if space >= 0 else earliest
