"""Where a draft is written: a text's meaning is that of all its parts, whatever it begins with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.drafting.context import MOST_CHARACTERS, PART_CHARACTERS, context_of
from assistant.drafting.material import Material
from assistant.engine.brief import Passage
from memory.embed import Rows

FERRIES = "The ferry leaves the harbour at noon. "
MARKETS = "Shares fell after the bank reported a loss. "


class Counting:
    """Of each text how much is on ferries and how much on markets, as an embedder that reads no more than a part."""

    slug, dimension = "counting", 2

    def __init__(self) -> None:
        self.read: list[str] = []

    def knows_language(self, code: str) -> bool:
        return True

    def encode(self, texts: Sequence[str]) -> Rows:
        self.read += texts
        rows = np.array([[text.count("ferry"), text.count("bank")] for text in texts], dtype=np.float32) + 1e-6
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def meaning(*texts: str, embedder: Counting | None = None) -> Rows:
    passages = [Passage(item_id=number, title="", text=text) for number, text in enumerate(texts, start=1)]
    held = context_of(Material(kind="document", language="en", passages=passages), [], [], embedder or Counting())
    assert held.vector is not None
    return held.vector


def test_what_a_long_text_ends_with_is_part_of_its_meaning() -> None:
    start = FERRIES * 40
    assert len(start) > PART_CHARACTERS
    assert meaning(start + FERRIES * 40)[1] < 0.01
    assert meaning(start + MARKETS * 40)[1] > 0.3


def test_parts_count_by_their_lengths() -> None:
    short_end, long_end = meaning(FERRIES * 40 + MARKETS * 5), meaning(FERRIES * 40 + MARKETS * 60)
    assert short_end[1] < long_end[1]


@pytest.mark.parametrize("times", [1, 30, 100, 1000])
def test_no_part_is_longer_than_an_embedder_reads_and_a_meaning_has_the_length_of_one(times: int) -> None:
    embedder = Counting()
    assert np.linalg.norm(meaning(FERRIES * times, embedder=embedder)) == pytest.approx(1, abs=1e-5)
    assert max(map(len, embedder.read)) <= PART_CHARACTERS
    assert sum(map(len, embedder.read)) <= MOST_CHARACTERS


def test_each_of_several_items_is_part_of_the_meaning() -> None:
    assert meaning(FERRIES * 1000, MARKETS * 1000)[1] > 0.3
