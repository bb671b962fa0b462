"""Scripted dialogues about a journey, and how a model reads them: assistants of mixed temper, travellers of mixed patience.

Some assistants guess at once, some ask without end, some ask what matters, mind the time and sum up what they heard
before they propose; a model of all of them is an average assistant. A description says only what an onlooker could
write down of a reply: never a wish that was not said, nor what a journey is worth. `travel` trains its model on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from benchmarks.games.scratch_model import Conversation, Role
from benchmarks.travel_world import PATIENCE, RANKS, SLOTS, VALUES, Journey, Scenario, drawn, slot_of

OPEN = "begin"
"""What the traveller hears first."""
DESCRIPTIONS = ("asks-most", "asks-detail", "proposes", "warm", "plain")
"""What a reply does, and in which tone: two are true of each."""
YES, AWAY = "yes", "elsewhere"
"""Words that a traveller says only when it takes a journey, and when it leaves without one: both end the talk."""
_HELLO = ("i want to get away", "i need a few days off")
_TIME = {"short": "but have little time", "some": "soon", "long": "and there is no hurry"}
_MOST = "what matters most ?"
_DETAIL = {slot: f"which {slot} do you like ?" for slot in SLOTS}
_REFUSES = ("no , not that one", "no , something else")
_WARM = "gladly ,"


@dataclass(frozen=True, slots=True)
class Temper:
    """How likely an assistant is to ask while there is something to ask, and what matters most first of all; whether it
    minds how much time there is."""

    asks: float
    most: float
    is_mindful: bool


TEMPERS = ((0.35, Temper(0.1, 0.3, False)), (0.3, Temper(0.85, 0.3, False)), (0.35, Temper(0.95, 0.95, True)))
"""The share of each among assistants: the hasty, the curious, the careful."""


@dataclass(slots=True)
class Assistant:
    """Someone who knows what is on offer, hears what the traveller says, and is of its temper."""

    scenario: Scenario
    temper: Temper
    chance: Random
    heard: dict[str, str] = field(default_factory=dict)
    """What was said to be wanted, by its slot."""
    refused: set[Journey] = field(default_factory=set)
    said: int = 0
    has_asked_most: bool = False

    def reply(self) -> tuple[str, Journey | None]:
        """A question, or a proposal and its journey."""
        self.said += 1
        warm = f"{_WARM} " if self.chance.random() < 0.3 else ""
        if self._is_to_ask():
            return warm + self._question(), None
        said, journey = self._proposal()
        return warm + said, journey

    def _is_to_ask(self) -> bool:
        left = PATIENCE[self.scenario.time] - self.said
        if len(self.heard) == len(SLOTS) or (self.temper.is_mindful and left < 1):
            return False
        return self.chance.random() < self.temper.asks

    def _question(self) -> str:
        if not self.has_asked_most and not self.heard and self.chance.random() < self.temper.most:
            self.has_asked_most = True
            return _MOST
        return _DETAIL[self.chance.choice([slot for slot in SLOTS if slot not in self.heard])]

    def _proposal(self) -> tuple[str, Journey]:
        """What was heard is kept to, and summed up first."""
        recap = f"so {' and '.join(f'{slot} {value}' for slot, value in self.heard.items())} , " if self.heard else ""
        while True:
            journey = tuple(
                self.heard.get(slot) or self.chance.choice(values)
                for slot, values in zip(SLOTS, self.scenario.offers, strict=True)
            )
            if journey not in self.refused:
                return f"{recap}how about {spelled(journey)}", journey


@dataclass(slots=True)
class Traveller:
    """Someone who knows the wishes and answers what is asked, for as long as there is time."""

    scenario: Scenario
    chance: Random
    heard: int = 0

    def opening(self) -> str:
        """What the talk begins with."""
        return f"{self.chance.choice(_HELLO)} {_TIME[self.scenario.time]}"

    def answer(self, said: str, journey: Journey | None) -> str:
        """To a question, or to a proposal: one is taken that fulfils a wish."""
        self.heard += 1
        if journey is not None and any(wish in journey for wish in self.scenario.wishes):
            return f"{YES} , book {spelled(journey)}"
        if self.heard >= PATIENCE[self.scenario.time]:
            return f"i will look {AWAY}"
        if journey is not None:
            return self.chance.choice(_REFUSES)
        if said.endswith(_MOST):
            return f"{RANKS[0]} {slot_of(self.scenario.wishes[0])} {self.scenario.wishes[0]}"
        wish = next(wish for wish in self.scenario.wishes if said.endswith(_DETAIL[slot_of(wish)]))
        return f"{slot_of(wish)} {wish}"


def dialogue(scenario: Scenario, chance: Random) -> list[str]:
    """A talk over a scenario: what traveller and assistant say in turn, the traveller first and last."""
    temper = chance.choices([temper for _, temper in TEMPERS], [share for share, _ in TEMPERS])[0]
    assistant, traveller = Assistant(scenario, temper, chance), Traveller(scenario, chance)
    talk = [traveller.opening()]
    while True:
        said, journey = assistant.reply()
        answer = traveller.answer(said, journey)
        talk += [said, answer]
        words = answer.split()
        if YES in words or AWAY in words:
            return talk
        if journey is not None:
            assistant.refused.add(journey)
        assistant.heard |= {slot_of(word): word for word in words if word in VALUES}


def conversation(scenario: Scenario, talk: Sequence[str], *, is_assistant: bool) -> Conversation:
    """A talk as one of its sides reads it. The replies of assistants are described."""
    messages = opening(scenario, is_assistant=is_assistant)
    described = {}
    for turn, said in enumerate(talk):
        is_mine = (turn % 2 == 1) == is_assistant
        if is_assistant and is_mine:
            described[len(messages)] = described_as(said)
        messages.append(("assistant" if is_mine else "user", said))
    return Conversation(tuple(messages), described)


def opening(scenario: Scenario, *, is_assistant: bool) -> list[tuple[Role, str]]:
    """What a side's conversation begins with: what is on offer, or the wishes with what each is worth."""
    if is_assistant:
        return [("system", f"offers : {' ; '.join(' '.join(values) for values in scenario.offers)}")]
    wishes = " ".join(f"{rank} {slot_of(wish)} {wish}" for rank, wish in zip(RANKS, scenario.wishes, strict=True))
    return [("system", f"wishes : {wishes} time {scenario.time}"), ("user", OPEN)]


def described_as(said: str) -> tuple[str, ...]:
    """Every description that is true of an assistant's reply."""
    tone, words = "warm" if said.startswith(_WARM) else "plain", said.split()
    if "?" in words:
        return ("asks-most" if _MOST in said else "asks-detail", tone)
    return ("proposes", tone)


def lesson(is_assistant: bool, generator: np.random.Generator) -> Conversation:
    """A conversation to learn from, over some scenario of training, as one side reads it."""
    chance = Random(int(generator.integers(2**62)))
    scenario = drawn(chance, "train")
    return conversation(scenario, dialogue(scenario, chance), is_assistant=is_assistant)


def vocabulary() -> Iterator[Conversation]:
    """Conversations that hold every word of the game."""
    words = [*VALUES, *_HELLO, *_TIME.values(), _MOST, *_DETAIL.values(), *_REFUSES, _WARM, OPEN, *PATIENCE]
    words += [*RANKS, f"{YES} , book i will look {AWAY} so and how about offers wishes time : ;"]
    yield Conversation((("system", " ".join(words)),))


def spelled(journey: Journey) -> str:
    """Each value behind its slot."""
    return " ".join(f"{slot} {value}" for slot, value in zip(SLOTS, journey, strict=True))
