"""Which words an edit put in the place of others: sentences that stayed what they were but for one to three words.

Both texts are first written in one form (dates, figures, contractions, person, spelling), so that what another trait
explains is no replacement. Names, figures, days, pronouns and other forms of the same word are none. `terms` asks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Levenshtein

from assistant.engine.sentences import STOPWORDS
from assistant.engine.support.dates import MONTHS, WEEKDAYS
from assistant.engine.support.numerals import is_number_word
from assistant.style import contractions, dates, emoji, exclamation, numbers, person, thousands, times
from assistant.style.names import People
from assistant.style.piece import Piece
from assistant.style.spelling_words import american
from assistant.style.wording import begins, language_of, masked, own_parts
from memory.languages import common_words

MOST_WORDS = 3
_ALIKE = 55.0
"""From this likeness on, in percent, one sentence is the other, changed."""
_UNCHANGED = 0.5
"""So much of a sentence's words must have stayed."""
_SAME_WORD = 0.8
_CAPITALS_FOR_NOUNS = ("de", "lb")
_SPOKEN = frozenset(
    """i we me us my our mine ours myself ourselves you your he she they it his her their its who
    not no never none nor without neither cannot""".split()  # noqa: SIM905
)
_ARTICLES = frozenset(("a", "an", "the"))
_ENDING = re.compile(r"(?:ies|es|s|ed|d|ing|ly|er|e|y)$")
_WORD = re.compile(r"\w+(?:['’-]\w+)*|\ue000+")


