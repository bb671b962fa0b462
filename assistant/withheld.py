"""What may not leave this machine, looked for in what is about to: secrets of the configuration, and what is marked private.

A mail, a draft, and an answer to another program pass through here (`delivery`, `mailbox.placing`, `guests`). Private words
are found as they stand, five in a row; a shorter text as a whole. It is the second door: the first is that nothing private
is put into such a text at all (`drafting.gathering`, `sessions.recalling`, `digest.candidates`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from typing import Self

from sqlmodel import Session

from assistant.config.schema import Settings
from assistant.engine.sentences import STOPWORDS, is_unspaced
from assistant.secrets import MASK, secret_values
from memory.common_words import COMMON_WORDS
from memory.scripts import UNSPACED
from memory.store import private
from memory.store.private import Marked, Words

RUN = 5
"""Words in a row that are nobody's by chance; two characters of Chinese or Japanese count as one."""
TELLING = 3
"""Of a run so many words tell something: "it is one of the" is no secret."""
WHOLE = 12
"""A text without such a run is looked for as a whole, up to so many words."""
LEAST_LETTERS, LEAST_WITH_DIGIT = 4, 3
"""Of a text of one word: a shorter one stands in too many others."""
INSTEAD = "[private]"
_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_HALF_REFERENCE = re.compile(r"&[#\w]{0,32}\Z")

Run = tuple[str, ...]
Span = tuple[int, int, str]
"""Where something stands, from its first character to behind its last, and what takes its place."""


@dataclass(frozen=True)
class Withheld:
    """`marked` are the ids of what is private, `runs` its words."""

    secrets: frozenset[str] = frozenset()
    marked: Marked = field(default_factory=Marked)
    runs: frozenset[Run] = frozenset()
    lengths: tuple[int, ...] = field(default=(), compare=False)
    """Of the runs, the greatest first."""

    @classmethod
    def of(
        cls,
        texts: Iterable[str],
        secrets: frozenset[str] = frozenset(),
        marked: Marked | None = None,
        *,
        titles: Iterable[str] = (),
    ) -> Self:
        """`titles` stand over a text: one of a single word ("Invoice") is not looked for."""
        runs = {run for text in texts for run in _runs(text)}
        runs |= {run for title in titles for run in _runs(title) if len(run) > 1}
        return cls(
            secrets, marked or Marked(), frozenset(runs), tuple(sorted({len(run) for run in runs}, reverse=True))
        )

    @property
    def is_empty(self) -> bool:
        return not (self.secrets or self.runs)

    def holds_secret(self, text: str) -> bool:
        return next(self._secret_spans(_read(text)[0]), None) is not None

    def holds_private(self, text: str) -> bool:
        return next(self._private_spans(_read(text)[0]), None) is not None

    def without(self, text: str) -> str:
        """`text` with what may not leave masked. In HTML it is found, too: character references are read as what they are."""
        shown, places = _read(text)
        kept: list[str] = []
        at = 0
        for start, end, instead in self._spans(shown):
            kept += [text[at : places[start]], instead]
            at = places[end]
        return "".join([*kept, text[at:]])

    def certain(self, text: str) -> int:
        """Of a text that goes on: up to which character it may be given away, whatever comes. What is held back are the last
        words, fewer than the longest run has, and what may be the beginning of a secret."""
        shown, places = _read(text)
        words = list(_WORD.finditer(shown))
        is_last_whole = not words or words[-1].end() < len(shown)
        cut = len(shown)
        if self.lengths:
            first = max(len(words) - (not is_last_whole) - self.lengths[0] + 1, 0)
            cut = words[first].start() if first < len(words) else cut
        for secret in self.secrets:
            cut = min(cut, len(shown) - _begun(secret, shown))
        if half := _HALF_REFERENCE.search(shown):
            cut = min(cut, half.start())
        whole = [(start, end) for start, end, _ in self._spans(shown)]
        whole += [word.span() for word in words] if self.lengths else []
        while (start := next((start for start, end in whole if start < cut < end), cut)) < cut:
            cut = start
        return places[cut]

    def _spans(self, text: str) -> Iterator[Span]:
        """All that may not leave, in order; what overlaps or touches as one."""
        held: Span | None = None
        for start, end, instead in sorted([*self._private_spans(text), *self._secret_spans(text)]):
            if held is not None and start <= held[1]:
                held = (held[0], max(held[1], end), INSTEAD if INSTEAD in (instead, held[2]) else MASK)
                continue
            if held is not None:
                yield held
            held = (start, end, instead)
        if held is not None:
            yield held

    def _private_spans(self, text: str) -> Iterator[Span]:
        if not self.runs:
            return
        found = list(_WORD.finditer(text))
        words = [word[0].casefold() for word in found]
        for start in range(len(words)):
            for length in self.lengths:
                run = tuple(words[start : start + length])
                if len(run) == length and run in self.runs:
                    yield found[start].start(), found[start + length - 1].end(), INSTEAD
                    break

    def _secret_spans(self, text: str) -> Iterator[Span]:
        for secret in self.secrets:
            at = text.find(secret)
            while at >= 0:
                yield at, at + len(secret), MASK
                at = text.find(secret, at + len(secret))


