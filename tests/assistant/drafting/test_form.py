"""What the profile chose, as a form: one length, and none that costs the user a point unless it is sure."""

from __future__ import annotations

from assistant.drafting.form import decided, form_of, saying_all
from memory.profile.context import Chosen


def chosen(dimension: str, value: str, confidence: float) -> Chosen:
    return Chosen(
        dimension=dimension, value=value, amount=float(value) if value.isdecimal() else None, confidence=confidence
    )


def test_of_two_lengths_the_surer_one_is_used() -> None:
    both = [chosen("words", "60", 0.9), chosen("sentences", "4", 0.7), chosen("layout", "prose", 0.6)]
    assert set(form_of(decided(both))) == {"words", "layout"}


def test_points_are_not_left_out_for_a_length_that_was_seen_once() -> None:
    once = [chosen("sentences", "3", 0.67), chosen("greeting", "Hi,", 0.67)]
    assert set(form_of(saying_all(once))) == {"greeting"}
    often = [chosen("sentences", "3", 0.85)]
    assert saying_all(often) == often
