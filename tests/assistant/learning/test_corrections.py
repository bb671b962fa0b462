"""Replaced words that are facts or slips, and replaced words that are somebody's wording."""

from __future__ import annotations

import pytest

from assistant.learning.corrections import is_correction
from assistant.style.trait import Difference, Reading


def replaced(old: str, new: str, before: str, after: str) -> Difference:
    return Difference(dimension=f"term/{old}", before=old, after=Reading(value=new, quote=after), quote_before=before)


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("recieve", "receive", "We recieve it.", "We receive it."),
        ("teh", "the", "It is teh boat.", "It is the boat."),
        ("meeting", "meetings", "The meeting is off.", "The meetings are off."),
        ("platform 3", "platform 4", "From platform 3.", "From platform 4."),
        ("lisbon", "porto", "We meet in Lisbon.", "We meet in Porto."),
        ("bergen", "the harbour", "We meet in Bergen.", "We meet in the harbour."),
    ],
    ids=["a slip", "letters swapped", "a plural", "a figure", "a name", "a name said otherwise"],
)
def test_what_puts_a_fact_or_a_slip_right_is_a_correction(old: str, new: str, before: str, after: str) -> None:
    assert is_correction(replaced(old, new, before, after))


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("utilize", "use", "We utilize it.", "We use it."),
        ("in order to", "to", "In order to land.", "To land."),
        ("commence", "begin", "Commence now.", "Begin now."),
        ("customers", "guests", "Our customers wait.", "Our guests wait."),
    ],
)
def test_another_wording_of_the_same_is_none(old: str, new: str, before: str, after: str) -> None:
    assert not is_correction(replaced(old, new, before, after))


def test_only_words_can_be_corrections() -> None:
    assert not is_correction(
        Difference(dimension="dates", before="iso", after=Reading(value="d month y", quote="3 May"))
    )
