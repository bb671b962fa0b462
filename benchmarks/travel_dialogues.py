"""Scripted dialogues about a journey, and how a model reads them: assistants of mixed skill, travellers of mixed patience.

Some assistants propose at once, some ask without end, a few ask what matters, mind the time and sum up what they heard
before they propose; a model of all of them is an average assistant. A description says only what an onlooker could
write down of a reply: never a wish that was not said, nor what an offer is worth. `travel` trains its model on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from benchmarks.games.scratch_model import Conversation, Role
from benchmarks.travel_world import ENOUGH, PATIENCE, SLOTS, TOWNS, WEIGHTS, Offer, Scenario, drawn, slot_of

OPEN, OVER = "begin", "<over>"
"""What the traveller hears first, and what an assistant says when the talk is over."""
DESCRIPTIONS = ("asks", "asks-most", "asks-detail", "proposes", "recaps", "ends", "warm", "brief")
YES, AWAY = "yes", "elsewhere"
"""Words that a traveller says only when it takes an offer, and when it leaves without one."""
_HELLO = ("i want to get away", "i need a few days off")
_TIME = {"short": "but i have little time", "some": "", "long": "and there is no hurry"}
_MOST = ("what matters most to you ?", "what do you want above all ?")
_DETAIL = {
    "place": "where do you like to be ?",
    "way": "how do you want to travel ?",
    "stay": "where do you want to sleep ?",
}
_PROPOSES = ("how about", "there is", "i can offer")
_REFUSES = ("no , not that one", "no , something else")
_WARM = "gladly ,"
_BRIEF = 6
"""Words of a reply that is brief."""


@dataclass(frozen=True, slots=True)
class Skill:
    """How likely an assistant is to ask while there is something to ask, what matters most above all, and to sum up what
    was said before it proposes; whether it minds how much time there is."""

    asks: float
    most: float
    recaps: float
    is_mindful: bool


SKILLS = ((0.45, Skill(0.1, 0.2, 0.2, False)), (0.4, Skill(0.75, 0.15, 0.4, False)), (0.15, Skill(0.9, 0.9, 0.9, True)))
"""The share of each among assistants."""


@dataclass(slots=True)
class Assistant:
    """Someone who knows the offers, hears what the traveller says, and is as skilled as it is."""

    scenario: Scenario
    skill: Skill
    chance: Random
    heard: dict[str, float] = field(default_factory=dict)
    """What was said to be wanted, and how much it seems to be worth."""
    refused: set[str] = field(default_factory=set)
    said: int = 0
    has_asked_most: bool = False

    def reply(self) -> tuple[str, Offer | None]:
        """A question, or a proposal and the offer it makes."""
        self.said += 1
        warm = f"{_WARM} " if self.chance.random() < 0.2 else ""
        if self._is_to_ask():
            return warm + self._question(), None
        return self._proposal(warm)

    def _is_to_ask(self) -> bool:
        left = PATIENCE[self.scenario.time] - self.said
        unknown = len(SLOTS) - len(self.heard)
        if not unknown or (self.skill.is_mindful and (left < 1 or (left < 2 and self.heard))):
            return False
        return self.chance.random() < self.skill.asks

    def _question(self) -> str:
        if not self.has_asked_most and self.chance.random() < self.skill.most:
            self.has_asked_most = True
            return self.chance.choice(_MOST)
        known = {slot_of(value) for value in self.heard}
        return _DETAIL[self.chance.choice([slot for slot in SLOTS if slot not in known])]

    def _proposal(self, warm: str) -> tuple[str, Offer]:
        left = [offer for offer in self.scenario.offers if offer.town not in self.refused]
        recap = ""
        if self.heard and self.chance.random() < self.skill.recaps:
            recap = f"so {' and '.join(self.heard)} , "
            worth = [sum(self.heard.get(value, 0.0) for value in offer.values) for offer in left]
            left = [offer for offer, one in zip(left, worth, strict=True) if one == max(worth)]
        elif self.heard and self.chance.random() < 0.5:
            wanted = self.chance.choice(list(self.heard))
            left = [offer for offer in left if wanted in offer.values] or left
        offer = self.chance.choice(left)
        lead = self.chance.choice(_PROPOSES)
        return f"{warm}{recap}{lead} {offer.town} : {' '.join(offer.values)}", offer


@dataclass(slots=True)
class Traveller:
    """Someone who knows the wishes and answers what is asked, for as long as there is time."""

    scenario: Scenario
    chance: Random
    heard: int = 0

    def opening(self) -> str:
        """What the talk begins with."""
        return f"{self.chance.choice(_HELLO)} {_TIME[self.scenario.time]}".strip()

    def answer(self, said: str, offer: Offer | None) -> str:
        """To a question, or to the offer of a proposal."""
        self.heard += 1
        if offer is not None and self.scenario.worth(offer) >= ENOUGH:
            return f"{YES} , book {offer.town}"
        if self.heard >= PATIENCE[self.scenario.time]:
            return f"i will look {AWAY}"
        if offer is not None:
            return self.chance.choice(_REFUSES)
        if any(one in said for one in _MOST):
            return self.chance.choice(
                (f"{self.scenario.wishes[0]} above all", f"most of all {self.scenario.wishes[0]}")
            )
        slot = next(slot for slot, one in _DETAIL.items() if one in said)
        wish = next(wish for wish in self.scenario.wishes if slot_of(wish) == slot)
        return f"it has to be {wish}" if self._weight(wish) >= 3 else f"{wish} if possible"

    def _weight(self, wish: str) -> int:
        return WEIGHTS[self.scenario.wishes.index(wish)]


def dialogue(scenario: Scenario, chance: Random) -> list[str]:
    """A talk over a scenario: what traveller and assistant say in turn, the traveller first, up to `OVER`."""
    skill = chance.choices([skill for _, skill in SKILLS], [share for share, _ in SKILLS])[0]
    assistant, traveller = Assistant(scenario, skill, chance), Traveller(scenario, chance)
    talk = [traveller.opening()]
    while len(assistant.refused) < len(scenario.offers):
        said, offer = assistant.reply()
        answer = traveller.answer(said, offer)
        talk += [said, answer]
        if YES in answer.split() or AWAY in answer.split():
            break
        if offer is not None:
            assistant.refused.add(offer.town)
        for word in answer.split():
            if word in _VALUES:
                assistant.heard[word] = 5.0 if "all" in answer.split() else 4.0 if "has" in answer.split() else 2.0
    return [*talk, OVER]


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
    """What a side's conversation begins with: the offers, or the wishes with what each is worth."""
    if is_assistant:
        offers = " ".join(f"{' '.join(offer.values)} {offer.town}" for offer in scenario.offers)
        return [("system", f"offers : {offers}")]
    wishes = " ".join(f"{weight} {wish}" for weight, wish in zip(WEIGHTS, scenario.wishes, strict=True))
    return [("system", f"wishes : {wishes} ; time {scenario.time}"), ("user", OPEN)]


