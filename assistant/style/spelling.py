"""Whether an English text is spelt the British way (`en-GB`) or the American (`en-US`).

Names are left as their owners write them: a word with a capital that no beginning of a sentence accounts for, or that
another one with a capital follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from assistant.style.piece import People, Piece
from assistant.style.spelling_words import american, british
from assistant.style.trait import Form, Reading, Setting, Trait
from assistant.style.wording import is_english, is_name, like, masked, reworded, running, spliced

BRITISH, AMERICAN = "en-GB", "en-US"
_SHARE = 0.8
_NAMES = frozenset(("Labour", "Grey", "Gray", "Harbour", "Harbor", "Center", "Centre"))
"""Whoever is called so may begin a sentence."""
_WORD = re.compile(r"(?<![\w'’-])[A-Za-z]{4,}(?![\w])(?!-[A-Z])")


class Spelling(Trait):
    name: ClassVar[str] = "spelling"
    reach: ClassVar[float] = 0.03

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not is_english(piece, people):
            return {}
        text = running(piece)
        ways = ((BRITISH, american), (AMERICAN, british))
        found = {value: [match[0] for match, _ in _respelt(text, other)] for value, other in ways}
        total = sum(map(len, found.values()))
        for value, those in found.items():
            if those and len(those) / total >= _SHARE:
                strength = len(those) / total * min(1.0, 0.6 + 0.2 * len(set(those)))
                return {self.name: Reading(value=value, strength=strength, quote=those[0])}
        return {}

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value not in (BRITISH, AMERICAN) or not is_english(piece, people):
            return piece
        return reworded(piece, lambda text: spelt(text, setting.value))

    def say(self, dimension: str, setting: Setting) -> str:
        return "British spelling" if setting.value == BRITISH else "American spelling"


SPELLING = Spelling()


def spelt(text: str, value: str) -> str:
    """`text` in the spelling of `value`."""
    other = british if value == BRITISH else american
    changes = {match.start(): (match.end(), like(word, match[0])) for match, word in _respelt(masked(text), other)}
    return spliced(text, changes)


def _respelt(text: str, other: Callable[[str], str | None]) -> Iterator[tuple[re.Match[str], str]]:
    """The words that are spelt otherwise the other way, and how; no names."""
    for match in _WORD.finditer(text):
        word = other(match[0].casefold())
        if word and match[0] not in _NAMES and not is_name(text, match):
            yield match, word
