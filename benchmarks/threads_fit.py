"""Learns the weights of `assistant.stories.threads` from the first half of the channel, and prints them as Python.

    python -m benchmarks.threads_fit

How strongly they are held small, and from which chance a burst joins, is chosen by leaving out one quarter of that half
after another. The second half is never read here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from assistant.stories.thread_weights import Weights
from assistant.stories.threads import Burst, _Channel, _Heard, bursts, grouped
from benchmarks.report import arguments, say
from benchmarks.threads_data import Talk, parts, read

STRENGTHS = (0.03, 0.1, 0.3)
CHANCES = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55)

Examples = tuple[list[tuple[float, ...]], list[bool]]


def examples(talk: Talk) -> Examples:
    """Each burst beside each conversation that is alive, and whether it belongs to it; then it is put where it belongs."""
    heard = [_Heard(one) for one in talk.said]
    of = {id(one): gold for one, gold in zip(heard, talk.gold, strict=True)}

    def mostly(burst: Burst) -> int:
        return Counter(of[id(one)] for one in burst.heard).most_common(1)[0][0]

    channel = _Channel(heard)
    rows: list[tuple[float, ...]] = []
    belongs: list[bool] = []
    for burst in bursts(heard):
        home = None
        for place, one in enumerate(channel.alive_at(burst)):
            rows.append(channel.features(burst, place, one))
            belongs.append(mostly(one) == mostly(burst))
            home = one if home is None and belongs[-1] else home
        channel.put(burst, home)
    return rows, belongs


def fitted(every: Sequence[Examples], strength: float, least_chance: float) -> Weights:
    rows = np.array([row for found, _ in every for row in found])
    belongs = np.array([one for _, found in every for one in found])
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(C=strength, max_iter=3000).fit(scaler.transform(rows), belongs)
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - (weights * scaler.mean_).sum())
    return Weights(round(bias, 4), tuple(round(float(one), 4) for one in weights), least_chance)


def chosen(first_half: Talk) -> tuple[Weights, float]:
    """The weights, and the mean ARI of what was left out."""
    quarters = parts(first_half, 4)
    found = [examples(one) for one in quarters]
    scores: dict[tuple[float, float], float] = {}
    for strength, chance in product(STRENGTHS, CHANCES):
        scores[strength, chance] = float(np.mean([
            adjusted_rand_score(one.gold, grouped(one.said, fitted(found[:place] + found[place + 1 :], strength, chance)))
            for place, one in enumerate(quarters)
        ]))  # fmt: skip
        say(f"strength {strength}, chance {chance}: {scores[strength, chance]:.3f}")
    best = max(product(STRENGTHS, CHANCES[1:-1]), key=lambda key: smoothed(scores, key))
    return fitted(found, *best), scores[best]


def smoothed(scores: dict[tuple[float, float], float], key: tuple[float, float]) -> float:
    """The mean of a score and its neighbours': a peak that stands alone is luck."""
    near = [
        score
        for other, score in scores.items()
        if abs(STRENGTHS.index(other[0]) - STRENGTHS.index(key[0])) <= 1
        and abs(CHANCES.index(other[1]) - CHANCES.index(key[1])) <= 1
    ]
    return float(np.mean(near))


def main() -> None:
    args = arguments("threads_fit")
    if args.data is None:
        raise SystemExit("Name the folder of the real documents with --data or TELOS_TEST_DATA.")
    first_half, _ = parts(read(args.data), 2)
    for name, talk in (("WITH_MEANING", first_half), ("WITHOUT_MEANING", first_half.without_meaning())):
        weights, score = chosen(talk)
        say(f"{name}: {score:.3f} on what was left out")
        print(f"{name} = {weights!r}")


if __name__ == "__main__":
    main()
