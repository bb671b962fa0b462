"""Drills: short questions about what a system message says, which teach a small model to look things up before it talks.

A few million words of small talk would teach it, too; a model that is to be ready in minutes learns it sooner by itself.
Drills hold no move of the game, no reward and no description. `travel` mixes them with its dialogues.
"""

from __future__ import annotations

from random import Random

import numpy as np

from benchmarks.games.scratch_model import Conversation, Role
from benchmarks.travel_dialogues import YES, opening, spelled
from benchmarks.travel_world import RANKS, SLOTS, VALUES, Scenario, drawn, slot_of

QUESTIONS = 6
"""In a drill."""


def drill(generator: np.random.Generator) -> Conversation:
    """Questions of one kind, over some scenario of training."""
    chance = Random(int(generator.integers(2**62)))
    scenario = drawn(chance, "train")
    kind = chance.choice((_echo, _fulfils, _wish))
    messages: list[tuple[Role, str]] = [] if kind is _echo else opening(scenario, is_assistant=False)[:1]
    for _ in range(QUESTIONS if kind is not _echo else 2):
        asked, answer = kind(scenario, chance)
        messages += [("user", asked), ("assistant", answer)]
    return Conversation(tuple(messages))


def _echo(_scenario: Scenario, chance: Random) -> tuple[str, str]:
    """The same again."""
    words = " ".join(chance.sample([*SLOTS, *RANKS, *VALUES], 8))
    return words, words


def _fulfils(scenario: Scenario, chance: Random) -> tuple[str, str]:
    """Whether a journey fulfils a wish."""
    journey = tuple(chance.choice(values) for values in scenario.offers)
    return spelled(journey), YES if any(wish in journey for wish in scenario.wishes) else "no"


def _wish(scenario: Scenario, chance: Random) -> tuple[str, str]:
    """What is wished of a slot, or how dearly."""
    rank, wish = chance.choice(list(zip(RANKS, scenario.wishes, strict=True)))
    if chance.random() < 0.5:
        return slot_of(wish), wish
    return rank, f"{slot_of(wish)} {wish}"
