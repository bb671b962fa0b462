"""What the profile chose, as a form: of two lengths one."""

from __future__ import annotations

from assistant.drafting.form import decided, form_of
from memory.profile.context import Chosen


def chosen(dimension: str, value: str, confidence: float) -> Chosen:
    return Chosen(
        dimension=dimension, value=value, amount=float(value) if value.isdecimal() else None, confidence=confidence
    )


def test_of_two_lengths_the_surer_one_is_used() -> None:
    both = [chosen("words", "60", 0.9), chosen("sentences", "4", 0.7), chosen("layout", "prose", 0.6)]
    assert set(form_of(decided(both))) == {"words", "layout"}
