"""How formal an English text is: `formal`, `neutral` or `informal`, from what stands in its lines and its wording.

Written, only words that have a plain counterpart are exchanged ("prior to" for "before", "thx" for "thank you"); greeting,
closing and contractions are traits of their own, which count here and are not changed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import ClassVar

from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, Trait
from assistant.style.wording import is_english, is_name, like, quoted_from, replaced, reworded, running

FORMAL, NEUTRAL, INFORMAL = "formal", "neutral", "informal"
_CLEAR = 0.35
"""How far the weights of both sides must be apart, of their sum."""
_LEAST_WEIGHT = 1.5
_LEAST_WORDS = 30
_MOVED = 2
"""So many words of one side must have come or gone before an edit is about the tone, and not about these words."""

_RELAXED = {
    "prior to": "before", "subsequent to": "after", "in order to": "to", "regarding": "about", 
    "furthermore,": "also,", "moreover,": "also,", "additionally,": "also,", "therefore,": "so", "consequently,": "so",
    "approximately": "about", "sufficient": "enough", "assistance": "help", "obtain": "get",
    "commence": "start", "commences": "starts", "commenced": "started", "terminate": "end", "terminates": "ends",
    "ascertain": "find out", "at your earliest convenience": "when you can",
    "in the event that": "if", "with regard to": "about", "with respect to": "about", "due to the fact that": "because",
    "numerous": "many",
}  # fmt: skip
_RAISED = {
    "thanks for": "thank you for", "thx": "thank you", "asap": "as soon as possible", "gonna": "going to", "wanna": "want to",
    "yeah": "yes", "yep": "yes", "nope": "no", "btw,": "by the way,", "btw": "by the way", "pls": "please",
    "plz": "please", "info": "information", "kids": "children", "'cause": "because", "dunno": "do not know",
    "lemme": "let me", "gimme": "give me", "thanks a lot": "thank you very much", "thanks a million": "thank you very much",
}  # fmt: skip
_STIFF = (
    "pursuant to|hereby|herewith|hereafter|aforementioned|enclosed please find|please find (?:attached|enclosed)|thus|"
    "would be (?:most |very )?grateful|would (?:greatly |very much )?appreciate|should you (?:have|require|need)|henceforth|"
    "do not hesitate|we regret to|i regret to|we are pleased to|i am pleased to|further to|with reference to|accordingly|"
    "on behalf of|it is my pleasure|in accordance with|yours (?:sincerely|faithfully|truly)|thereof|therein|nevertheless"
)
_LOOSE = (
    "hey|cool|awesome|guys|folks|cheers|lol|haha|omg|fyi|super|kinda|sorta|stuff|no worries|no problem|a bit|tons of|lots of|"
    "a bunch of|heads[- ]up|ping me|catch up|chat|quick question|sounds good|great stuff|anyway|ok|okay|oops|wow|yay|fingers crossed"
)


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_FORMAL_WORDS = re.compile(rf"(?<![\w.-])(?:{_either(_RELAXED)}|{_STIFF})(?![\w-])", re.IGNORECASE)
_INFORMAL_WORDS = re.compile(rf"(?<![\w.-])(?:{_either(_RAISED)}|{_LOOSE})(?![\w-])", re.IGNORECASE)
_RELAXABLE = re.compile(rf"(?<![\w.-])(?:{_either(_RELAXED)})(?![\w-])", re.IGNORECASE)
_RAISABLE = re.compile(rf"(?<![\w.-])(?:{_either(_RAISED)})(?![\w-])", re.IGNORECASE)
_CONTRACTED = re.compile(r"\w(?:n['’]t|['’](?:re|ve|ll|m|d))\b|\b(?:it|that|there|what|let)['’]s\b", re.IGNORECASE)
_LINES = (
    (re.compile(r"^(?:dear|good (?:morning|afternoon|evening)|to whom)\b", re.IGNORECASE), 1.0),
    (re.compile(r"^dear (?:mr|mrs|ms|mx|dr|prof|sir|madam)\b", re.IGNORECASE), 1.0),
    (re.compile(r"^(?:hi|hello)\b", re.IGNORECASE), -0.7),
    (re.compile(r"^(?:hey|yo|hiya|heya|howdy|morning|what's up)\b", re.IGNORECASE), -1.5),
    (
        re.compile(
            r"^(?:yours|sincerely|respectfully|faithfully|very truly|(?:kind|best|warm|with kind)\w* regards)\b", re.I
        ),
        0.8,
    ),
    (
        re.compile(
            r"^(?:cheers|thanks|thx|best,?$|xx?|xoxo|love|later|ciao|take care|see you|talk soon|ttyl|bye)\b", re.I
        ),
        -0.8,
    ),
)
"""What a greeting or a closing weighs: above nought formal."""


class Formality(Trait):
    name: ClassVar[str] = "formality"
    reach: ClassVar[float] = 0.05

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not is_english(piece, people):
            return {}
        text = running(piece)
        lines = [weight for line in (piece.greeting, piece.closing) for mark, weight in _LINES if mark.search(line)]
        formal, informal = _FORMAL_WORDS.findall(text), _INFORMAL_WORDS.findall(text)
        up = len(formal) + sum(weight for weight in lines if weight > 0)
        loud = min(2.0, 0.5 * len(_CONTRACTED.findall(text))) + min(1.0, 0.5 * text.count("!"))
        down = len(informal) + loud - sum(weight for weight in lines if weight < 0)
        total = up + down
        if total < _LEAST_WEIGHT:
            is_telling = text.count(" ") >= _LEAST_WORDS
            return {self.name: Reading(value=NEUTRAL, strength=0.3)} if is_telling else {}
        lean = (up - down) / total
        value = FORMAL if lean >= _CLEAR else INFORMAL if lean <= -_CLEAR else NEUTRAL
        mark = (_FORMAL_WORDS if value == FORMAL else _INFORMAL_WORDS).search(text)
        strength = round(min(1.0, 0.3 + 0.1 * total) * (abs(lean) if value != NEUTRAL else 0.5), 3)
        return {
            self.name: Reading(value=value, strength=strength, quote=quoted_from(text, mark.start()) if mark else "")
        }

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """Only where several words say so: a greeting, or contractions, are differences of their own."""
        differences = super().compare(before, after, people)
        if not differences:
            return []
        up = _came(_FORMAL_WORDS, before, after) + _came(_INFORMAL_WORDS, after, before)
        down = _came(_INFORMAL_WORDS, before, after) + _came(_FORMAL_WORDS, after, before)
        moved = {FORMAL: up - down, INFORMAL: down - up}.get(differences[0].after.value, 0)
        return differences if moved >= _MOVED else []

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value not in (FORMAL, INFORMAL) or not is_english(piece, people):
            return piece
        pattern, words = (_RAISABLE, _RAISED) if setting.value == FORMAL else (_RELAXABLE, _RELAXED)
        shown = self.read(piece, people).get(self.name)
        if shown is not None and shown.value == setting.value:
            return piece
        return reworded(
            piece,
            lambda text: replaced(
                text, pattern, lambda match: match[0] if is_name(text, match) else _other(match[0], words)
            ),
        )

    def say(self, dimension: str, setting: Setting) -> str:
        return f"write in {'an' if setting.value == INFORMAL else 'a'} {setting.value} tone"

    def explains(self, old: str, new: str) -> bool:
        """Whether it would itself exchange these words: then they are no term."""
        one, other = old.casefold(), new.casefold()
        return any(words.get(one) == other for words in (_RELAXED, _RAISED))


FORMALITY = Formality()


def _other(word: str, words: Mapping[str, str]) -> str:
    other = words[word.casefold()]
    return other if word.isupper() else like(other, word)


def _came(pattern: re.Pattern[str], before: Piece, after: Piece) -> int:
    """How many different words of a side stand in the second text alone."""
    return len(_words(pattern, running(after)) - _words(pattern, running(before)))


@lru_cache(maxsize=64)
def _words(pattern: re.Pattern[str], text: str) -> frozenset[str]:
    """The words of a side in a text. An edit asks for each text's several times, and each look takes half a millisecond."""
    return frozenset(word.casefold() for word in pattern.findall(text))
