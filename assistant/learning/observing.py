"""What an edit shows of the user's taste: from two texts to observations, trait by trait, each cause named once.

A text cut to a third teaches its length, and not the layout that its few sentences happen to have; a fact put right
teaches nothing. It knows no row and no context: `teaching` keeps what comes from here. Texts are looked at, never obeyed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from assistant.learning.alignment import aligned
from assistant.learning.corrections import is_correction
from assistant.learning.screening import is_of_form
from assistant.style.body import Unit, units, without, words_of
from assistant.style.piece import People, Piece, parse
from assistant.style.trait import Difference, Reading
from assistant.style.traits import compare, read
from memory.profile.context import Observation
from memory.profile.lengths import LENGTHS

LEFT = 0.5
"""How much less is shown by what the user let be than by what they did."""
MENTIONED = 0.5
"""What may have gone, or come, with the sentence it stood in, and not for its own sake."""
ADDED = 0.3
"""What a sentence that was put in happens to have, and no other of the text shows."""
CUT = 0.4
"""From this share of sentences gone on, what an edit did to the rest of the form is no longer told from the cut."""
NEAR = 0.1
"""Amounts that differ by no more are the same."""
FEW = 3
"""Words that come and go with any edit."""

_SHAPES = ("layout", "paragraphs", "sentence_length", "heading")
"""What looks otherwise by itself where many sentences are taken away."""
STANDING = "stock/"
_SENTENCES = ("sentence/", STANDING)
_BY_WORD = ("spelling", "dates", "times", "numbers", "thousands")
_WORDINGS = (*_BY_WORD, "contractions", "person", "formality", "emoji", "exclamation")
_MARKS = ("emoji", "exclamation")
"""Nobody sets these without meaning to."""
_GONE = ("no", "none")


def observe(before: str, after: str, people: People, known: Collection[str] | None = None) -> list[Observation]:
    """What the edit from `before` to `after` shows: what was changed, and, weaker, what was left. Both as texts.

    With `known`, the standing sentences (dimensions) that ever held, another one that was taken out was content.
    """
    old, new = parse(before, people), parse(after, people)
    change = _change(before, old, new, people, known)
    done = _active(change)
    left = _passive(old, new, people, change)
    return [one for one in (*done, *left) if is_of_form(one)]


def observe_own(text: str, people: People) -> list[Observation]:
    """What a text of the user's own shows: each of its traits was their choice."""
    shown = (_shown(name, reading, is_active=True) for name, reading in read(parse(text, people), people).items())
    return [one for one in shown if is_of_form(one)]


def accepted(text: str, people: People) -> list[Observation]:
    """What a text shows that the user approved as it was."""
    left = (_left(name, reading) for name, reading in read(parse(text, people), people).items())
    return [one for one in left if is_of_form(one)]


@dataclass(frozen=True, slots=True)
class _Change:
    """An edit as it is looked at: all that differs, and what of its form does so for the sake of whole sentences."""

    before: str
    every: Sequence[Difference]
    lasting: Collection[str]
    """What of form differs even beside what stayed of the text before."""
    cut: float
    """The share of sentences that went."""
    brought: Collection[str]
    """What of form differs by nothing but sentences that were put in between those that stayed."""
    added: Sequence[str]

    @property
    def kinds(self) -> list[Difference]:
        return [one for one in self.every if one.dimension.startswith(_SENTENCES)]


def _change(before: str, old: Piece, new: Piece, people: People, known: Collection[str] | None) -> _Change:
    every = [one for one in compare(old, new, people) if known is None or not _is_content(one, known)]
    of_form = {one.dimension for one in every if not _is_of_sentences(one.dimension)}
    was, now = units(old), units(new)
    found = aligned([one.text for one in was], [one.text for one in now])
    lasting, brought = of_form, set[str]()
    if found.gone and of_form:
        lasting = of_form & _changed(_without(old, was, found.gone), new, people, of_form)
    if found.new and len(found.new) * 2 <= len(now) and of_form:
        brought = of_form - _changed(old, _without(new, now, found.new), people, of_form)
    added = [now[number].text for number in found.new]
    return _Change(before.casefold(), every, lasting, len(found.gone) / max(len(was), 1), brought, added)


def _changed(before: Piece, after: Piece, people: People, dimensions: Collection[str]) -> set[str]:
    """Which dimensions differ, of these and others of the same traits: what no edit changed need not be read again."""
    return {one.dimension for one in compare(before, after, people, dimensions)}


