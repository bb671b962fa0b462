"""Two texts side by side: a distance that is one, runs that rebuild both texts, sentences found again wherever they stand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.learning.alignment import aligned, distance, spans, words

TEXTS = st.lists(
    st.sampled_from(["a", "ferry", "Ann,", "the", " ", "\n", "\n\n", "10:30", "日本", "שלום", "x", "\t", "end."]),
    max_size=25,
).map(" ".join)


def naive(before: list[str], after: list[str]) -> int:
    """Levenshtein's own recurrence."""
    row = list(range(len(after) + 1))
    for i, one in enumerate(before, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(after, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (one != other))
    return row[-1]


@given(TEXTS, TEXTS)
def test_the_cost_is_levenshteins_over_words(before: str, after: str) -> None:
    assert distance(before, after) == naive(words(before), words(after))


@given(TEXTS, TEXTS, TEXTS)
def test_the_distance_is_a_metric_on_words(one: str, two: str, three: str) -> None:
    assert (distance(one, two) == 0) == (words(one) == words(two))
    assert distance(one, two) == distance(two, one)
    assert distance(one, three) <= distance(one, two) + distance(two, three)


def test_white_space_costs_nothing_and_a_character_of_japanese_is_a_word() -> None:
    assert distance("The ferry.\n\nIt leaves.", "The ferry. It leaves.") == 0
    assert distance("船は九時に出る", "船は十時に出る") == 1


@given(st.one_of(TEXTS, st.text(max_size=60)), st.one_of(TEXTS, st.text(max_size=60)))
def test_the_runs_rebuild_both_texts(before: str, after: str) -> None:
    found = spans(before, after)
    assert "".join(run.text for run in found if run.change != "new") == before
    assert "".join(run.text for run in found if run.change != "gone") == after
    assert all(one.change != other.change for one, other in pairwise(found))
    assert all(run.text for run in found)


def test_what_went_is_shown_before_what_came() -> None:
    found = [(run.change, run.text) for run in spans("Dear Ann, it leaves at nine.", "Hi Ann, it leaves at ten.")]
    assert found == [
        ("gone", "Dear"), ("new", "Hi"), ("same", " Ann, it leaves at"), ("gone", " nine."), ("new", " ten."),
    ]  # fmt: skip


def test_a_small_word_between_two_rewritten_runs_does_not_part_them() -> None:
    found = spans("one two three of four five six", "red green blue of black white grey")
    assert [run.change for run in found] == ["gone", "new"]


def test_sentences_are_found_again_in_another_order_and_in_other_words() -> None:
    before = ["The ferry leaves at nine.", "Please bring the blue tickets.", "Thank you very much."]
    after = ["Bring the blue tickets, please.", "The ferry leaves at ten."]
    found = aligned(before, after)
    assert [(pair.before, pair.after) for pair in found.pairs] == [(1, 0), (0, 1)]
    assert (found.gone, found.new) == ((2,), ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["The ferry leaves at nine and we meet at the dock."], ["The ferry leaves at nine.", "We meet at the dock."]),
        (["The ferry leaves at nine.", "We meet at the dock."], ["The ferry leaves at nine and we meet at the dock."]),
    ],
    ids=["split", "joined"],
)
def test_a_sentence_that_is_split_or_joined_is_neither_gone_nor_new(before: list[str], after: list[str]) -> None:
    found = aligned(before, after)
    assert (found.gone, found.new) == ((), ())


@given(st.lists(TEXTS, max_size=8), st.lists(TEXTS, max_size=8))
def test_every_sentence_is_paired_or_gone_or_new(before: list[str], after: list[str]) -> None:
    found = aligned(before, after)
    assert {pair.before for pair in found.pairs} | set(found.gone) == set(range(len(before)))
    assert {pair.after for pair in found.pairs} | set(found.new) == set(range(len(after)))
    assert not {pair.before for pair in found.pairs} & set(found.gone)
    assert not {pair.after for pair in found.pairs} & set(found.new)
