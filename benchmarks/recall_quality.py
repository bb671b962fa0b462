"""How much of what answers a question recall finds in long conversations, without a language model.

Every turn is imported with its time and speaker, every question asked of the product's own search; what counts is the
mean share of the gold turns among the first 5, 10 and 20. BM25 and vectors alone run beside it. The weights with which a
conversation is searched are chosen on the others (`recall_quality_weights`), and the weights that the product ships are
those chosen on all, see `chosen`.

    python -m benchmarks.recall_quality --data FOLDER_OR_FILE
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.recall_quality_data import ADVERSARIAL, MULTI_HOP, read
from benchmarks.recall_quality_home import Home, KeptEmbedder, fill
from benchmarks.recall_quality_unknown import unknown_share
from benchmarks.recall_quality_weights import Sample, choose
from benchmarks.report import arguments, report, say
from memory.recall import Recall
from memory.relevance import FEATURES, WEIGHTS, vector_of

DEPTHS, SESSION_DEPTHS = (5, 10, 20), (1, 5, 10)
RESAMPLES = 2000
DEEP = 60
"""Hits that a question brings: the sessions of so many are ranked, and the first gold one sought among them."""

Search = Callable[[str], list[str]]
"""A question -> refs of turns, best first."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What became of the questions, a row each: the shares of turns and sessions found, and the reciprocal rank."""

    turns: NDArray[np.float64]
    sessions: NDArray[np.float64]
    reciprocal: NDArray[np.float64]
    categories: NDArray[np.int64]


def main() -> None:
    chosen = arguments("recall_quality")
    started = time.perf_counter()
    dialogues = read(chosen.data)
    if chosen.quick:
        dialogues = [dialogue.shortened(questions=30) for dialogue in dialogues[:3]]
    with tempfile.TemporaryDirectory() as folder:
        embedder = KeptEmbedder()
        homes = [fill(Path(folder) / str(number), dialogue, embedder) for number, dialogue in enumerate(dialogues)]
        samples = [weighed(home) for home in homes]
        weights = [choose([*samples[:number], *samples[number + 1 :]]) for number in range(len(samples))]
        say("weights chosen, leaving each conversation out")
        own = joined([asked(home, searching(home, used)) for home, used in zip(homes, weights, strict=True)])
        words = joined([asked(home, home.by_words) for home in homes])
        meaning = joined([asked(home, home.by_meaning) for home in homes])
        shipped = ranked(homes, samples, [WEIGHTS] * len(homes))
        lost = without_each(homes, samples) if not chosen.quick else {}
        unknown = unknown_share(dialogues, samples, weights)
        for home in homes:
            home.close()
        embedder.keep()
        embedder.worker.close()
    over = own.turns - words.turns
    low = bootstrap_low(over, chosen.seed)
    report(
        "recall_quality",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        conversations=len(dialogues),
        turns=sum(len(dialogue.turns) for dialogue in dialogues),
        questions=len(own.reciprocal),
        **shares(own),
        unknown_share=unknown.share,
        unknown={"threshold": unknown.threshold, "lost": unknown.lost, "adversarial": unknown.adversarial},
        bm25={**shares(words), "tokenizer": "FTS5 porter unicode61, common words left out"},
        vectors={**shares(meaning), "of": "speaker and text"},
        **{f"over_bm25_at_{depth}": 100 * over[:, n].mean() for n, depth in enumerate(DEPTHS)},
        over_bm25_low=100 * min(low),
        over_bm25_lows=[100 * one for one in low],
        turn_at_shipped_weights=[100 * float(share) for share in shipped],
        chosen={name: round(float(value), 2) for name, value in choose(samples).items()},
        lost_without=lost,
    )


def weighed(home: Home) -> Sample:
    """What the product weighs for each question, and which of it is gold."""
    recall = Recall(home.database, home.embedder, home.vectors)
    tables, gold = [], []
    for question in home.dialogue.questions:
        found = recall.candidates(question.text)
        tables.append(found.table)
        gold.append(np.array([chunk.external_id in question.gold for chunk in found.chunks], dtype=bool))
    say(f"weighed the questions of {home.dialogue.name}")
    return Sample(tables, gold)


def searching(home: Home, weights: Mapping[str, float]) -> Search:
    recall = Recall(home.database, home.embedder, home.vectors, weights=weights)
    return lambda question: [hit.ref for hit in recall.search(question, limit=DEEP).hits]


