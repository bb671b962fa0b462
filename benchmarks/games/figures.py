"""What a proof reports: the keys that all games share, from the arms as they were measured.

Intervals are over contexts; those of a gain are paired by tables. Knows no arm's making.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.games.measured import Measured
from benchmarks.games.statistics import gain, interval

PLACES = ("dat_start", "dat_end")


def report_of(arms: Mapping[str, Measured], keys: Sequence[str]) -> dict[str, Any]:
    """The figures; `keys` are the contexts of the tables, (games,)."""
    better = max((name for name in PLACES if name in arms), key=lambda name: float(arms[name].score.mean()))
    dat, plain, constant = arms[better], arms["unsteered"], arms["constant"]
    found, (low, high) = gain(dat.score, plain.score, keys)
    _, (over_constant, _) = gain(dat.score, constant.score, keys)
    _, (over_gated, _) = gain(dat.score, arms["constant_gated"].score, keys)
    second, (second_low, _) = gain(dat.score_second, plain.score_second, keys)
    _, (second_constant, _) = gain(dat.score_second, constant.score_second, keys)
    change, agreement = gain(dat.agreed, plain.agreed, keys)
    return {
        "arms": {name: _arm(one, keys) for name, one in arms.items()},
        "gains": {
            name: {"over_unsteered": _gain(one, plain, keys), "over_constant": _gain(one, constant, keys)}
            for name, one in arms.items()
            if name != "unsteered"
        },
        "dat_place": better.removeprefix("dat_"),
        "dat_score": float(dat.score.mean()),
        "dat_gain": found,
        "dat_gain_low": low,
        "dat_gain_high": high,
        "dat_over_constant_low": over_constant,
        "dat_over_gated_constant_low": over_gated,
        "dat_gain_second_reader": second,
        "dat_gain_low_second_reader": second_low,
        "dat_over_constant_low_second_reader": second_constant,
        "perplexity_ratio": dat.perplexity / plain.perplexity,
        "agreement_change": change,
        "agreement_change_ci": agreement,
    }


def _arm(one: Measured, keys: Sequence[str]) -> dict[str, Any]:
    return {
        "games": len(one.score),
        "score": float(one.score.mean()),
        "score_ci": interval(one.score, keys),
        "score_second_reader": float(one.score_second.mean()),
        "agreed": float(one.agreed.mean()),
        "score_agreed": one.score_agreed,
        "pareto": float(one.pareto.sum() / max(float(np.sum(one.agreed)), 1e-9)),
        "perplexity": one.perplexity,
        "distinct2": one.distinct2,
        "turns": one.turns,
        "seconds_per_turn": one.seconds_per_turn,
    }


def _gain(one: Measured, other: Measured, keys: Sequence[str]) -> list[float]:
    """The gain, and its interval, by the reader of the training."""
    found, (low, high) = gain(one.score, other.score, keys)
    return [round(found, 4), round(low, 4), round(high, 4)]
