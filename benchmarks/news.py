"""Labelled news: AG News and BBC, each text once, with the product's own vectors.

It reads files of the shared data and copies none of them. `benchmarks.ranking` ranks them, and `benchmarks.stories` finds
its duplicates among them.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedded import lead_vectors
from memory.embed import Rows


@dataclass(frozen=True)
class News:
    """n texts in the order of their file, with their labels; `vectors` (n, dimension)."""

    titles: list[str]
    texts: list[str]
    labels: NDArray[np.str_]
    vectors: Rows


def ag_news(folder: Path) -> News:
    return _each_once([(title, text, label) for title, text, label in ag_news_rows(folder)])


def bbc(folder: Path) -> News:
    return _each_once(bbc_rows(folder))


def ag_news_rows(folder: Path) -> list[tuple[str, str, str]]:
    """(title, text, label) of every line."""
    with (folder / "ranking" / "ag_news.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["title"], row["description"], row["label"]) for row in csv.DictReader(lines)]


def bbc_rows(folder: Path) -> list[tuple[str, str, str]]:
    """(title, text, topic) of every line, repeated ones too."""
    lines = (folder / "ranking" / "bbc_news.jsonl").read_text(encoding="utf-8").splitlines()
    found: list[tuple[str, str, str]] = []
    for line in lines:
        row = json.loads(line)
        title, _, text = str(row["text"]).partition("\n")
        found.append((title.strip(), text.strip(), str(row["topic"])))
    return found


def _each_once(rows: list[tuple[str, str, str]]) -> News:
    once = list({(title, text): (title, text, label) for title, text, label in rows}.values())
    vectors = lead_vectors([(title, text) for title, text, _ in once])
    return News([row[0] for row in once], [row[1] for row in once], np.array([row[2] for row in once]), vectors)
