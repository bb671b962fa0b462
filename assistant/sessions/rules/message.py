"""A message taken apart: which of it is the user's own, and its clauses. It knows no goal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_FORWARDED = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:original|forwarded|weitergeleitete|ursprüngliche|message transféré|mensaje)[^\n]*"
    r"|(?:begin )?forwarded message:?|(?:on|am|le|el) [^\n]{5,120}(?:wrote|schrieb|a écrit|escribió)[^\n]{0,80}:[ \t]*$"
    r"|from:[^\n]+\n(?:[a-z-]+:[^\n]*\n){0,30}?subject:).*\Z",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_SPOKEN_BY_OTHERS = re.compile(r"\"[^\"\n]{2,400}\"|“[^”\n]{2,400}”|„[^“”\n]{2,400}[“”]|«[^»\n]{2,400}»")
_DICTATED = re.compile(
    r"\b(?:translate|proofread|rewrite|rephrase|summari[sz]e|correct|the (?:mail|email|letter|text|message) (?:says|reads|said)"
    r"|here is (?:the|an?|my|her|his|their) (?:mail|e-?mail|text|letter|message|article|post)[^:\n]{0,40}"
    r"|(?:he|she|they|[A-Z]\w+) (?:said|says|wrote|writes|told me))\b[^:\n]{0,60}:.*\Z",
    re.IGNORECASE | re.DOTALL,
)
_END = re.compile(
    r"[.!?…。！？]+[\"'”’)]*(?=\s|$)|\n+|[;—]|\s[–-]\s|(?:,|(?<![\s,]))\s+(?=(?:but|aber|mais|pero|except that)\b)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:^|\D)\d{1,2}$")
_ABBREVIATION = re.compile(r"(?:^|\W)(?:e\.g|i\.e|approx|st|mt|mr|mrs|ms|dr|max|min|ca|z\.b|no|vs|etc)$", re.IGNORECASE)


_LONGEST_CLAUSE = 500
_SENTENCE_WORDS = 5


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message, where it begins in it, and the mark that ended it."""

    text: str
    start: int
    mark: str = ""


def own_words(message: str) -> str:
    """The message with everything blanked that is pasted, forwarded or somebody else's: of the same length, so that a
    place in the one is the place in the other, and with line ends, so that no clause goes across."""
    for pattern in (_FENCE, _FORWARDED, _QUOTED_LINE, _DICTATED):
        message = pattern.sub(_blank, message)
    return _SPOKEN_BY_OTHERS.sub(_blank_sentence, message)


def own_statements(message: str) -> str:
    """The same without anything in quotation marks, which may be another's words."""
    return _SPOKEN_BY_OTHERS.sub(_blank, own_words(message))


def _blank_sentence(found: re.Match[str]) -> str:
    """What is quoted, if it is a sentence: a name or a word in quotation marks is the user's choice of it."""
    return _blank(found) if len(found.group().split()) >= _SENTENCE_WORDS else found.group()


def _blank(found: re.Match[str]) -> str:
    return "\n" * len(found.group())


def clauses(text: str) -> list[Clause]:
    """Sentences, and their parts before and after a "but", in order; empty ones left out."""
    return [clause for clause in _pieces(text) if clause.text]


def _pieces(text: str) -> Iterator[Clause]:
    start = 0
    for end in _END.finditer(text):
        before = text[start : end.start()]
        if end.group() == "." and (
            _ABBREVIATION.search(before) or (_ORDINAL.search(before) and text[end.end() : end.end() + 2].strip())
        ):
            continue
        yield from _clause(before, start, end.group().strip())
        start = end.end()
    yield from _clause(text[start:], start, "")


def _clause(text: str, start: int, mark: str) -> Iterator[Clause]:
    """A clause, or several of bounded length: no sentence is so long, and patterns take their time over long texts."""
    while len(text) > _LONGEST_CLAUSE:
        cut = text.rfind(" ", 1, _LONGEST_CLAUSE)
        cut = cut if cut > 0 else _LONGEST_CLAUSE
        yield from _clause(text[:cut], start, "")
        text, start = text[cut:], start + cut
    bare = text.strip(" \t\r\n,")
    yield Clause(bare, start + (text.index(bare) if bare else 0), mark)
