"""Drills: short questions about what a system message says, which teach a small model to look things up before it talks.

A few million words of small talk would teach it, too; a model that is to be ready in minutes learns it sooner by itself.
Drills hold no move of the game, no reward and no description. `travel` mixes them with its dialogues.
"""

from __future__ import annotations

from random import Random

import numpy as np

from benchmarks.games.scratch_model import Conversation, Role
from benchmarks.travel_dialogues import opening
from benchmarks.travel_world import SLOTS, TOWNS, WEIGHTS, Scenario, drawn

QUESTIONS = 5
"""In a drill."""


def drill(generator: np.random.Generator) -> Conversation:
    """Questions of one kind, over some scenario of training."""
    chance = Random(int(generator.integers(2**62)))
    scenario = drawn(chance, "train")
    kind = chance.choice((_echo, _values, _town, _weight))
    is_assistant = kind is not _weight
    messages: list[tuple[Role, str]] = [] if kind is _echo else opening(scenario, is_assistant=is_assistant)[:1]
    for _ in range(QUESTIONS):
        asked, answer = kind(scenario, chance)
        messages += [("user", asked), ("assistant", answer)]
    return Conversation(tuple(messages))


def _echo(_scenario: Scenario, chance: Random) -> tuple[str, str]:
    """The same again."""
    words = " ".join(chance.sample([*TOWNS, *_VALUES], 4))
    return words, words


def _values(scenario: Scenario, chance: Random) -> tuple[str, str]:
    """What a town offers."""
    offer = chance.choice(scenario.offers)
    return offer.town, " ".join(offer.values)


def _town(scenario: Scenario, chance: Random) -> tuple[str, str]:
    """Which town offers most of some values."""
    offer = chance.choice(scenario.offers)
    asked = chance.sample(offer.values, chance.choice((1, 2, 3)))
    best = max(scenario.offers, key=lambda one: sum(value in one.values for value in asked))
    return " and ".join(asked), best.town


def _weight(scenario: Scenario, chance: Random) -> tuple[str, str]:
    """What a value is worth to the traveller."""
    asked = chance.choice([*scenario.wishes, chance.choice(_VALUES)])
    if asked not in scenario.wishes:
        return asked, "no"
    return asked, str(WEIGHTS[scenario.wishes.index(asked)])


_VALUES = [value for values in SLOTS.values() for value in values]
