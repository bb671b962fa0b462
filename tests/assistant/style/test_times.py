"""Times change their clock, and never the time of day."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.style.names import People
from assistant.style.times import TIMES
from tests.assistant.style.wordings import value_of, written

BOTH_WAYS = {
    "afternoon": ("We meet at 14:30.", "We meet at 2:30 pm."),
    "full hour": ("We meet at 09:00 sharp.", "We meet at 9 am sharp."),
    "midnight": ("It ends at 00:15.", "It ends at 12:15 am."),
    "noon": ("It ends at 12:00, not 13:00.", "It ends at 12 pm, not 1 pm."),
    "several": ("From 08:05 to 17:45.", "From 8:05 am to 5:45 pm."),
}


@pytest.mark.parametrize(("long", "short"), BOTH_WAYS.values(), ids=BOTH_WAYS.keys())
def test_both_clocks_are_written(long: str, short: str) -> None:
    assert written(TIMES, long, "12h") == short
    assert written(TIMES, short, "24h") == long


SPELLINGS = {
    "points": ("At 2:30 p.m. we meet.", "At 14:30 we meet."),
    "capitals": ("At 2:30 PM.", "At 14:30."),
    "no space": ("At 10am.", "At 10:00."),
    "the end": ("We meet at 5 p.m.", "We meet at 17:00."),
    "another sentence": ("We meet at 5 p.m. Bring a pen.", "We meet at 17:00. Bring a pen."),
    "a point for a colon": ("At 2.30pm.", "At 14:30."),
}


@pytest.mark.parametrize(("text", "made"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_habit_of_twelve_hours_is_read(text: str, made: str) -> None:
    assert written(TIMES, text, "24h") == made


LEFT = {
    "either half of the day": "We meet at 3:30.",
    "a ratio": "It is 3:1.",
    "with seconds": "It took 14:30:15.",
    "a span": "We meet at 2-3 pm or 2:00-3:30 pm.",
    "money": "It costs $14:30.",
    "quoted": 'He said "at 14:30".',
}


@pytest.mark.parametrize("value", ["12h", "24h"])
@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT.keys())
def test_what_is_not_sure_stays(text: str, value: str) -> None:
    assert written(TIMES, text, value) == text


def test_another_time_tells_which_half_of_the_day() -> None:
    assert written(TIMES, "Between 3:30 and 14:00 it rests.", "12h") == "Between 3:30 am and 2 pm it rests."


@given(st.integers(0, 23), st.integers(0, 59))
def test_there_and_back_is_the_same_time(hour: int, minute: int) -> None:
    text = f"It is {hour:02}:{minute:02} now, after 23:59."
    assert written(TIMES, written(TIMES, text, "12h"), "24h") == text


READ = {
    "sure": ("It is at 14:30.", "24h"),
    "twelve": ("It is at 2 pm.", "12h"),
    "both": ("It is at 2 pm or 14:30.", None),
    "none": ("It is late.", None),
}


@pytest.mark.parametrize(("text", "value"), READ.values(), ids=READ.keys())
def test_the_clock_is_read(text: str, value: str | None) -> None:
    assert value_of(TIMES, text) == value


def test_other_languages_are_left() -> None:
    text = "Wir treffen uns um 14:30 Uhr."
    assert written(TIMES, text, "12h", People(language="de")) == text
