"""What may not leave this machine, looked for in what is about to: secrets of the configuration, and what is marked private.

A mail, a draft, and an answer to another program pass through here (`delivery`, `mailbox.placing`, `tcp`). Private words are
found as they stand, five in a row; a shorter text as a whole. It is the second door: the first is that nothing private is
put into such a text at all (`drafting.gathering`, `sessions.recalling`, `digest.candidates`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from sqlmodel import Session

from assistant.config.schema import Settings
from assistant.engine.sentences import content
from assistant.secrets import mask, secret_values
from memory.store import private
from memory.store.private import Marked

RUN = 5
"""Words in a row that are nobody's by chance."""
TELLING = 3
"""Of a run so many words tell something, of a shorter one all, and never one alone: "it is one of the" is no secret."""
INSTEAD = "[private]"
_WORD = re.compile(r"\w+")

Run = tuple[str, ...]


@dataclass(frozen=True)
class Withheld:
    """`marked` are the ids of what is private, `runs` its words."""

    secrets: frozenset[str] = frozenset()
    marked: Marked = field(default_factory=Marked)
    runs: frozenset[Run] = frozenset()
    lengths: tuple[int, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, texts: Iterable[str], secrets: frozenset[str] = frozenset(), marked: Marked | None = None) -> Self:
        runs = frozenset(run for text in texts for run in _runs(text))
        return cls(secrets, marked or Marked(), runs, tuple(sorted({len(run) for run in runs}, reverse=True)))

    @property
    def is_empty(self) -> bool:
        return not (self.secrets or self.runs)

    def holds_secret(self, text: str) -> bool:
        return any(secret in text for secret in self.secrets)

    def holds_private(self, text: str) -> bool:
        return next(self._spans(text), None) is not None

    def without(self, text: str) -> str:
        """`text` with what may not leave masked."""
        kept: list[str] = []
        at = 0
        for start, end in _joined(self._spans(text)):
            kept += [text[at:start], INSTEAD]
            at = end
        return mask("".join([*kept, text[at:]]), self.secrets)

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where private words stand, from the first character to behind the last."""
        if not self.runs:
            return
        found = list(_WORD.finditer(text))
        words = [word[0].casefold() for word in found]
        for start in range(len(words)):
            for length in self.lengths:
                run = tuple(words[start : start + length])
                if len(run) == length and run in self.runs:
                    yield found[start].start(), found[start + length - 1].end()
                    break


NOTHING = Withheld()


def withheld(session: Session, settings: Settings | None = None) -> Withheld:
    """As of now; without `settings` what is private alone."""
    secrets = secret_values(settings) if settings is not None else frozenset()
    return Withheld.of(private.texts(session), secrets, private.marked(session))


def _runs(text: str) -> Iterator[Run]:
    words = tuple(word.casefold() for word in _WORD.findall(text))
    for start in range(max(len(words) - RUN, 0) + 1):
        run = words[start : start + RUN]
        if _tells(run):
            yield run


def _tells(run: Collection[str]) -> bool:
    return len(content(" ".join(run))) >= max(2, min(TELLING, len(run)))


def _joined(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in order, those that overlap or touch as one."""
    held: tuple[int, int] | None = None
    for start, end in spans:
        if held is not None and start <= held[1]:
            held = (held[0], max(held[1], end))
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held
