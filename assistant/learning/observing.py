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
from assistant.style.body import units, without, words_of
from assistant.style.piece import People, Piece, parse
from assistant.style.trait import Difference, Reading
from assistant.style.traits import compare, read
from memory.profile.context import Observation

LEFT = 0.5
"""How much less is shown by what the user let be than by what they did."""
MENTIONED = 0.5
"""What may have gone, or come, with the sentence it stood in, and not for its own sake."""
CUT = 0.4
"""From this share of sentences gone on, what an edit did to the rest of the form is no longer told from the cut."""
NEAR = 0.1
"""Amounts that differ by no more are the same."""
FEW = 3
"""Words that come and go with any edit."""

_LENGTHS = ("words", "sentences")
_SHAPES = ("layout", "paragraphs", "sentence_length", "heading")
"""What looks otherwise by itself where many sentences are taken away."""
_SENTENCES = ("sentence/", "stock/")
_GONE = ("no", "none")


def observe(before: str, after: str, people: People) -> list[Observation]:
    """What the edit from `before` to `after` shows: what was changed, and, weaker, what was left. Both as texts."""
    old, new = parse(before, people), parse(after, people)
    done = _active(old, new, people)
    left = _passive(old, new, people, {one.dimension for one in done})
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
class _Cut:
    """The text before with only the sentences that stayed, and which share went."""

    survivors: Piece
    share: float


def _active(old: Piece, new: Piece, people: People) -> list[Observation]:
    every = compare(old, new, people)
    cut = _cut(old, new)
    lasting = {one.dimension for one in compare(cut.survivors, new, people)} if cut.share else None
    kinds = [one for one in every if one.dimension.startswith(_SENTENCES)]
    found: list[Observation] = []
    for one in every:
        strength = _strength(one, cut, lasting, kinds)
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


def _strength(one: Difference, cut: _Cut, lasting: Collection[str] | None, kinds: Sequence[Difference]) -> float:
    """How much of a difference is the user's wish about just this, in [0, 1]."""
    if one.dimension in _LENGTHS:
        return 0.0 if _is_explained(one, kinds) else 1.0
    if one.dimension.startswith(_SENTENCES):
        return 1.0
    if lasting is None or one.dimension in lasting:
        return 1.0
    if one.dimension in _SHAPES or cut.share >= CUT:
        return 0.0
    return MENTIONED


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


def _passive(old: Piece, new: Piece, people: People, active: Collection[str]) -> list[Observation]:
    """What stands in both texts alike, and could have been changed."""
    was, cut = read(old, people), _cut(old, new)
    found: list[Observation] = []
    for name, reading in read(new, people).items():
        before = was.get(name)
        if name in active or before is None or not _alike(before, reading):
            continue
        if cut.share >= CUT and name in _SHAPES:
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


def _cut(old: Piece, new: Piece) -> _Cut:
    before, after = units(old), units(new)
    gone = aligned([one.text for one in before], [one.text for one in after]).gone
    if not gone:
        return _Cut(old, 0.0)
    dropped = frozenset((before[number].block, before[number].part) for number in gone)
    return _Cut(without(old, dropped), len(gone) / len(before))


def _size(dimension: str) -> Callable[[str], int]:
    """What a sentence counts for in that length."""
    return (lambda quote: 1 if quote else 0) if dimension == "sentences" else words_of


def _amount(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
