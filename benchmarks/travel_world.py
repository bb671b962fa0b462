"""The world of the travel game: what is on offer, what a traveller privately wants, and the exact score of a journey.

All words are the project's own. A scenario is drawn from a seed; scenarios are parted by the traveller's wishes, so that
nobody who wants the same in the same order is in two parts. It knows no dialogue and no model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from benchmarks.games.contest import Part

SLOTS = {
    "place": ("sea", "hills", "city", "lake"),
    "way": ("train", "plane", "bus", "ferry"),
    "stay": ("hotel", "cabin", "flat", "tent"),
}
WEIGHTS = (5, 3, 2)
"""What the wishes are worth that a traveller holds, dearest first; a journey is worth those that it fulfils."""
ON_OFFER = 3
"""Values of each slot that can be had."""
PATIENCE = {"short": 2, "some": 3, "long": 4}
"""How many messages of an assistant a traveller hears out."""

RANKS = ("most", "then", "least")
"""How a traveller calls its wishes, dearest first."""

Journey = tuple[str, ...]
"""One value for each slot."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`offers` are the values that can be had of each slot, which the assistant alone knows. `wishes` are one of them for
    each slot, dearest first; `time` is a key of `PATIENCE`. Both are the traveller's own."""

    offers: tuple[tuple[str, ...], ...]
    wishes: tuple[str, ...]
    time: str

    @property
    def key(self) -> str:
        """All of it as words, which `scenario_of` reads again."""
        return f"{self.time}|{' '.join(self.wishes)}|{';'.join(' '.join(values) for values in self.offers)}"

    def score(self, journey: Journey | None) -> float:
        """What was agreed on, over the best that can be had, in [0, 1]: 0 without an agreement, or for what cannot be had."""
        if journey is None or not all(one in values for one, values in zip(journey, self.offers, strict=True)):
            return 0.0
        return sum(weight for wish, weight in zip(self.wishes, WEIGHTS, strict=True) if wish in journey) / sum(WEIGHTS)


def scenario_of(key: str) -> Scenario:
    """What `key` spells."""
    time, wishes, offers = key.split("|")
    return Scenario(tuple(tuple(values.split()) for values in offers.split(";")), tuple(wishes.split()), time)


def part_of(wishes: Sequence[str]) -> Part:
    """8 of 10 lists of wishes train, one validates, one is held out: by a hash, so that it never changes."""
    place = int.from_bytes(blake2b(" ".join(wishes).encode(), digest_size=4).digest(), "big") % 10
    return "validation" if place == 8 else "held_out" if place == 9 else "train"


def scenarios(part: Part, *, seed: int) -> Iterator[Scenario]:
    """Scenarios of a part without end, the same for the same seed. Each patience is as likely as the others."""
    chance = Random(f"{part} {seed}")
    while True:
        yield drawn(chance, part)


def drawn(chance: Random, part: Part) -> Scenario:
    """Some scenario of a part. What is wished can be had."""
    offers = tuple(tuple(chance.sample(values, ON_OFFER)) for values in SLOTS.values())
    while part_of(wishes := tuple(chance.choice(values) for values in chance.sample(offers, len(offers)))) != part:
        pass
    return Scenario(offers, wishes, chance.choice(list(PATIENCE)))


def slot_of(value: str) -> str:
    """The slot whose value this is.

    Raises: KeyError for another word.
    """
    return _SLOT_OF[value]


def journey_in(words: Sequence[str]) -> Journey | None:
    """The journey that a message names: the last value of each slot, or none where a slot has no value."""
    named = {slot_of(word): word for word in words if word in _SLOT_OF}
    return tuple(named[slot] for slot in SLOTS) if len(named) == len(SLOTS) else None


VALUES = tuple(value for values in SLOTS.values() for value in values)
_SLOT_OF = {value: slot for slot, values in SLOTS.items() for value in values}
