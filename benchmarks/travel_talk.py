"""A scripted conversation about a journey, told to a model by `sessions.context` as a turn tells it.

`generate` times its prompts. Words are drawn from the project's own prose; a goal card that grows and a few recalled
lines stand behind each message, as they do in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from assistant.answers.goals import Card, Constraint, Criterion, Evidence, Value
from assistant.config.schema import ChatSettings
from assistant.engine.contract import Capability, Message, Piece, Reply, Request, no_model
from assistant.generation.template import Prompts
from assistant.sessions import compaction, context
from assistant.sessions.context import Bounds, Exchange, Now, Told
from assistant.sessions.head import instructions
from assistant.sessions.playbook import load
from assistant.sessions.tail import Recalled
from benchmarks.random_models import ROOT, own_texts

SAID_WORDS, REPLY_WORDS, RECALLED_WORDS = 22, 75, 30
RECALLED_LINES, CARD_VALUES = 3, 8
BEGUN = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
SLOTS = ("days", "budget", "month", "travellers", "start", "diet", "pace", "hotel")


class Measured:
    """An engine that has lengths and no voice, so that a dialogue is compacted by extraction."""

    name = "measured"
    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, tokenizer: Any, context_tokens: int) -> None:
        self.prompts, self.context_tokens = Prompts(tokenizer), context_tokens

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return self.prompts.lengths(texts)

    def count(self, messages: Sequence[Message]) -> int:
        return len(self.prompts.ids(messages))

    def stream(self, request: Request) -> Iterator[Piece]:
        raise no_model(self.name, Capability.GENERATE, "Writing a reply")

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        raise no_model(self.name, Capability.GENERATE, "Writing a reply")

    def prepare(self, messages: Sequence[Message], session: str) -> None:
        """It reads nothing."""

    def close(self) -> None:
        """It runs nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The prompt of a turn; `compacted` if the dialogue was made short before it.

    `told` is what is read ahead when the reply is written: the turn as the prompts of later ones begin, or nothing.
    """

    number: int
    ids: list[int]
    compacted: bool
    told: list[int]


def travel_talk(engine: Measured, turns: int, seed: int) -> Iterator[Asked]:
    """The prompts of a conversation, each as its turn would send it."""
    generator, words = np.random.default_rng(seed), prose()
    bounds = Bounds.of(engine.context_tokens, ChatSettings())
    head = instructions(load("travel", own=ROOT / "no-playbooks-of-the-users"), "Ada")
    exchanges: list[Exchange] = []
    summary, summarised_to = "", 0

    def text(length: int) -> str:
        return " ".join(generator.choice(words, length)).capitalize() + "."

    def told() -> Told:
        kept = [one for one in exchanges if one.number > summarised_to]
        profile = ("Lives in Porto.", "Does not fly.")
        return Told(head=head, profile=profile, summary=summary, summarised_to=summarised_to, exchanges=kept)

    for number in range(1, turns + 1):
        said = text(SAID_WORDS)
        if is_compacted := context.is_passed(told(), said, engine, bounds):
            done = compaction.compact(exchanges, engine, bounds)
            summary, summarised_to = done.summary, done.to
        recalled = [
            Recalled(number=at, kind="item", id=at, text=text(RECALLED_WORDS), source="news", at=BEGUN)
            for at in range(1, RECALLED_LINES + 1)
        ]
        now = Now(
            said=said,
            at=BEGUN + timedelta(minutes=number),
            card=card_at(number),
            act="Propose one way, and name what it costs.",
            recalled=recalled,
        )
        prompt = context.build(told(), now, engine, bounds)
        reply = text(REPLY_WORDS)
        exchanges.append(Exchange(number, said, reply))
        read = context.ahead(told(), engine, bounds)
        yield Asked(
            number, engine.prompts.ids(prompt.messages), is_compacted, engine.prompts.lasting(read) if read else []
        )


def card_at(turn: int) -> Card:
    """The goal's card after some turns: a value more each turn, up to all of them."""
    known = [
        Value(slot=slot, value=f"{slot} as said in turn {at}", evidence=Evidence(quote="as said", turn=at))
        for at, slot in enumerate(SLOTS[: min(turn, CARD_VALUES)], start=1)
    ]
    return Card(
        statement="5 days in Europe, moderate budget",
        criteria=[Criterion(text=f"The plan names the {slot}", slot=slot) for slot in SLOTS[:4]],
        constraints=[Constraint(text="At most 1,200 euros in all", slot="budget", op="at_most", value="1200")],
        facts=known,
    )


def prose() -> list[str]:
    """Words of running text, as often as they stand there."""
    return [word for word in re.findall(r"[A-Za-z]{2,}", own_texts()[0]) if word.islower()]
