"""A seed of the benchmark of edits: its texts played round by round, under each condition, by every arm.

Conditions: `detectable`; `all` (with the wishes that no learner detects); `switch` (all preferences are drawn anew halfway);
`noise` (a whim decides in a tenth of the rounds). Texts and moods are the same for every arm. `edits` runs seeds side by
side and adds them up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random

from benchmarks import edits_texts
from benchmarks.edits_arms import Arm, Global, Nearest, Oracle, Telos, Unlearning, about
from benchmarks.edits_home import HashingEmbedder, Household, Remembering, best_embedder, household
from benchmarks.edits_letter import Case, cost
from benchmarks.edits_texts import Round
from benchmarks.edits_wishes import Wish
from benchmarks.simulated_user import User, draw

TRACKS = {"documents": edits_texts.documents, "mail": edits_texts.mails}
CONDITIONS = ("detectable", "all", "switch", "noise")
ARMS = ("none", "oracle", "global", "nearest", "telos")
NOISE = 0.1


@dataclass(frozen=True, slots=True)
class Order:
    """A seed of a track, to be played."""

    track: str
    seed: int
    rounds: int
    data: Path | None
    conditions: Sequence[str] = CONDITIONS
    is_hashed: bool = False
    """Whether texts are embedded by their words alone, for want of a model or of time."""


@dataclass(slots=True)
class Played:
    """`costs`: by arm, a figure a round. `left`: by arm, (context, kind of wish) -> words. `wishes`: of each context, as drawn."""

    track: str
    seed: int
    condition: str
    costs: dict[str, list[int]] = field(default_factory=lambda: {arm: [] for arm in ARMS})
    left: dict[str, Counter[tuple[int, str]]] = field(default_factory=lambda: {arm: Counter() for arm in ARMS})
    wishes: list[list[str]] = field(default_factory=list)

    def total(self, arm: str, first: int = 0) -> int:
        return sum(self.costs[arm][first:])

    def unused(self, arm: str, first: int = 0) -> float:
        """The share of the possible saving that an arm leaves: 0 as the oracle, 1 as if nothing had been learned."""
        floor, ceiling = self.total("oracle", first), self.total("none", first)
        return (self.total(arm, first) - floor) / max(1, ceiling - floor)


def play(order: Order) -> list[Played]:
    """Every condition of a seed, one after another."""
    embedder = shared_embedder(order.is_hashed)[0]
    rounds, typical = TRACKS[order.track](order.data, order.seed, order.rounds)
    texts = [one.text for one in rounds]
    with household(embedder) as house:
        plain = Unlearning(house)
        house.keep(texts)
        embedder.encode([*map(about, texts), *plain.meanings(texts)])
        latent = {name: _latent(order, name, typical) for name in (*order.conditions, "anew")}
        return [_condition(order, name, rounds, latent, plain) for name in order.conditions]


@lru_cache(maxsize=2)
def shared_embedder(is_hashed: bool = False) -> tuple[Remembering, str]:
    """One a process: its model takes seconds to load. With it why it is not the one that Telos is delivered with, if so."""
    return (Remembering(HashingEmbedder()), "It was asked for.") if is_hashed else best_embedder()


def _latent(order: Order, name: str, typical: Sequence[Sequence[Case]]) -> list[tuple[Wish, ...]]:
    """The preferences of a condition: the same in all, but for those that come on top and those after the switch."""
    seed = f"{order.track} {order.seed}" + (" anew" if name == "anew" else "")
    return draw(Random(seed), typical, hidden=name == "all")


def _condition(
    order: Order, name: str, rounds: Sequence[Round], latents: Mapping[str, list[tuple[Wish, ...]]], plain: Unlearning
) -> Played:
    embedder = shared_embedder(order.is_hashed)[0]
    latent = latents[name]
    user = User(latent, f"{order.track} {order.seed}", noise=NOISE if name == "noise" else 0.0)
    played = Played(order.track, order.seed, name)
    played.wishes = [[f"{one.kind} {one.value or one.amount or ''}".strip() for one in wishes] for wishes in latent]
    with household(embedder) as house:
        arms = _arms(house, plain, user, embedder)
        house.keep([one.text for one in rounds])
        for number, one in enumerate(rounds):
            if name == "switch" and number == len(rounds) // 2:
                user.latent = latents["anew"]
            _round(number, one, user, arms, played)
    return played


def _arms(house: Household, plain: Unlearning, user: User, embedder: Remembering) -> Mapping[str, Arm]:
    return {
        "none": plain,
        "oracle": Oracle(plain, lambda one, draft: user.fully(one.context, draft, one.text.case)),
        "global": Global(plain),
        "nearest": Nearest(plain, embedder),
        "telos": Telos(house),
    }


def _round(number: int, one: Round, user: User, arms: Mapping[str, Arm], played: Played) -> None:
    for name, arm in arms.items():
        shown = arm.draft(number, one)
        edit = user.edit(number, one.context, shown, one.text.case)
        arm.hear(one.text, shown, edit.text)
        played.costs[name].append(cost(shown, edit.text))
        played.left[name].update({(one.context, kind): words for kind, words in edit.left.items()})