@dataclass(frozen=True, slots=True)
class Replacement:
    """`old` in small letters, `new` as it is written inside a sentence; the sentences they stood in; how alike these are, in (0, 1]."""

    old: str
    new: str
    before: str
    after: str
    likeness: float
    kept: int = 0
    """How often the text after still has `old`."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    masked: str
    words: tuple[re.Match[str], ...]
    keys: tuple[str, ...]


def replacements(before: Piece, after: Piece, people: People) -> list[Replacement]:
    """In the order of the text. One that more places of the text after do not have is left out."""
    language = language_of(after, people)
    here, there = own_parts(before), own_parts(after)
    was = [_sentence(in_one_form(part, language)) for part in (Counter(here) - Counter(there)).elements()]
    now = [_sentence(in_one_form(part, language)) for part in (Counter(there) - Counter(here)).elements()]
    names = frozenset(f"{people.reader} {people.writer}".casefold().split())
    found = [
        one
        for old, new in _changed(was, now)
        for one in _replaced(old, new, language)
        if not names & set(f"{one.old} {one.new}".casefold().split())
    ]
    if not found:
        return []
    kept = " ".join(f" {_key(' '.join(_WORD.findall(masked(part))))} " for part in there)
    often = Counter(_key(one.old) for one in found)
    left = {key: kept.count(f" {key} ") for key in often}
    return [replace(one, kept=left[_key(one.old)]) for one in found if left[_key(one.old)] <= often[_key(one.old)]]


def in_one_form(text: str, language: str) -> str:
    """The text as all forms but its words would have it, the same for every text."""
    text = exclamation.calm(emoji.plain(text))
    if any(character.isdigit() for character in text):
        text = dates.written_in(text, "iso", language, "d/m/y")
        text = thousands.written_in(times.written_in(text, times.OF_24, is_certain=True), thousands.BARE, language)
    return numbers.in_digits(person.in_plural(contractions.expanded(text))) if language == "en" else text


def _sentence(text: str) -> _Sentence:
    shown = masked(text)
    words = tuple(_WORD.finditer(shown))
    return _Sentence(text, shown, words, tuple(_key(word[0]) for word in words))


def _key(words: str) -> str:
    """What two spellings of a word share."""
    return " ".join(american(word) or word for word in words.casefold().replace("’", "'").split())


def _changed(was: Sequence[_Sentence], now: Sequence[_Sentence]) -> Iterator[tuple[_Sentence, _Sentence]]:
    """Each sentence that is new with the most alike of those that are gone, each of these once."""
    here, there = Counter(one.keys for one in was), Counter(one.keys for one in now)
    gone = [one for one in was if not there[one.keys]]
    for new in (one for one in now if not here[one.keys]):
        if not gone:
            return
        scores = [fuzz.ratio(" ".join(old.keys), " ".join(new.keys), score_cutoff=_ALIKE) for old in gone]
        best = max(range(len(gone)), key=scores.__getitem__)
        if scores[best] > 0:
            yield gone.pop(best), new


def _replaced(old: _Sentence, new: _Sentence, language: str) -> Iterator[Replacement]:
    runs = _runs(old.keys, new.keys)
    changed = sum(max(to_a - from_a, to_b - from_b) for from_a, to_a, from_b, to_b in runs)
    likeness = 1 - changed / max(len(old.keys), len(new.keys), 1)
    if likeness < _UNCHANGED:
        return
    for from_a, to_a, from_b, to_b in runs:
        while from_a < to_a and from_b < to_b and old.keys[from_a] in _ARTICLES and new.keys[from_b] in _ARTICLES:
            from_a, from_b = from_a + 1, from_b + 1
        one, other = _phrase(old, from_a, to_a), _phrase(new, from_b, to_b)
        if one and other and _is_wording(old, new, (from_a, to_a, from_b, to_b), language):
            written = _inside(other, new, from_b, language)
            yield Replacement(one.casefold(), written, old.text, new.text, likeness)


def _runs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """What is between the words that stayed."""
    runs: list[tuple[int, int, int, int]] = []
    for change in Levenshtein.opcodes(old, new):
        if change.tag == "equal":
            continue
        from_a, to_a, from_b, to_b = change.src_start, change.src_end, change.dest_start, change.dest_end
        if runs and runs[-1][1] == from_a and runs[-1][3] == from_b:
            runs[-1] = (runs[-1][0], to_a, runs[-1][2], to_b)
        else:
            runs.append((from_a, to_a, from_b, to_b))
    return runs


def _phrase(sentence: _Sentence, start: int, end: int) -> str:
    """Words that stand together, with nothing but spaces between them."""
    if not 0 < end - start <= MOST_WORDS:
        return ""
    words = sentence.words[start:end]
    phrase = sentence.masked[words[0].start() : words[-1].end()]
    return phrase if phrase == " ".join(word[0] for word in words) else ""


def _is_wording(old: _Sentence, new: _Sentence, run: tuple[int, int, int, int], language: str) -> bool:
    """Whether both say a thing in words, and neither names anything."""
    from_a, to_a, from_b, to_b = run
    keys = (*old.keys[from_a:to_a], *new.keys[from_b:to_b])
    if any(not re.fullmatch(r"[^\W\d_]+(?:-[^\W\d_]+)*", key) for key in keys):
        return False
    if any(key in _SPOKEN or key in MONTHS or key in WEEKDAYS or is_number_word(key, language) for key in keys):
        return False
    common = common_words(language) or STOPWORDS
    if all(key in common or len(key) < 3 for key in old.keys[from_a:to_a]):
        return False
    is_named = _has_name(old, from_a, to_a, language) or _has_name(new, from_b, to_b, language)
    return not is_named and not _is_same_word(" ".join(old.keys[from_a:to_a]), " ".join(new.keys[from_b:to_b]))


def _has_name(sentence: _Sentence, start: int, end: int, language: str) -> bool:
    if language in _CAPITALS_FOR_NOUNS:
        return False
    return any(
        not word[0].islower() and not begins(sentence.masked, word.start()) for word in sentence.words[start:end]
    )


def _is_same_word(old: str, new: str) -> bool:
    """Another form of it, or a slip put right."""
    one, other = _ENDING.sub("", old), _ENDING.sub("", new)
    if one == other or (len(old) > 3 and old[:-1] == new[:-1]):
        return True
    return OSA.normalized_similarity(old, new) >= _SAME_WORD


def _inside(phrase: str, sentence: _Sentence, start: int, language: str) -> str:
    """Without the capital of a sentence's beginning."""
    at = sentence.words[start]
    if language in _CAPITALS_FOR_NOUNS or not begins(sentence.masked, at.start()) or phrase[1:2].isupper():
        return phrase
    return phrase[:1].lower() + phrase[1:]