def _is_content(one: Difference, known: Collection[str]) -> bool:
    """Whether it is a sentence taken out that no text was ever given: what makes a text shorter, and no habit."""
    return one.dimension.startswith(STANDING) and one.after.value in _GONE and one.dimension not in known


def _is_of_sentences(dimension: str) -> bool:
    """Whether it is about sentences that come and go, which are its own cause."""
    return dimension in LENGTHS or dimension.startswith(_SENTENCES)


def _without(piece: Piece, every: Sequence[Unit], numbers: Sequence[int]) -> Piece:
    return without(piece, frozenset((every[number].block, every[number].part) for number in numbers))


def _active(change: _Change) -> list[Observation]:
    found: list[Observation] = []
    for one in change.every:
        strength = _strength(one, change)
        if strength > 0 and not is_correction(one):
            found.append(
                Observation(
                    dimension=one.dimension,
                    value=one.after.value,
                    amount=one.after.amount,
                    before=one.before,
                    strength=min(1.0, one.after.strength * strength),
                    quote_before=one.quote_before,
                    quote_after=one.after.quote,
                )
            )
    return found


def _strength(one: Difference, change: _Change) -> float:
    """How much of a difference is the user's wish about just this, in [0, 1]."""
    if one.dimension in LENGTHS:
        if _is_explained(one, change.kinds):
            return 0.0
        return MENTIONED if _is_of_added(one, change.added) else 1.0
    if one.dimension.startswith(_SENTENCES):
        return 1.0
    if one.dimension in change.brought:
        return 0.0 if one.dimension in _SHAPES else MENTIONED if one.dimension in _MARKS else ADDED
    if one.dimension not in change.lasting:
        return 0.0 if one.dimension in _SHAPES or change.cut >= CUT else MENTIONED
    if one.dimension in _WORDINGS and not one.before and one.after.quote.casefold() in change.before:
        return 0.0 if one.dimension in _BY_WORD else MENTIONED  # what shows it stood there: only what hid it went
    return 1.0


def _is_explained(one: Difference, kinds: Sequence[Difference]) -> bool:
    """Whether another length comes of the sentences that were put in or taken out for what they are."""
    before, after = _amount(one.before), one.after.amount
    if before is None or after is None or not kinds:
        return False
    size = _size(one.dimension)
    came = {kind.after.quote for kind in kinds if kind.after.value not in _GONE}
    went = {kind.quote_before for kind in kinds if kind.after.value in _GONE}
    explained = sum(map(size, came)) - sum(map(size, went))
    few = FEW if one.dimension == "words" else 0
    return abs(after - before - explained) <= max(few, NEAR * before)


def _is_of_added(one: Difference, added: Sequence[str]) -> bool:
    """Whether a text became longer by what the user had to add to it: perhaps they just had more to say."""
    before, after = _amount(one.before), one.after.amount
    if before is None or after is None or after <= before:
        return False
    return sum(map(_size(one.dimension), added)) >= (1 - NEAR) * (after - before)


def _passive(old: Piece, new: Piece, people: People, change: _Change) -> list[Observation]:
    """What stands in both texts alike, and could have been changed."""
    was, done = read(old, people), {one.dimension for one in change.every}
    found: list[Observation] = []
    for name, reading in read(new, people).items():
        before = was.get(name)
        if name in done or before is None or not _alike(before, reading):
            continue
        if change.cut >= CUT and name in _SHAPES:
            continue
        found.append(_left(name, reading))
    return found


def _shown(name: str, reading: Reading, *, is_active: bool) -> Observation:
    return Observation(
        dimension=name,
        value=reading.value,
        amount=reading.amount,
        before="" if is_active else reading.value,
        is_active=is_active,
        strength=reading.strength,
        quote_after=reading.quote,
    )


def _left(name: str, reading: Reading) -> Observation:
    return replace(_shown(name, reading, is_active=False), strength=reading.strength * LEFT)


def _alike(one: Reading, other: Reading) -> bool:
    if one.amount is None or other.amount is None:
        return one.value == other.value
    return abs(one.amount - other.amount) <= NEAR * max(one.amount, other.amount, 1.0)


def _size(dimension: str) -> Callable[[str], int]:
    """What a sentence counts for in that length."""
    return (lambda quote: 1 if quote else 0) if dimension == "sentences" else words_of


def _amount(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
