"""The benchmark of recall: a file is read as it is written, weights are learned from others, shares are counted by turn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.recall_quality import DEPTHS, Scores, bootstrap_low, shares
from benchmarks.recall_quality_data import ADVERSARIAL, MULTI_HOP, Dialogue, Question, read
from benchmarks.recall_quality_unknown import unknown_share
from benchmarks.recall_quality_weights import Sample, choose
from memory.relevance import FEATURES, WEIGHTS

WRITTEN = {
    "sample_id": "invented",
    "conversation": {
        "speaker_a": "Ana",
        "speaker_b": "Bo",
        "session_1_date_time": "1:56 pm on 8 May, 2025",
        "session_1": [
            {"speaker": "Ana", "dia_id": "D1:1", "text": "I bought a boat."},
            {"speaker": "Bo", "dia_id": "D1:2", "text": "Look!", "blip_caption": "a red boat"},
        ],
        "session_2_date_time": "9:05 am on 1 June, 2025",
        "session_2": [{"speaker": "Bo", "dia_id": "D2:1", "text": "Is it leaking?"}],
    },
    "qa": [
        {"question": "What did Ana buy?", "answer": "a boat", "evidence": ["D1:1; D02:01", "D9:9"], "category": 1},
        {"question": "What did Bo sell?", "adversarial_answer": "a boat", "category": 5},
    ],
}


@pytest.mark.parametrize("is_folder", [True, False], ids=["a folder of real data", "a file"])
def test_a_file_is_read_with_times_speakers_and_every_turn_of_the_evidence(tmp_path: Path, *, is_folder: bool) -> None:
    file = tmp_path / "memory" / "locomo_dev.json"
    file.parent.mkdir()
    file.write_text(json.dumps([WRITTEN]))
    [dialogue] = read(tmp_path if is_folder else file)
    assert [(turn.ref, turn.session, turn.speaker) for turn in dialogue.turns] == [
        ("D1:1", 1, "Ana"), ("D1:2", 1, "Bo"), ("D2:1", 2, "Bo")
    ]  # fmt: skip
    assert dialogue.turns[1].text == "Look! [shares a photo of a red boat]"
    assert f"{dialogue.turns[0].at:%Y-%m-%d %H:%M}" == "2025-05-08 13:56"
    assert dialogue.questions[0] == Question("What did Ana buy?", MULTI_HOP, frozenset({"D1:1", "D2:1"}))
    assert dialogue.questions[1] == Question("What did Bo sell?", ADVERSARIAL, frozenset())


def test_without_a_file_it_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="give --data"):
        read(tmp_path)


def samples(telling: str) -> list[Sample]:
    """Questions whose gold passage is the one with most of a feature; the others say nothing."""
    generator = np.random.default_rng(3)
    tables = [generator.normal(size=(12, len(FEATURES))) for _ in range(40)]
    gold = [table[:, FEATURES.index(telling)] == table[:, FEATURES.index(telling)].max() for table in tables]
    return [Sample(tables, gold)]


@pytest.mark.parametrize("telling", ["words", "day"])
def test_the_weight_goes_to_what_tells_the_gold_turns(telling: str) -> None:
    weights = choose(samples(telling))
    assert max(weights, key=lambda name: abs(weights[name])) == telling
    assert weights[telling] > 0
    kept = [name for name in FEATURES if name != telling]
    assert choose(samples(telling), kept)[telling] == 0.0


def test_shares_are_of_the_gold_turns_and_by_category() -> None:
    turns = np.array([[0.0, 0.5, 1.0], [1.0, 1.0, 1.0]])
    told = shares(Scores(turns, turns, np.array([0.1, 1.0]), np.array([MULTI_HOP, ADVERSARIAL])))
    assert [told[f"turn_at_{depth}"] for depth in DEPTHS] == [50.0, 75.0, 100.0]
    assert [told[f"multihop_at_{depth}"] for depth in DEPTHS] == [0.0, 50.0, 100.0]
    assert told["session_at_5"] == 75.0
    assert told["mrr"] == pytest.approx(0.55)
    assert told["without_adversarial"] == [0.0, 50.0, 100.0]


def test_the_low_of_the_bootstrap_is_above_nothing_only_where_the_gain_is_sure() -> None:
    sure, chance = np.full((200, 1), 0.2), np.random.default_rng(1).normal(size=(200, 1)) / 2
    assert bootstrap_low(sure, 0) == [pytest.approx(0.2)]
    assert bootstrap_low(chance - chance.mean(), 0)[0] < 0


def test_the_threshold_loses_a_twentieth_of_what_can_be_answered() -> None:
    """Who is named said it, in true questions; in adversarial ones another did."""
    true, false = np.zeros((2, len(FEATURES))), np.zeros((2, len(FEATURES)))
    speaker, words = FEATURES.index("speaker"), FEATURES.index("words_around")
    true[0, [speaker, words]], false[:, speaker], false[1, words] = 1.0, [1.0, 0.0], 1.0
    questions = tuple(Question(str(n), ADVERSARIAL if n >= 40 else MULTI_HOP, frozenset()) for n in range(60))
    found = unknown_share([Dialogue("invented", (), questions)], [Sample([true] * 40 + [false] * 20, [])], [WEIGHTS])
    assert (found.share, found.adversarial) == (1.0, 20)
    assert found.lost <= 0.05
