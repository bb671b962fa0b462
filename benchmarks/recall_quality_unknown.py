"""How many questions about what nobody said are told from those that memory answers: their support is under a threshold.

The threshold is where a twentieth of the true questions would be lost; `relevance.UNSUPPORTED` is that of all
conversations. `benchmarks.recall_quality` hands in what the product weighs, and the weights it is weighed with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.recall_quality_data import ADVERSARIAL, Dialogue
from benchmarks.recall_quality_weights import Sample
from memory.relevance import support, vector_of

LOST = 0.05


@dataclass(frozen=True, slots=True)
class Unknown:
    """The share of adversarial questions under `threshold`, under which `lost` of the others are."""

    share: float
    threshold: float
    lost: float
    adversarial: int


def unknown_share(
    dialogues: Sequence[Dialogue], samples: Sequence[Sample], weights: Sequence[Mapping[str, float]]
) -> Unknown:
    """Every question counts, those without gold turns too."""
    supports: list[float] = []
    is_true: list[bool] = []
    for dialogue, sample, chosen in zip(dialogues, samples, weights, strict=True):
        supports += [support(table, vector_of(chosen)) for table in sample.tables]
        is_true += [question.category != ADVERSARIAL for question in dialogue.questions]
    found, true = np.array(supports), np.array(is_true)
    threshold = float(np.quantile(found[true], LOST))
    return Unknown(
        share=float((found[~true] < threshold).mean()) if (~true).any() else 0.0,
        threshold=threshold,
        lost=float((found[true] < threshold).mean()),
        adversarial=int((~true).sum()),
    )
