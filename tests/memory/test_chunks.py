"""Chunks cover the text, fit the embedder, overlap, and end with sentences where they can."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.chunks import Span, chunk_text, split

SENTENCE = "The committee met on Tuesday and talked about the budget for roads. "


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("One sentence.", id="a sentence"),
        pytest.param("word " * 150, id="150 words"),
        pytest.param("字" * 180, id="180 characters of Chinese"),
    ],
)
def test_a_short_text_is_one_chunk(text: str) -> None:
    assert split("Title", text) == [Span(0, len(text))]


def test_a_long_text_is_cut_after_sentences_and_its_parts_overlap() -> None:
    text = SENTENCE * 60
    spans = split("Title", text)
    assert len(spans) > 3
    assert all(text[span.start : span.end].rstrip().endswith("roads.") for span in spans)
    assert all(text[span.start :].startswith("The committee") for span in spans)
    assert all(after.start < before.end for before, after in pairwise(spans))


def test_chinese_is_cut_after_its_full_stops() -> None:
    text = "今天北京下了一场很大的雪。" * 60
    assert all(text[span.start : span.end].endswith("。") for span in split("新闻", text)[:-1])


def test_a_text_without_spaces_or_sentences_is_cut_all_the_same() -> None:
    assert max(span.end - span.start for span in split("", "x" * 10_000)) <= 1000


def test_a_long_title_leaves_less_room() -> None:
    assert len(split("word " * 100, SENTENCE * 30)) > len(split("", SENTENCE * 30))


def test_the_title_stands_before_the_part() -> None:
    assert chunk_text("Title", "One. Two.", Span(5, 9)) == "Title\nTwo."
    assert chunk_text("", "One.", Span(0, 4)) == "One."
    assert chunk_text("Title", "", Span(0, 0)) == "Title"


@given(st.text(st.sampled_from("ab .!?\n。字ж"), max_size=3000), st.text(max_size=80))
def test_every_character_is_in_some_chunk_and_no_chunk_is_too_long(text: str, title: str) -> None:
    spans = split(title, text)
    assert spans[0].start == 0
    assert spans[-1].end == len(text)
    for before, after in pairwise(spans):
        assert before.start < after.start <= before.end < after.end
    assert all(span.end - span.start <= 900 for span in spans)
    assert all(sum(char in "。字" for char in text[span.start : span.end]) <= 200 for span in spans)
