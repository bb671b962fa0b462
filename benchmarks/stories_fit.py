"""Learns the weights of `assistant.stories.evidence` from labelled pairs, and prints them as Python.

    python -m benchmarks.stories_fit --data FOLDER

It reads the choosing half of `story_pairs.csv` and `story_pairs_more.csv`, never the reporting half. How strongly weights
are held small, and from which chance two texts tell one event, is chosen by leaving out one sixth after another; pairs
that hang together by their texts are left out together. Negatives count as if a third of the pairs were positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from assistant.stories.event_weights import EventWeights
from assistant.stories.evidence import NAMES, evidence
from assistant.stories.grouping import SAMPLE
from assistant.stories.sameness import WINDOW, is_same_text
from assistant.stories.telling import Rarity, Telling
from benchmarks.report import arguments, say
from benchmarks.story_pairs import MORE_PAIRS, Pair, corpora, pairs

PARTS = 6
ROUNDS = 5
"""So many ways to cut the pairs into parts; what is said is the mean."""
STRENGTHS = (0.01, 0.03, 0.1, 0.3)
CHANCES = tuple(round(0.2 + 0.02 * step, 2) for step in range(21))
POSITIVE_SHARE = 1 / 3

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Examples:
    """n pairs: (n, features), whether they tell one event, and which hang together by a text in common."""

    rows: Numbers
    same: Truths
    group: NDArray[np.intp]


def main() -> None:
    args = arguments("stories_fit")
    if args.data is None:
        raise SystemExit("No folder of real documents: give --data or TELOS_TEST_DATA.")
    found = examples(args.data, args.seed)
    say(f"{len(found.same)} pairs, {found.same.sum()} of one event, {found.group.max() + 1} groups")
    weights = chosen(found)
    say(", ".join(f"{name} {weight:.2f}" for name, weight in zip(NAMES, weights.of, strict=True)))
    print(f"WEIGHTS = {weights}")


def examples(folder: Path, seed: int) -> Examples:
    """What the model is asked for: pairs within the window, in scripts with spaces, that are not one text."""
    known = corpora(folder)
    random = Random(seed)
    rarity = {name: Rarity(random.sample(list(told.values()), min(SAMPLE, len(told)))) for name, told in known.items()}
    labelled = [pair for pair in (*pairs(known), *pairs(known, MORE_PAIRS)) if pair.half == "choosing"]
    asked = [pair for pair in labelled if _is_asked(pair.one, pair.other)]
    rows = [evidence(pair.one, pair.other, _meaning(pair), rarity[pair.corpus]) for pair in asked]
    return Examples(np.array(rows), np.array([pair.is_same for pair in asked]), _groups(asked))


def _is_asked(one: Telling, other: Telling) -> bool:
    is_near = abs(one.published - other.published) <= WINDOW
    return is_near and one.has_spaces and other.has_spaces and not is_same_text(one, other)


def _meaning(pair: Pair) -> float:
    assert pair.one.vector is not None
    assert pair.other.vector is not None
    return float(pair.one.vector @ pair.other.vector)


def _groups(asked: Sequence[Pair]) -> NDArray[np.intp]:
    """(n,) numbers from 0: pairs with a text in common, directly or by others, have one number."""
    leader: dict[tuple[str, int], tuple[str, int]] = {}

    def of(text: tuple[str, int]) -> tuple[str, int]:
        while leader.setdefault(text, text) != text:
            text = leader[text]
        return text

    for pair in asked:
        leader[of((pair.corpus, pair.one.item_id))] = of((pair.corpus, pair.other.item_id))
    numbers: dict[tuple[str, int], int] = {}
    return np.array([numbers.setdefault(of((pair.corpus, pair.one.item_id)), len(numbers)) for pair in asked])


def chosen(found: Examples) -> EventWeights:
    """The weights of the strength and the chance that do best on what was left out."""
    scores: dict[float, Numbers] = {}
    for strength in STRENGTHS:
        chances = [left_out(found, strength, Random(turn)) for turn in range(ROUNDS)]
        scores[strength] = np.array([np.mean([f1(found.same, one >= least) for one in chances]) for least in CHANCES])
        best = int(smoothed(scores[strength]).argmax())
        say(f"strength {strength}: F1 {scores[strength][best]:.3f} from chance {CHANCES[best]}")
    strength = max(STRENGTHS, key=lambda one: smoothed(scores[one]).max())
    return fitted(found, strength, CHANCES[int(smoothed(scores[strength]).argmax())])


def left_out(found: Examples, strength: float, random: Random) -> Numbers:
    """(n,) the chance of each pair by what was learned without its part."""
    groups = list(range(int(found.group.max()) + 1))
    random.shuffle(groups)
    part = np.array(groups)[found.group] % PARTS
    chances = np.zeros(len(found.same))
    for number in range(PARTS):
        kept = part != number
        weights = fitted(Examples(found.rows[kept], found.same[kept], found.group[kept]), strength, 0.5)
        chances[~kept] = [weights.chance(row) for row in found.rows[~kept]]
    return chances


def fitted(found: Examples, strength: float, least_chance: float) -> EventWeights:
    scaler = StandardScaler().fit(found.rows)
    model = LogisticRegression(C=strength, max_iter=3000)
    model.fit(scaler.transform(found.rows), found.same, sample_weight=balance(found.same))
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - (weights * scaler.mean_).sum())
    return EventWeights(round(bias, 4), tuple(round(float(one), 4) for one in weights), least_chance)


def balance(same: Truths) -> Numbers:
    """(n,) weights with mean 1, by which a third of the pairs are positive."""
    share = float(same.mean())
    return np.asarray(np.where(same, POSITIVE_SHARE / share, (1 - POSITIVE_SHARE) / (1 - share)), dtype=np.float64)


def f1(same: Truths, said: Truths) -> float:
    weight = balance(same)
    right = float(weight[same & said].sum())
    return 2 * right / float(weight[same].sum() + weight[said].sum())


def smoothed(scores: Numbers) -> Numbers:
    """(n,) means of neighbours: a peak that stands alone is luck."""
    return np.asarray(np.convolve(np.pad(scores, 2, mode="edge"), np.full(5, 0.2), mode="valid"), dtype=np.float64)


if __name__ == "__main__":
    main()