NOTHING = Withheld()


def withheld(session: Session, settings: Settings | None = None) -> Withheld:
    """As of now; without `settings` what is private alone."""
    secrets = secret_values(settings) if settings is not None else frozenset()
    told = private.words(session)
    return Withheld.of(told.texts, secrets, private.marked(session), titles=told.titles)


def looked_for(told: Words) -> frozenset[Run]:
    """The runs by which these texts are known, or the titles where there are none; none where they are too short or common."""
    return Withheld.of(told.texts if any(text.strip() for text in told.texts) else told.titles).runs


@lru_cache(maxsize=512)  # each answer to another program asks anew, of the same texts
def _runs(text: str) -> frozenset[Run]:
    """The words in a row by which a text is known, or the whole of one that has no such run."""
    words = tuple(word.casefold() for word in _WORD.findall(text))
    telling = frozenset(run for run in _windows(words) if _tells(run))
    return telling or frozenset([words[:WHOLE]] if _tells_whole(words) else [])


def _windows(words: Run) -> Iterator[Run]:
    """Each run of five words; of characters that are words by themselves, ten."""
    sizes = [_size(word) for word in words]
    for start in range(len(words)):
        length = 0.0
        for end in range(start, len(words)):
            length += sizes[end]
            if length >= RUN:
                yield words[start : end + 1]
                break


def _tells(run: Run) -> bool:
    return (
        sum(_size(word) for word in set(run) if word not in STOPWORDS and (len(word) > 1 or is_unspaced(word)))
        >= TELLING
    )


def _size(word: str) -> float:
    return 0.5 if is_unspaced(word) else 1.0


def _tells_whole(words: Run) -> bool:
    """Of a text without a run: three words are, two unless both are common in one language, one that is long and rare enough."""
    if len(words) == 1:
        word = words[0]
        least = LEAST_WITH_DIGIT if any(letter.isdigit() for letter in word) else LEAST_LETTERS
        return len(word) >= least and word not in STOPWORDS
    return len(words) > 2 or bool(words and not any(set(words) <= set(common) for common in COMMON_WORDS.values()))


def _read(text: str) -> tuple[str, Sequence[int]]:
    """A text as it is read, its character references resolved, and where each of its characters, and its end, stood."""
    if "&" not in text:
        return text, range(len(text) + 1)
    shown: list[str] = []
    places: list[int] = []
    at = 0
    for found in _REFERENCE.finditer(text):
        letters = unescape(found[0])
        shown += [text[at : found.start()], letters]
        places += [*range(at, found.start()), *[found.start()] * len(letters)]
        at = found.end()
    return "".join([*shown, text[at:]]), [*places, *range(at, len(text) + 1)]


def _begun(secret: str, text: str) -> int:
    """With how many characters of a secret, fewer than all, a text ends."""
    most = min(len(secret) - 1, len(text))
    return next((length for length in range(most, 0, -1) if text.endswith(secret[:length])), 0)
