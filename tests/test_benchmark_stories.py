"""The benchmark of stories: what is learned from never meets what is reported on, and pairs are counted as said."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.stories_fit import Examples, balance, f1, fitted, left_out
from benchmarks.story_pairs import MORE_PAIRS, PAIRS


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as lines:
        return list(csv.DictReader(lines))


def texts_of(rows: list[dict[str, str]], half: str) -> set[str]:
    return {row[place] for row in rows if row["half"] == half for place in ("first_hash", "second_hash")}


def test_no_text_of_the_reporting_half_is_learned_from() -> None:
    rows = [*rows_of(PAIRS), *rows_of(MORE_PAIRS)]
    assert {row["half"] for row in rows_of(MORE_PAIRS)} == {"choosing"}
    assert texts_of(rows, "reporting")
    assert not texts_of(rows, "reporting") & texts_of(rows, "choosing")


def test_no_pair_is_labelled_twice() -> None:
    pairs = [frozenset((row["first_hash"], row["second_hash"])) for row in rows_of(MORE_PAIRS)]
    assert len(pairs) == len(set(pairs))
    assert not set(pairs) & {frozenset((row["first_hash"], row["second_hash"])) for row in rows_of(PAIRS)}


def test_negatives_count_as_if_a_third_were_positive() -> None:
    same = np.array([True] * 6 + [False] * 4)
    weight = balance(same)
    assert weight.mean() == pytest.approx(1)
    assert weight[same].sum() / weight.sum() == pytest.approx(1 / 3)
    assert f1(same, same) == pytest.approx(1)
    assert f1(same, np.ones(10, dtype=bool)) == pytest.approx(0.5)


def test_pairs_that_hang_together_are_left_out_together() -> None:
    """What marks the pairs of a group tells nothing of them once all of them are left out."""
    groups = np.repeat(np.arange(12), 4)
    same = groups % 2 == 0
    marks = np.eye(12)[groups]
    found = Examples(marks, same, groups)
    assert f1(same, np.array([fitted(found, 1.0, 0.5).chance(row) for row in marks]) >= 0.5) == pytest.approx(1)
    apart = left_out(found, 1.0, Random(0))
    assert np.corrcoef(apart, same)[0, 1] < 0.2
