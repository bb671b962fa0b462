"""Texts into sentences, sentences into words, in the scripts people write news in.

Pure functions of strings. It knows no item and no length; `extractive` chooses among what comes from here.
"""

from __future__ import annotations

import re

from memory.common_words import COMMON_WORDS
from memory.scripts import UNSPACED

STOPWORDS = frozenset().union(*COMMON_WORDS.values())
"""Words that say nothing of what a text is about, in any of the languages that have a list."""

LEAST_WORDS = 5
"""What has fewer is no sentence to be told."""
SAME_AS_TOLD = 0.6
"""A sentence with so much of its content in one already told says nothing new."""

_SHORT_FORMS = """
al approx bzw ca cf co corp dept ebd evtl excl ggf incl inkl tel dr ed eds eq etc fig figs gen gov hr inc jr lt ltd m me mme mr mrs ms no nr p pp prof
resp rev sen sept sr sra st str u.a u.k u.s usw v vgl vol vs z.b e.g i.e d.h p.m a.m jan feb mar apr jun jul aug sep oct
nov dec
"""
_ABBREVIATIONS = frozenset(_SHORT_FORMS.split())
_END = re.compile(
    r"(?P<latin>[.!?…]+[\"'”’»)\]]*)(?=\s)"
    r"|(?P<wide>[。！？]+[」』”’）]*)"
    r"|(?P<line>\s*\n\s*\n\s*)"
)
_UNSPACED_CHARACTER = re.compile(rf"[{UNSPACED}]")
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+(?:['’-][^\W_{UNSPACED}]+)*")

_PREFIXES = re.compile(
    r"^\s*(?:arXiv:\S+\s+)?(?:Announce Type:\s*\S+\s+)?(?:(?:Abstract|Summary|Zusammenfassung)\s*:\s*)?"
    r"(?:\(?(?:Reuters|AP|AFP|dpa)\)?\s*[-–—]+\s*)?",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"^(?:(?:read|learn|see|find out) more\b|continue reading|click here|sign up|subscribe\b|comments? url\b|points:|"
    r"# comments|article url\b|the post .{0,200} appeared first on|view (?:entire|full) (?:post|article)|"
    r"share this\b|follow us\b|image(?: credit)?:|photo(?: credit| by)?:|getty images|advertisement\b|"
    r"weiterlesen\b|mehr lesen|lire la suite|leer más|published:|last updated|copyright\b|©|\[link\]|submitted by )",
    re.IGNORECASE,
)


def split(text: str) -> list[str]:
    """The sentences of `text`, in order, with their white space made single. What is no sentence is left out."""
    text = _PREFIXES.sub("", text, count=1)
    pieces: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if end["latin"] and not ends_sentence(text[start : end.start()], end["latin"], text[end.end() :][:40]):
            continue
        pieces.append(text[start : end.end()])
        start = end.end()
    pieces.append(text[start:])
    tidy = (" ".join(piece.split()) for piece in pieces)
    return [piece for piece in tidy if piece and not _NOISE.match(piece) and words(piece)]


def ends_sentence(before: str, mark: str, after: str) -> bool:
    """A full stop after an abbreviation, an initial or a number, or before a small letter, ends nothing."""
    following = after.lstrip().lstrip("\"'“‘«([")
    if following and following[0].islower():
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    last = before.split()[-1].lstrip("(\"'“‘[") if before.split() else ""
    is_initial = len(last) == 1 and last.isalpha() and last.isupper() and last != "I"
    is_ordinal = last.isdigit() and len(last) <= 2
    is_word = last == "me" or (last.casefold() == "no" and not following[:1].isdigit())  # "Call me." "I said no."
    return not (is_initial or is_ordinal or (last.casefold() in _ABBREVIATIONS and not is_word))


def words(text: str) -> list[str]:
    """The words of `text`, case-folded; in scripts without spaces, each character is one."""
    return [word.casefold() for word in _WORD.findall(text)]


def content(text: str) -> frozenset[str]:
    """The words of `text` that carry meaning; all of them where nothing else is left."""
    every = words(text)
    return frozenset(word for word in every if word not in STOPWORDS and len(word) > 1) or frozenset(every)


def covered(told: frozenset[str], known: frozenset[str]) -> float:
    """The share of what one sentence tells that another one told already, both as `content`, in [0, 1]."""
    return len(told & known) / len(told) if told else 1.0


def reading_length(text: str) -> int:
    """How many words a reader takes `text` for: two characters of Chinese or Japanese count as one."""
    found = _WORD.findall(text)
    unspaced = sum(is_unspaced(word) for word in found)
    return len(found) - unspaced + (unspaced + 1) // 2


def is_unspaced(word: str) -> bool:
    """Whether a word of `words` is a character of a script without spaces."""
    return len(word) == 1 and bool(_UNSPACED_CHARACTER.match(word))


def shorten(sentence: str, max_words: int) -> str:
    """`sentence` cut to `max_words` words (two characters of Chinese or Japanese count as one), with an ellipsis."""
    kept = 0.0
    end = 0
    for match in _WORD.finditer(sentence):
        kept += 0.5 if is_unspaced(match[0]) else 1.0
        if kept > max_words:
            return sentence[:end].rstrip(" ,;:-–—") + "…"
        end = match.end()
    return sentence
