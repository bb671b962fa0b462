"""The engine without a model: it writes nothing of its own and chooses what the sources wrote best.

A story's sentences are scored by how central their words are to all of the story's texts, lightly by how early they
stand, and picked one by one so that no pick repeats another, the title, or what the reader was told before. A sentence
that two sources share is given once and cites both.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.engine.brief import Brief, Claim
from assistant.engine.contract import Capability, Message, Piece, Reply, Request, no_model, rough_length
from assistant.engine.sentences import (
    LEAST_WORDS,
    SAME_AS_TOLD,
    content,
    covered,
    reading_length,
    shorten,
    split,
    words,
)

READ_SENTENCES = 40
"""Of each text no more than so many sentences are considered: news and abstracts say it early."""
SAME_SENTENCE = 0.8
"""Two sentences of different items that share so much are one sentence with two citations."""
POSITION_SHARE = 0.35
LEANING_SHARE = 0.5
"""What a sentence that leans on the one before it ("Moreover, ...") is worth where that one is not told."""

_LEANING_WORDS = """
moreover however but and so yet thus therefore hence also furthermore additionally besides instead still nevertheless
nonetheless consequently otherwise similarly likewise meanwhile aber doch jedoch zudem außerdem dennoch deshalb daher
somit dagegen trotzdem mais donc pourtant cependant toutefois ainsi également pero además también sino tampoco
"""
_LEANING = frozenset(_LEANING_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    length: int
    content: frozenset[str]
    item_ids: tuple[int, ...]
    order: tuple[int, int]
    """(passage, position in it), in which the chosen ones are told."""

    @property
    def leans(self) -> bool:
        return words(self.text)[0] in _LEANING

    @property
    def before(self) -> tuple[int, int]:
        """The order of the sentence before it."""
        return self.order[0], self.order[1] - 1


class Extractive:
    """Ranked sentences with citations; what needs a model says so in one sentence."""

    name = "extractive"
    capabilities: frozenset[Capability] = frozenset()
    context_tokens = 0

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """A token for each three bytes: no model reads them."""
        return [rough_length(text) for text in texts]

    def count(self, messages: Sequence[Message]) -> int:
        return sum(self.lengths([message.text for message in messages]))

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        """Raises: Unavailable, always."""
        raise no_model(self.name, Capability.GENERATE, "Writing answers")

    def prepare(self, messages: Sequence[Message], session: str) -> None:
        """Nothing is kept between calls."""

    def close(self) -> None:
        """Nothing runs."""

    def stream(self, request: Request) -> Iterator[Piece]:
        """Raises: Unavailable, always."""
        raise no_model(self.name, Capability.GENERATE, "Writing an answer")

    def summarise(self, brief: Brief) -> tuple[Claim, ...]:
        """The best sentences of the passages, in the order in which they were written."""
        sentences = _merge_shared(_read(brief))
        told = [content(brief.title), *(content(text) for text in brief.known)]
        chosen = _choose(sentences, told, brief)
        return tuple(Claim(sentence.text, sentence.item_ids) for sentence in sorted(chosen, key=lambda s: s.order))


def _read(brief: Brief) -> list[_Sentence]:
    return [
        _Sentence(text, reading_length(text), content(text), (passage.item_id,), (index, position))
        for index, passage in enumerate(brief.passages)
        for position, text in enumerate(split(passage.text)[:READ_SENTENCES])
    ]


def _merge_shared(sentences: Sequence[_Sentence]) -> list[_Sentence]:
    """Sentences of different items that say the same become the first of them, citing all."""
    merged: list[_Sentence] = []
    for sentence in sentences:
        for index, other in enumerate(merged):
            if _jaccard(sentence.content, other.content) >= SAME_SENTENCE:
                item_ids = tuple(dict.fromkeys(other.item_ids + sentence.item_ids))
                merged[index] = _Sentence(other.text, other.length, other.content, item_ids, other.order)
                break
        else:
            merged.append(sentence)
    return merged


def _choose(sentences: Sequence[_Sentence], told: list[frozenset[str]], brief: Brief) -> list[_Sentence]:
    """Best first, each pick lowering what shares its words; the first one is shortened if nothing fits whole."""

    def value(sentence: _Sentence) -> float:
        shared = max((_jaccard(sentence.content, one.content) for one in chosen), default=0.0)
        stands = not sentence.leans or any(one.order == sentence.before for one in chosen)
        return worth[sentence.order] * (1 - shared) * (1.0 if stands else LEANING_SHARE)

    usable = [sentence for sentence in sentences if sentence.length >= LEAST_WORDS] or list(sentences)
    worth = _worth(usable)
    chosen: list[_Sentence] = []
    room = brief.max_words
    while usable and len(chosen) < brief.max_sentences and room > 0:
        usable = [s for s in usable if all(covered(s.content, known) < SAME_AS_TOLD for known in told)]
        best = max((sentence for sentence in usable if sentence.length <= room), key=value, default=None)
        if best is None:
            break
        chosen.append(best)
        told.append(best.content)
        room -= best.length
    if not chosen and usable and brief.max_words >= LEAST_WORDS:
        first = max(usable, key=lambda s: worth[s.order])
        text = shorten(first.text, brief.max_words)
        chosen = [_Sentence(text, reading_length(text), first.content, first.item_ids, first.order)]
    return chosen


def _worth(sentences: Sequence[_Sentence]) -> dict[tuple[int, int], float]:
    """How central and how early, both in [0, 1], by `order`; long and very short sentences earn a little less."""
    spread = Counter(word for sentence in sentences for word in sentence.content)
    weight = {word: math.log1p(count) for word, count in spread.items()}
    raw = {s.order: sum(weight[word] for word in s.content) / math.sqrt(max(s.length, 12)) for s in sentences}
    top = max(raw.values(), default=0.0) or 1.0
    return {
        s.order: (1 - POSITION_SHARE) * raw[s.order] / top
        + POSITION_SHARE / (1 + s.order[1])
        + 0.1 * (len(s.item_ids) - 1)
        for s in sentences
    }


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 1.0