def described_as(said: str) -> tuple[str, ...]:
    """Every description that is true of an assistant's reply."""
    if said == OVER:
        return ("ends", "brief")
    words = said.split()
    found = ["warm"] if said.startswith(_WARM) else []
    found += ["brief"] if len(words) <= _BRIEF else []
    if "?" in words:
        return (*found, "asks", "asks-most" if any(one in said for one in _MOST) else "asks-detail")
    return (*found, "proposes", *(["recaps"] if "so" in words else []))


def lesson(is_assistant: bool, generator: np.random.Generator) -> Conversation:
    """A conversation to learn from, over some scenario of training, as one side reads it."""
    chance = Random(int(generator.integers(2**62)))
    scenario = drawn(chance, "train")
    return conversation(scenario, dialogue(scenario, chance), is_assistant=is_assistant)


def vocabulary() -> Iterator[Conversation]:
    """Conversations that hold every word of the game."""
    words = [*TOWNS, *_VALUES, *_HELLO, *_TIME.values(), *_MOST, *_DETAIL.values(), *_PROPOSES, *_REFUSES, _WARM]
    words += [
        OPEN,
        OVER,
        *PATIENCE,
        *map(str, WEIGHTS),
        f"{YES} , book i will look {AWAY} so and : ; offers wishes time",
    ]
    words += ["above all most of all it has to be if possible"]
    yield Conversation((("system", " ".join(words)),))


_VALUES = frozenset(value for values in SLOTS.values() for value in values)
