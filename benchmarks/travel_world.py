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
"""What the wishes are worth that a traveller holds, dearest first; an offer is worth those that it fulfils."""
TOWNS = (
    "arles",
    "bergen",
    "cork",
    "delft",
    "evora",
    "faro",
    "ghent",
    "graz",
    "lugano",
    "malmo",
    "nantes",
    "oulu",
    "porto",
    "riga",
    "siena",
    "tartu",
)
OFFERS = 4
LEAST_BEST = 8
"""What the best offer is worth at least: a search that finds it is worth its while."""
ENOUGH = 5
"""What an offer is worth that a traveller takes at once: the dearest wish, or both others."""
PATIENCE = {"short": 2, "some": 3, "long": 4}
"""How many messages of an assistant a traveller hears out."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A journey that can be had: its town, and one value for each slot."""

    town: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`wishes` are one value for each slot, dearest first; `time` is a key of `PATIENCE`. Both are the traveller's own."""

    offers: tuple[Offer, ...]
    wishes: tuple[str, ...]
    time: str

    @property
    def key(self) -> str:
        """All of it as words, which `scenario_of` reads again."""
        offers = ";".join(" ".join((offer.town, *offer.values)) for offer in self.offers)
        return f"{self.time}|{' '.join(self.wishes)}|{offers}"

    def worth(self, offer: Offer) -> int:
        """The points of an offer, of 10."""
        return sum(weight for wish, weight in zip(self.wishes, WEIGHTS, strict=True) if wish in offer.values)

    def score(self, town: str | None) -> float:
        """What was agreed on, over the best on offer, in [0, 1]: 0 without an agreement, or for a town not on offer."""
        best = max(self.worth(offer) for offer in self.offers)
        return next((self.worth(offer) / best for offer in self.offers if offer.town == town), 0.0)


def scenario_of(key: str) -> Scenario:
    """What `key` spells."""
    time, wishes, offers = key.split("|")
    words = [offer.split() for offer in offers.split(";")]
    return Scenario(tuple(Offer(town, tuple(values)) for town, *values in words), tuple(wishes.split()), time)


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
    """Some scenario of a part. The offers differ, and one of them is worth at least `LEAST_BEST`."""
    slots = list(SLOTS.values())
    while part_of(wishes := tuple(chance.choice(slot) for slot in chance.sample(slots, len(slots)))) != part:
        pass
    time = chance.choice(list(PATIENCE))
    while True:
        values = [tuple(chance.choice(slot) for slot in slots) for _ in range(OFFERS)]
        offers = tuple(Offer(town, one) for town, one in zip(chance.sample(TOWNS, OFFERS), values, strict=True))
        found = Scenario(offers, wishes, time)
        if max(map(found.worth, offers)) >= LEAST_BEST and len(set(values)) == OFFERS:
            return found


def slot_of(value: str) -> str:
    """The slot whose value this is.

    Raises: KeyError for another word.
    """
    return _SLOT_OF[value]


_SLOT_OF = {value: slot for slot, values in SLOTS.items() for value in values}
