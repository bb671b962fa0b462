"""How many words a sentence of the body has on average. Written, long sentences are split where two clauses meet.

It splits and never merges: to merge sentences takes words that nobody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from assistant.style.body import capitalised, prose, words_of
from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, compare_readings

_SEAM = re.compile(
    r";\s+(?=\S+\s+\S+\s+\S)"
    r"|,?\s+[–—]\s+(?=(?:i|we|you|he|she|it|they|this|that|there)\s+\w+\s+\w)"
    r"|,\s+(?:and|und|et|y)\s+(?=(?:i|we|you|he|she|it|they|this|that|there|the\s+\w+|our\s+\w+|my\s+\w+|ich|wir|sie|er|es|je|nous|vous|il|elle|yo|nosotros)\s+\w+\s+\w)"
    r"|,\s+(?=(?:but|so|yet|aber|mais|pero)\s+(?:i|we|you|he|she|it|they|this|that|there|the\s+\w+|ich|wir|sie|er|es|je|nous|vous|il|elle|yo)\s+\w+\s+\w)",
    re.IGNORECASE,
)
_LEAST_SIDE = 4
"""Words that each half has at least."""
_LEAST_CHANGE = 0.15
_LONGEST = 2000
"""Characters. What is longer is no sentence that anybody wrote."""
_MOST = 60
"""Sentences that are compared with each other."""


class SentenceLength:
    name = "sentence_length"
    reach = 0.06

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        lengths = [words_of(sentence) for sentence in prose(piece)]
        if not lengths:
            return {}
        mean = round(sum(lengths) / len(lengths), 1)
        return {self.name: Reading(value=f"{mean:g}", amount=mean, strength=min(1.0, 0.2 + 0.1 * len(lengths)))}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """Only where sentences were split or merged: one left out changes the average, and nobody's habits."""
        differences = compare_readings(self.read(before, people), self.read(after, people))
        was, now = prose(before), prose(after)
        if not differences or not _is_cut_otherwise(was, now):
            return []
        old, new = self.read(before, people).get(self.name), differences[0].after.amount
        if old is None or old.amount is None or new is None or abs(old.amount - new) < _LEAST_CHANGE * old.amount:
            return []
        return differences

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.amount is None or setting.amount <= 0:
            return piece
        most = setting.amount * (1 + _LEAST_CHANGE)
        blocks = tuple(
            replace(block, parts=tuple(part for sentence in block.parts for part in _split(sentence, most)))
            if block.kind == "prose"
            else block
            for block in piece.blocks
        )
        return replace(piece, blocks=blocks)

    def say(self, dimension: str, setting: Setting) -> str:
        amount = round(setting.amount) if setting.amount is not None else setting.value
        return f"write sentences of about {amount} words"


SENTENCE_LENGTH = SentenceLength()


def _split(sentence: str, most: float) -> Iterator[str]:
    """`sentence` in halves until each is short enough or no seam is left."""
    if len(sentence) <= _LONGEST and words_of(sentence) > most and not sentence.endswith(":"):
        for seam in _SEAM.finditer(sentence):
            left, right = sentence[: seam.start()], sentence[seam.end() :]
            if words_of(left) >= _LEAST_SIDE and words_of(right) >= _LEAST_SIDE and _is_open(left):
                yield left + "."
                yield from _split(capitalised(right), most)
                return
    yield sentence


def _is_open(left: str) -> bool:
    """Not within quotation marks or brackets, and no condition that the other half belongs to."""
    balanced = left.count("(") == left.count(")") and left.count('"') % 2 == 0 and left.count("“") == left.count("”")
    return balanced and not re.match(
        r"(?:if|when|while|although|because|since|as|wenn|weil|obwohl|si|quand|cuando)\b", left, re.IGNORECASE
    )


def _is_cut_otherwise(was: list[str], now: list[str]) -> bool:
    """Whether a new sentence begins or ends inside an old one, or the other way round."""
    new = [sentence for sentence in now if sentence not in was]
    gone = [sentence for sentence in was if sentence not in now]
    return any(_is_part(a, b) or _is_part(b, a) for a in new[:_MOST] for b in gone[:_MOST])


def _is_part(part: str, whole: str) -> bool:
    """Most words of `part` stand in `whole`, which has many more."""
    inner, outer = part.casefold().split(), whole.casefold().split()
    if not inner or len(inner) > 0.8 * len(outer):
        return False
    there = set(outer)
    return sum(word in there or word.strip(".,;") in there for word in inner) >= 0.8 * len(inner)
