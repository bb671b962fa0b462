"""A paragraph into its sentences, and sentences into a paragraph; unlike the digest's splitter, nothing is left out.

Pure functions of strings. `sentences(join(sentences(text)))` is `sentences(text)`, and every character but white space stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.engine.sentences import ends_sentence

SMILEY = r"(?:[\U0001F300-\U0001FAFF\u2600-\u27BF\u2B50\u2B55]\uFE0F?(?:\u200D[\U0001F300-\U0001FAFF\u2640\u2642\u2764]\uFE0F?)*|[:;]-?[)(DP](?!\w))"
"""An emoji, or a smiley of two or three characters. It belongs to the sentence before it."""
GAP = r"\[(?:\.{3}|…)[^\]\n]{0,80}\]"
"""What is still to be filled in: `[...]`, `[... the date]`."""

_END = re.compile(
    rf"(?P<gap>{GAP})"
    rf"|(?P<latin>(?<![.!?…؟۔।])[.!?…؟۔।]+[\"'”’»)\]]*)(?P<smile>(?:[ ]?{SMILEY}){{0,12}})(?=\s|$)"
    rf"|(?P<wide>[。！？]+[」』”’）]*(?:{SMILEY}){{0,12}})"
    rf"|(?P<bare>(?<=\S)(?:[ ]?{SMILEY}){{1,12}})(?=\s)"
)
_MARKS = str.maketrans("؟۔।", "???")
_LAST_NUMBER = re.compile(r"(?<=\s)\d{1,2}$")
_ORDINAL_BEFORE = re.compile(
    r"(?:\b(?:am|auf|bei|vom|zum|zur|im|bis|ab|seit|und|oder|der|die|das|dem|den|des|dessen|ein|eine|einem|einer|jeder|nr|no)"
    r"|[-–])\.?\s$",
    re.IGNORECASE,
)
"""German writes "der 2. Entwurf", and a capital after it. "In room 4. We ..." ends a sentence."""
MONTH = re.compile(
    r"(?:Jan|Feb|Mär|Mar|Apr|Mai|May|Jun|Jul|Aug|Sep|Okt|Oct|Nov|Dez|Dec)[a-zäé]*\b|"
    r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|octubre|janvier|février|mars|avril|juin|juillet|août)\b"
)
_LONGEST_END = 60
"""Characters before an end that are looked at."""
_WHITE = re.compile(r"[ \t\n\r\f\v\x1c-\x1f\x85\u2028\u2029]+")
_WIDE_END = re.compile(rf"[。！？]+[」』”’）]*(?:{SMILEY}){{0,12}}$")


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph, in order, their white space made single."""
    text = single_spaced(text)
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if end["gap"] or not _is_end(end, text, start):
            continue
        found.append(text[start : end.end()])
        start = end.end()
    found.append(text[start:])
    return _with_words([sentence.strip() for sentence in found])


def join(parts: Sequence[str]) -> str:
    """Sentences as one paragraph; scripts that write without spaces get none."""
    text: list[str] = []
    for part in parts:
        if text and not _WIDE_END.search(text[-1][-_LONGEST_END:]):
            text.append(" ")
        text.append(part)
    return "".join(text)


def tail(text: str) -> str:
    """What stands behind the last letter or figure: the marks that a sentence ends in."""
    end = len(text)
    while end and not text[end - 1].isalnum():
        end -= 1
    return text[end:]


def single_spaced(text: str) -> str:
    return _WHITE.sub(" ", text).strip()


def _is_end(end: re.Match[str], text: str, start: int) -> bool:
    before, after = text[max(start, end.start() - _LONGEST_END) : end.start()], text[end.end() :][:40]
    following = after.lstrip()
    if end["wide"]:
        return True
    if end["bare"]:
        return bool(before.strip()) and following[:1].isupper()
    if end["smile"] and not following[:1].islower():
        return True
    if end["latin"] == "." and following and not following[0].islower() and (number := _LAST_NUMBER.search(before)):
        return not (_ORDINAL_BEFORE.search(before[: number.start()]) or MONTH.match(following))
    return ends_sentence(before, end["latin"].translate(_MARKS), after)


def _with_words(found: list[str]) -> list[str]:
    """What has no letter and no digit is no sentence of its own: it stays with the one before it."""
    kept: list[str] = []
    for sentence in found:
        if not sentence:
            continue
        if kept and not any(character.isalnum() for character in sentence):
            kept[-1] = join([kept[-1], sentence])
        else:
            kept.append(sentence)
    return kept
