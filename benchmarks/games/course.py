"""The course of a game's proof: plain games, self-cloning, exploring, TD3+BC, and planners that are ready for the arms.

Each step is kept under a hash of what it depends on, so that a run that was ended goes on. The model is frozen throughout.
A game brings its contest, its room and its model; `trial` measures the arms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

import torch
from torch import Tensor

from assistant.steering import planner_file
from assistant.steering.planner import Planner
from assistant.steering.settings import TrainingSettings
from assistant.steering.state import Standard
from benchmarks.games import learning
from benchmarks.games.arms import Exploring, Plain
from benchmarks.games.buffer import as_arrays, played, replay
from benchmarks.games.contest import Contest, Part
from benchmarks.games.kept import Arrays, Kept, digest
from benchmarks.games.play import Game, Room
from benchmarks.games.prefixes import actions_of, planner_over
from benchmarks.games.sight import Sight
from benchmarks.games.voice import Place
from benchmarks.report import say

BEGINNING = 32
"""Replies by which the action is chosen that cloning begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of each step."""

    plain_games: int = 3_000
    games: int = 12_000
    """That explore, for each placement, in all rounds."""
    rounds: int = 2
    """Later rounds are played by what was learnt from the ones before, with noise."""
    noise: float = 0.3
    hidden: int = 256
    seeds: int = 3
    evaluated: int = 1_680
    part: Part = "held_out"
    heat: int = 96
    """Games for each constant action in the first heat; four times as many in each further one."""
    candidates: int = 24
    settings: TrainingSettings = field(default_factory=lambda: learning.SETTINGS)


@dataclass(slots=True)
class Course:
    """One game's proof. `key` names the model and the readers; `descriptions` are token ids.

    `sight` makes an embedder's rows of prompts in words; without one there is no such planner.
    """

    contest: Contest
    room: Room
    kept: Kept
    plan: Plan
    key: str
    fingerprint: str
    descriptions: Sequence[int]
    sight: Sight | None = None
    seed: int = 0

    def plain(self) -> Arrays:
        """Games that nothing steers, over contexts of training: what is cloned, and what the critic of samples sees."""
        key = digest(self.key, "plain", self.plan.plain_games, self.seed)
        width = 2 * len(self.descriptions)
        return self.kept.arrays("plain", key, lambda: as_arrays(self.contest, self.room, self._plain_games(), width))

    def cloned(self, place: Place, seed: int) -> Planner:
        """A planner after stage 1."""
        key = digest(self._steps_key(place), "clone", seed)
        return self._planner(f"clone-{place}-{seed}", key, lambda: self._after_cloning(place, seed))

    def explored(self, place: Place) -> list[Arrays]:
        """The buffer of a placement, round by round, over contexts of training."""
        return [self._round(place, number) for number in range(self.plan.rounds)]

    def taught(self, place: Place, seed: int, *, rounds: int | None = None) -> Planner:
        """A planner after stage 2, from the buffer's first `rounds`."""
        rounds = self.plan.rounds if rounds is None else rounds
        key = digest(self._steps_key(place), "taught", seed, rounds, asdict(self.plan.settings))

        def make() -> Planner:
            planner = self.cloned(place, seed)
            parts = [self._round(place, number) for number in range(rounds)]
            settings = replace(self.plan.settings, seed=seed)
            say(f"taught: {learning.taught(planner, replay(parts), settings=settings)}")
            return planner

        return self._planner(f"planner-{place}-{seed}-{rounds}", key, make)

    def taught_by_embedder(self, seed: int) -> Planner:
        """A planner whose state is an embedder's: the first round's games again, seen by other eyes."""
        assert self.sight is not None
        sight = self.sight
        key = digest(self._steps_key("end"), "embedder", seed, asdict(self.plan.settings))

        def make() -> Planner:
            part = self._round("end", 0)
            key = digest(self._steps_key("end"), "states")
            states = self.kept.arrays("embedded", key, lambda: {"rows": sight.rows(part["text"].tolist())})["rows"]
            planner, own = self.cloned("end", seed), torch.from_numpy(part["before"])
            actions = planner.cloned_act(own)
            planner.standard.load_state_dict(Standard.of(torch.from_numpy(states)).state_dict())
            learning.imitate(planner, states, actions)
            settings = replace(self.plan.settings, seed=seed)
            say(f"taught: {learning.taught(planner, replay([part], states=[states]), settings=settings)}")
            return planner

        return self._planner(f"planner-embedder-{seed}", key, make)

    def described(self, planner: Planner) -> Tensor:
        """The actions that stand for prefixes the model has seen, (n, dimension)."""
        return actions_of(planner, self.room.voice.model, self.descriptions)

    def _after_cloning(self, place: Place, seed: int) -> Planner:
        planner = planner_over(
            self.room.voice.model,
            self.descriptions,
            fingerprint=self.fingerprint,
            place=place,
            hidden=self.plan.hidden,
            seed=seed,
        )
        tables = self.contest.tables("train", self.plan.plain_games // 2, seed=self.seed + 1)
        games = played(self.room, tables, Plain(temperature=self.room.rules.temperature))
        examples = learning.own_replies(self.room, games, seed=seed)
        say(
            f"begins: {learning.begin_near(self.room, planner, self.described(planner), examples[:BEGINNING]):.3f} nats"
        )
        say(f"cloned: {learning.cloned(self.room, planner, examples, settings=replace(self.plan.settings, seed=seed))}")
        return planner

    def _plain_games(self) -> list[Game]:
        tables = self.contest.tables("train", self.plan.plain_games, seed=self.seed + 1)
        return played(self.room, tables, Plain(temperature=self.room.rules.temperature))

    def _round(self, place: Place, number: int) -> Arrays:
        key = digest(self._steps_key(place), "round", number, asdict(self.plan.settings) if number else None)
        return self.kept.arrays(
            f"round-{place}-{number}", key, lambda: self._as_arrays(place, self._games(place, number))
        )

    def _games(self, place: Place, number: int) -> list[Game]:
        planner = self.cloned(place, 0) if number == 0 else self.taught(place, 0, rounds=number)
        exploring = Exploring(
            planner=planner,
            among=self.described(planner),
            temperature=self.room.rules.temperature,
            noise=self.plan.noise,
            is_current=number > 0,
            reach=1.0 if number == 0 else 0.6,
            generator=torch.Generator().manual_seed(self.seed + number),
        )
        tables = self.contest.tables("train", self.plan.games // self.plan.rounds, seed=self.seed + 100 + number)
        return played(self.room, tables, exploring)

    def _as_arrays(self, place: Place, games: Sequence[Game]) -> Arrays:
        return as_arrays(self.contest, self.room, games, 2 * len(self.descriptions))

    def _planner(self, name: str, key: str, make: Callable[[], Planner]) -> Planner:
        path = self.kept.file(name, key, ".safetensors", lambda part: planner_file.save(make(), part, {"made": name}))
        return planner_file.load(path, fingerprint=self.fingerprint)

    def _steps_key(self, place: Place) -> str:
        plan = self.plan
        cloning = {name: value for name, value in asdict(plan.settings).items() if name.startswith("clone")}
        return digest(
            self.key, place, plan.plain_games, plan.games, plan.rounds, plan.noise, plan.hidden, cloning, self.seed
        )
