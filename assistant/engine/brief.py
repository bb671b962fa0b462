"""What a digest asks to be written of one story, and what it gets: sentences, each with the items it stands on.

`extractive` and `cited` (a model that is checked) answer it; `digest.write` asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_SENTENCES = 3
"""Of a digest's entry, unless its reader wants another number."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to write from, and the item it belongs to."""

    item_id: int
    title: str
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence and the items it stands on: never none."""

    text: str
    item_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What to write of one story: from `passages`, in at most `max_words` and `max_sentences`, without repeating what is
    `known`. `wishes` say in phrases how it is to be written, to who can follow them."""

    title: str
    passages: Sequence[Passage]
    max_words: int
    max_sentences: int = MAX_SENTENCES
    known: Sequence[str] = field(default=())
    wishes: Sequence[str] = field(default=())
