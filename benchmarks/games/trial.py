"""The arms of a game's proof, measured over the same tables on contexts that nothing was trained on.

What an arm may choose (the best constant action, the matched temperature) is chosen on contexts of training and of
validation. `course` makes the planners; `figures` says what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from assistant.steering.planner import Planner, on_sphere
from benchmarks.games import learning
from benchmarks.games.arms import Constant, Plain, Planned, Random
from benchmarks.games.buffer import returns
from benchmarks.games.course import Course
from benchmarks.games.figures import report_of
from benchmarks.games.kept import Arrays, digest
from benchmarks.games.measured import Measured, mean_of, measured
from benchmarks.games.play import Policy, Table
from benchmarks.report import Unmeasured, say

TEMPERATURES = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
SAMPLES = 4
REPORTED = 7
"""Added to the seed, for the tables of the reporting part: every arm plays the same."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The arms of one course."""

    course: Course

    def run(self) -> dict[str, Measured]:
        """Every arm by name, over the same tables."""
        course, warmth = self.course, self.course.room.rules.temperature
        found = {"unsteered": self.arm("unsteered", lambda _: Plain(temperature=warmth), once=True)}
        found["dat_end"] = self.arm("dat_end", lambda seed: self._planned(course.taught("end", seed)))
        best = self.best_constant()
        found["constant"] = self.arm("constant", lambda _: self._constant(best), once=True)
        gated = self.best_constant(gated=True)
        found["constant_gated"] = self.arm("constant_gated", lambda _: self._constant(gated), once=True)
        found["dat_start"] = self.arm("dat_start", lambda seed: self._planned(course.taught("start", seed)))
        found["clone"] = self.arm("clone", lambda seed: self._cloned(course.cloned("end", seed)))
        found["random"] = self.arm(
            "random", lambda _: Random(planner=course.cloned("end", 0), temperature=warmth), once=True
        )
        matched = self.matched_temperature(found["dat_end"].perplexity)
        found["temperature"] = self.arm(f"temperature-{matched}", lambda _: Plain(temperature=matched), once=True)
        found["best_of_4"] = self.arm("best_of_4", self._picked)
        if course.sight is not None:
            found["dat_embedder"] = self.arm("dat_embedder", self._seen)
        return found

    def arm(self, name: str, make: Callable[[int], Policy], *, once: bool = False) -> Measured:
        """Measured on the reporting part: for each seed's policy, or once where there is nothing to be seeded."""
        course, plan = self.course, self.course.plan
        tables = course.contest.tables(plan.part, plan.evaluated, seed=course.seed + REPORTED)
        parts = []
        for seed in range(1 if once else plan.seeds):
            played_by = partial(self._measured, tables, make, seed)
            parts.append(course.kept.arrays(f"arm-{name}-{seed}", digest(self._key(), name, seed), played_by))
        whole = mean_of(parts)
        say(f"{name}: {whole.score.mean():.3f} agreed {whole.agreed.mean():.3f} perplexity {whole.perplexity:.2f}")
        return whole

    def best_constant(self, *, gated: bool = False) -> Tensor:
        """Of prefixes the model has seen, and of the mean actions of taught planners, the one that scores best in every
        turn over contexts of training: heats of more and more games. `gated`: only of those behind which replies are no
        more surprising than the gate lets a planner's be."""
        course, plan = self.course, self.course.plan
        planner = course.taught("end", 0)
        states = torch.from_numpy(course.plain()["before"])
        among = torch.cat([self._means(states), self._liked(planner, states)])
        name = "constant"
        if gated:
            ratios, name = self._perplexity_ratios(among), "constant_gated"
            among = among[torch.from_numpy((ratios <= plan.settings.most_perplexity) | (ratios == ratios.min()))]
        games, heat = plan.heat, 0
        while len(among) > 1:
            scores = self._heat(name, heat, games, among)
            among = among[torch.from_numpy(scores.argsort()[::-1][: len(among) // 4 or 1].copy())]
            games, heat = games * 4, heat + 1
        return among[0]

    def matched_temperature(self, perplexity: float) -> float:
        """The temperature at which unsteered replies are as probable as the planner's, by contexts of validation."""
        course = self.course
        tables = course.contest.tables("validation", 4 * course.plan.heat, seed=course.seed + 600)

        def apart() -> dict[str, float]:
            return {
                str(one): float(measured(course.contest, course.room, tables, Plain(temperature=one))["perplexity"])
                for one in TEMPERATURES
            }

        found = course.kept.facts("temperatures", digest(self._key(), "temperatures"), apart)
        return float(min(found, key=lambda one: abs(np.log(found[one] / perplexity))))

    def _means(self, states: Tensor) -> Tensor:
        """What each seed's planner does on average."""
        seeds = range(self.course.plan.seeds)
        return torch.stack([on_sphere(self.course.taught("end", one).act(states).mean(0)) for one in seeds])

    def _liked(self, planner: Planner, states: Tensor) -> Tensor:
        """Half of the candidates by the critics, over the states of plain games; half by the luck of the draw."""
        described = self.course.described(planner)
        seen = states[:: max(1, len(states) // 500)]
        values = torch.stack([planner.values(seen, one.expand(len(seen), -1)).amin(0).mean() for one in described])
        half = self.course.plan.candidates // 2
        order = values.argsort(descending=True)
        drawn = torch.randperm(len(order) - half, generator=torch.Generator().manual_seed(self.course.seed))[:half]
        return described[torch.cat([order[:half], order[half:][drawn]])]

    def _perplexity_ratios(self, among: Tensor) -> NDArray[np.float64]:
        """How surprising the replies behind each action are, over unsteered ones, on the same tables of training."""
        course, warmth = self.course, self.course.room.rules.temperature
        tables = course.contest.tables("train", course.plan.heat, seed=course.seed + 550)

        def ratios() -> Arrays:
            policies = [Plain(temperature=warmth), *map(self._constant, among)]
            found = [float(measured(course.contest, course.room, tables, one)["perplexity"]) for one in policies]
            return {"ratios": np.array(found[1:]) / found[0]}

        return course.kept.arrays("constant-perplexity", digest(self._key(), "constant-perplexity"), ratios)["ratios"]

    def _heat(self, name: str, number: int, games: int, among: Tensor) -> NDArray[np.float64]:
        """The mean score of each action over the same tables of training."""
        course = self.course
        tables = course.contest.tables("train", games, seed=course.seed + 500 + number)

        def scores() -> Arrays:
            plays = [course.room.play(tables, self._constant(action)) for action in among]
            return {
                "scores": np.array([np.mean([one.score for one in course.contest.outcomes(play)]) for play in plays])
            }

        return course.kept.arrays(f"{name}-{number}", digest(self._key(), name, number, games), scores)["scores"]

    def _measured(self, tables: list[Table], make: Callable[[int], Policy], seed: int) -> Arrays:
        return measured(self.course.contest, self.course.room, tables, make(seed))

    def _planned(self, planner: Planner) -> Policy:
        return Planned(planner=planner, temperature=self.course.room.rules.temperature)

    def _cloned(self, planner: Planner) -> Policy:
        return Planned(planner=planner, temperature=self.course.room.rules.temperature, is_clone=True)

    def _constant(self, action: Tensor) -> Policy:
        return Constant(
            planner=self.course.cloned("end", 0), temperature=self.course.room.rules.temperature, action=action
        )

    def _seen(self, seed: int) -> Policy:
        sight, contest = self.course.sight, self.course.contest
        assert sight is not None
        return Planned(
            planner=self.course.taught_by_embedder(seed),
            temperature=self.course.room.rules.temperature,
            sight=lambda _states, prompts: sight.states([contest.words(prompt) for prompt in prompts]),
        )

    def _picked(self, seed: int) -> Policy:
        plan = self.course.plan
        value = learning.sample_critic(
            returns(self.course.plain(), plan.settings.gamma),
            hidden=plan.hidden,
            seed=seed,
            steps=plan.settings.steps // 2,
        )
        return Plain(temperature=self.course.room.rules.temperature, samples=SAMPLES, value=value)

    def _key(self) -> str:
        course = self.course
        return digest(course.key, course.plan, course.seed)


def proved(course: Course) -> dict[str, Any]:
    """What every game reports of its proof: all arms over the reporting part, and what the making of all cost."""
    arms, plan = Trial(course).run(), course.plan
    tables = course.contest.tables(plan.part, plan.evaluated, seed=course.seed + REPORTED)
    keys = [course.contest.context(table) for table in tables]
    figures = {"part": plan.part, "contexts": len(set(keys)), **report_of(arms, keys), "minutes": course.kept.minutes()}
    if "dat_embedder" not in arms:
        figures["dat_embedder"] = Unmeasured("the embedder is not on this machine")
    return figures
