"""How much is said: the points that have room in a learned length, and as many sentences of the items as it asks for.

Points come first and in the user's order; what frames the matter ("Thanks for your mail.") is left out first, what answers a
question of the mail last. Pure functions of material; `compose` asks, perhaps twice, as the form itself adds and takes sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.drafting import defaults, gaps
from assistant.drafting.material import Material, Statement
from assistant.engine.brief import Brief, Claim, Passage
from assistant.engine.extractive import Extractive
from assistant.engine.sentences import content, reading_length, split
from assistant.engine.support.inflection import same_word
from assistant.style.kinds import FRAMING, kind_of
from assistant.style.trait import Form, Setting

UNBOUNDED = 100_000
WORDS_OVER = 1.15
"""A length in words is met about: a sentence is not cut for it."""
LEAST_POINTS = 1
ABOUT_SHARE = 0.5
"""A sentence with so many of the words that the draft is about is on it."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long the body is to be: in sentences or in words; neither where nothing was learned."""

    sentences: int | None = None
    words: int | None = None

    @classmethod
    def of(cls, form: Form) -> Length:
        return cls(_amount(form.get("sentences")), _amount(form.get("words")))

    def missing(self, sentences: int, words: int) -> int:
        """How many sentences, or words, a text of this size lacks; fewer than 0 where it is too long."""
        if self.sentences is not None:
            return self.sentences - sentences
        if self.words is None:
            return 0
        return min(0, round(WORDS_OVER * self.words) - words)

    def more(self, amount: int) -> Length:
        """With room for so much more, or less."""
        if self.sentences is not None:
            return Length(sentences=max(self.sentences + amount, LEAST_POINTS))
        return self if self.words is None else Length(words=max(self.words + amount, LEAST_POINTS))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is said, in order, and how many of the user's points are not. `has_more`: more room would be filled."""

    said: tuple[Statement, ...]
    left_out: int = 0
    has_more: bool = False


def choose(material: Material, length: Length) -> Chosen:
    """The statements that have room in `length`, then sentences of the passages for what room is left."""
    kept = _kept(material, length)
    left_out = len(material.statements) - len(kept)
    if left_out or not material.passages:
        return Chosen(kept, left_out, left_out > 0)
    return Chosen((*kept, *_extracted(material, kept, length)), has_more=True)


def _kept(material: Material, length: Length) -> tuple[Statement, ...]:
    statements = material.statements
    answers = {
        index
        for index, one in enumerate(statements)
        if any(gaps.touches(one.text, question, material.language) for question in material.questions)
    }
    frames = {index for index, one in enumerate(statements) if kind_of(one.text) in FRAMING}
    order = sorted(range(len(statements)), key=lambda index: (index in frames, index not in answers, index))
    if length.sentences is not None:
        chosen = set(order[: max(length.sentences, LEAST_POINTS)])
    elif length.words is not None:
        chosen, room = set(order[:LEAST_POINTS]), WORDS_OVER * length.words
        room -= sum(reading_length(statements[index].text) for index in chosen)
        for index in order[LEAST_POINTS:]:
            room -= reading_length(statements[index].text)
            if room < 0:
                break
            chosen.add(index)
    else:
        chosen = set(order)
    return tuple(one for index, one in enumerate(statements) if index in chosen)


def _extracted(material: Material, kept: Sequence[Statement], length: Length) -> list[Statement]:
    """Sentences of the items, in the order in which they were written: of those on what it is about the most central ones,
    then of the others."""
    if length.sentences is not None:
        most, words = length.sentences - len(kept), UNBOUNDED
    elif length.words is not None:
        told = sum(reading_length(one.text) for one in kept)
        most, words = UNBOUNDED, round(WORDS_OVER * length.words) - told
    else:
        most, words = defaults.sentences_from_items(material.kind), UNBOUNDED
    if most < 1 or words < 1:
        return []
    known = [one.text for one in kept]
    on_it = Extractive().summarise(_brief(_narrowed(material), words, most, known))
    words -= sum(reading_length(claim.text) for claim in on_it)
    known += [claim.text for claim in on_it]
    others: Sequence[Claim] = ()
    if len(on_it) < most and words > 0:
        others = Extractive().summarise(_brief(material.passages, words, most - len(on_it), known))
    places = {claim: _place(claim, material.passages) for claim in (*on_it, *others)}
    return [
        Statement(text=claim.text, origin="item", item_ids=claim.item_ids)
        for claim in sorted(places, key=lambda claim: places[claim])
    ]


def _brief(passages: Sequence[Passage], words: int, sentences: int, known: Sequence[str]) -> Brief:
    return Brief(title="", passages=passages, max_words=words, max_sentences=sentences, known=known)


def _narrowed(material: Material) -> list[Passage]:
    """What the items say on what the draft is about; nothing where that was not said."""
    wanted = content(material.about)
    if not material.about or not wanted:
        return []
    narrowed = []
    for passage in material.passages:
        every = split(passage.text)
        text = "\n\n".join(one for one in every if _is_on(one, wanted, passage.language))
        narrowed.append(replace(passage, text=text))
    return [passage for passage in narrowed if passage.text]


def _is_on(sentence: str, wanted: frozenset[str], language: str) -> bool:
    said = content(sentence)
    found = [word for word in wanted if any(word == other or same_word(word, other, language) for other in said)]
    return len(found) >= ABOUT_SHARE * len(wanted)


def _place(claim: Claim, passages: Sequence[Passage]) -> tuple[int, int]:
    """Which passage a sentence stands in, and where."""
    for number, passage in enumerate(passages):
        if passage.item_id in claim.item_ids:
            place = " ".join(passage.text.split()).find(claim.text)
            return number, place if place >= 0 else len(passage.text)
    return len(passages), 0


def _amount(setting: Setting | None) -> int | None:
    if setting is None:
        return None
    if setting.amount is not None:
        return max(round(setting.amount), LEAST_POINTS)
    return max(int(setting.value), LEAST_POINTS) if setting.value.isdecimal() else None
