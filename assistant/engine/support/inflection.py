"""Whether two words are forms of one another, by their endings alone: plurals, cases, adjectives of places.

Rough on purpose, and different by language: what English may add to a name is little, what Russian or Finnish may is
much, and German makes new nouns of old ones. `check` asks; pure.
"""

from __future__ import annotations

import re

_ADDED = "s es n en an ans ian ians ic e i ish ese er ers ed d ing ly al y ies ry ling lings isch ische ischen ischer"
_ENDINGS = frozenset(_ADDED.split())
"""What may be added to a word of four letters and more, in languages that inflect little."""
_CODES = "ru uk be bg sr hr sl mk pl cs sk fi et hu tr lt lv el hy ro la eo ar he fa ur hi bn ta ka"
_INFLECTED = frozenset(_CODES.split())
"""Here up to three letters at the end of either may differ."""
_NOUN_ENDINGS = re.compile(r"(?:ung|heit|keit|schaft|ion|tät|nis|ismus|ment|tum|ling|erei)(?:en|s|se|es)?$")
"""German nouns that are no names."""
_LEAST = 4


def same_word(word: str, other: str, language: str) -> bool:
    """Whether two case-folded words that begin alike are one word in two forms."""
    pairs = enumerate(zip(word, other, strict=False))
    shared = next((index for index, (one, two) in pairs if one != two), min(len(word), len(other)))
    rest, other_rest = word[shared:], other[shared:]
    if language in _INFLECTED:
        return shared >= 3 and len(rest) <= 3 and len(other_rest) <= 3
    if language == "de" and _is_german(word, other, shared):
        return True
    if shared < _LEAST - 1 or min(len(word), len(other)) < _LEAST:
        return shared >= 3 and sorted((rest, other_rest)) in (["", "s"], ["", "es"])
    ends = {rest, other_rest}
    return ("" in ends or shared >= len(word) - 2) and all(not end or end in _ENDINGS for end in ends)


def _is_german(word: str, other: str, shared: int) -> bool:
    """Compounds share their head; abstract nouns are made of verbs that the other text may have."""
    stem = re.sub(r"(?:en|er|es|e|n|s)$", "", other) if len(other) > _LEAST else other
    is_compound = len(stem) >= _LEAST and word.startswith(stem)
    is_abstract = bool(_NOUN_ENDINGS.search(word)) and shared >= _LEAST
    return is_compound or is_abstract or (shared >= _LEAST + 1 and len(word) - shared <= 3 and len(other) - shared <= 3)
