"""A gap that the user fills is no change of the form, wherever it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting.filling import filled
from assistant.drafting.gaps import gaps_in

ASKED = 'Hello Ann,\n\nAt nine.\n\n[... answer: "Who comes?"]\n\nBest regards,\nBob'


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            ASKED,
            ASKED.replace('[... answer: "Who comes?"]', "Carol comes."),
            "Hello Ann,\n\nAt nine.\n\nCarol comes.\n\nBest regards,\nBob",
        ),
        (
            ASKED,
            "Hi Ann,\n\nAt nine.\n\nCarol comes.\n\nCheers,\nBob",
            "Hello Ann,\n\nAt nine.\n\nCarol comes.\n\nBest regards,\nBob",
        ),
        (
            ASKED,
            "Hi Ann,\n\nAt nine. Carol comes.\n\nCheers,\nBob",
            "Hello Ann,\n\nAt nine.\n\nCarol comes.\n\nBest regards,\nBob",
        ),
        (ASKED, "Hi Ann,\n\nAt nine.\n\nYours", "Hello Ann,\n\nAt nine.\n\nBest regards,\nBob"),
        ("Hello [...],\n\nIt leaves at nine.", "Hi Ann,\n\nIt leaves at nine.", "Hello Ann,\n\nIt leaves at nine."),
        (
            "It leaves at [...] from pier [...].",
            "It leaves at half past nine from pier 4.",
            "It leaves at half past nine from pier 4.",
        ),
        ("It leaves at [...] today.", "It goes at [...] today.", "It leaves at [...] today."),
        ("It leaves.", "It goes.", "It leaves."),
        ("[... what is to be said]", "The ferry is late.", "The ferry is late."),
    ],
    ids=["own", "and more", "same paragraph", "taken out", "greeting", "inline", "still", "none", "all"],
)
def test_what_fills_a_gap_stands_in_its_place(before: str, after: str, said: str) -> None:
    assert filled(before, after) == said


@given(st.text(alphabet='ab. \n[…]"', max_size=60), st.text(alphabet='ab. \n[…]"', max_size=60))
def test_whatever_the_texts_no_gap_is_added(before: str, after: str) -> None:
    assert len(gaps_in(filled(before, after))) <= len(gaps_in(before)) + len(gaps_in(after))
