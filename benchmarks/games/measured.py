"""What is measured of an arm: each game's score and agreement by both readers, and how its side spoke.

Knows no arm. `course` makes them, `figures` reports them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.games.buffer import played
from benchmarks.games.contest import Contest
from benchmarks.games.kept import Arrays
from benchmarks.games.play import Policy, Room, Table


@dataclass(frozen=True, slots=True)
class Measured:
    """One arm over the same tables as all others, all (games,); with several seeds, means over them.

    `score_second` and `agreed_second` are by the reader that training never saw.
    """

    score: NDArray[np.float64]
    agreed: NDArray[np.float64]
    pareto: NDArray[np.float64]
    score_second: NDArray[np.float64]
    agreed_second: NDArray[np.float64]
    perplexity: float
    distinct2: float
    seconds_per_turn: float
    turns: float

    @property
    def score_agreed(self) -> float:
        """The mean score where they agreed."""
        return float(self.score.sum() / max(self.agreed.sum(), 1e-9))


def measured(contest: Contest, room: Room, tables: Sequence[Table], policy: Policy) -> Arrays:
    """Play all tables and measure, as arrays that can be kept."""
    begun = time.perf_counter()
    games = played(room, tables, policy)
    took_s = time.perf_counter() - begun
    first, second = contest.outcomes(games), contest.outcomes(games, second=True)
    reads = room.read(games)
    tokens = sum(int(read.tokens.sum()) for read in reads)
    surprise = -sum(float(read.log_probability.sum()) for read in reads)
    said = [reply for game in games for side, reply in game.said if side == 0]
    turns = sum(len(game.said) for game in games)
    return {
        "score": np.array([one.score for one in first]),
        "agreed": np.array([float(one.agreed) for one in first]),
        "pareto": np.array([float(one.pareto) for one in first]),
        "score_second": np.array([one.score for one in second]),
        "agreed_second": np.array([float(one.agreed) for one in second]),
        "perplexity": np.array(math.exp(surprise / tokens)),
        "distinct2": np.array(distinct2(said)),
        "seconds_per_turn": np.array(took_s / turns),
        "turns": np.array(turns / len(games)),
    }


def mean_of(parts: Sequence[Arrays]) -> Measured:
    """Of one arm's seeds."""

    def mean(name: str) -> NDArray[np.float64]:
        return np.asarray(np.mean([part[name] for part in parts], axis=0), np.float64)

    return Measured(
        score=mean("score"),
        agreed=mean("agreed"),
        pareto=mean("pareto"),
        score_second=mean("score_second"),
        agreed_second=mean("agreed_second"),
        perplexity=float(mean("perplexity")),
        distinct2=float(mean("distinct2")),
        seconds_per_turn=float(mean("seconds_per_turn")),
        turns=float(mean("turns")),
    )


def distinct2(said: Sequence[Sequence[int]]) -> float:
    """Of all pairs of neighbouring tokens, the share that are different."""
    pairs = [pair for reply in said for pair in pairwise(reply)]
    return len(set(pairs)) / max(len(pairs), 1)