def asked(home: Home, search: Search) -> Scores:
    """Every question that has gold turns, asked."""
    turns, sessions, reciprocal, categories = [], [], [], []
    for question in home.dialogue.questions:
        if not question.gold:
            continue
        refs = search(question.text)
        found_in = list(dict.fromkeys(home.dialogue.session_of[ref] for ref in refs))
        gold_sessions = {home.dialogue.session_of[ref] for ref in question.gold}
        turns.append([len(question.gold & set(refs[:depth])) / len(question.gold) for depth in DEPTHS])
        sessions.append([len(gold_sessions & set(found_in[:depth])) / len(gold_sessions) for depth in SESSION_DEPTHS])
        reciprocal.append(next((1 / rank for rank, ref in enumerate(refs, 1) if ref in question.gold), 0.0))
        categories.append(question.category)
    return Scores(np.array(turns), np.array(sessions), np.array(reciprocal), np.array(categories))


def joined(parts: Sequence[Scores]) -> Scores:
    return Scores(
        np.concatenate([part.turns for part in parts]),
        np.concatenate([part.sessions for part in parts]),
        np.concatenate([part.reciprocal for part in parts]),
        np.concatenate([part.categories for part in parts]),
    )


def shares(scores: Scores) -> dict[str, Any]:
    """The keys of the report, in percent."""
    keys: dict[str, Any] = {}
    for prefix, is_meant in (("turn", scores.categories > 0), ("multihop", scores.categories == MULTI_HOP)):
        for n, depth in enumerate(DEPTHS):
            keys[f"{prefix}_at_{depth}"] = 100 * scores.turns[is_meant, n].mean()
    keys |= {f"session_at_{depth}": 100 * scores.sessions[:, n].mean() for n, depth in enumerate(SESSION_DEPTHS)}
    keys["mrr"] = scores.reciprocal.mean()
    keys["by_category"] = {
        str(category): [
            round(100 * float(share), 1) for share in scores.turns[scores.categories == category].mean(axis=0)
        ]
        for category in sorted(set(scores.categories.tolist()))
    }
    keys["without_adversarial"] = [
        round(100 * float(share), 1) for share in scores.turns[scores.categories != ADVERSARIAL].mean(axis=0)
    ]
    return keys


def bootstrap_low(differences: NDArray[np.float64], seed: int) -> list[float]:
    """The 2.5th percentile of the mean difference by depth, over resampled questions."""
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, len(differences), (RESAMPLES, len(differences)))
    return [float(np.percentile(differences[:, n][drawn].mean(axis=1), 2.5)) for n in range(differences.shape[1])]


def without_each(homes: Sequence[Home], samples: Sequence[Sample]) -> dict[str, list[float]]:
    """Points lost at each depth without a feature, the weights of the others chosen anew, leaving one conversation out."""

    def found(kept: Sequence[str]) -> NDArray[np.float64]:
        numbers = range(len(samples))
        return ranked(homes, samples, [choose([*samples[:n], *samples[n + 1 :]], kept) for n in numbers])

    groups = {name: (name,) for name in FEATURES} | {"what stands beside": ("words_around", "meaning_around")}
    groups |= {"all words": ("words", "words_around"), "all meaning": ("meaning", "meaning_around")}
    whole = found(FEATURES)
    return {
        name: [round(100 * float(gain), 1) for gain in whole - found([one for one in FEATURES if one not in dropped])]
        for name, dropped in groups.items()
    }


def ranked(
    homes: Sequence[Home], samples: Sequence[Sample], weights: Sequence[Mapping[str, float]]
) -> NDArray[np.float64]:
    """The mean shares at each depth of what was weighed, with these weights for each conversation."""
    found: list[list[float]] = []
    for home, sample, used in zip(homes, samples, weights, strict=True):
        for question, table, is_gold in zip(home.dialogue.questions, sample.tables, sample.gold, strict=True):
            if question.gold:
                order = np.argsort(-(table @ vector_of(used)), kind="stable")
                found.append([is_gold[order[:depth]].sum() / len(question.gold) for depth in DEPTHS])
    means: NDArray[np.float64] = np.array(found).mean(axis=0)
    return means


if __name__ == "__main__":
    main()
